/* zone.c: the zone database of the host, and the host's own zone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "conf/internal.h"

#define LOCAL_FILE "/etc/localtime"
#define FILE_MAX   (256 * 1024) /* bytes; the longest has less than 4 KiB */

/* A zone that was asked for, or why there is none. */
struct conf_zone {
	struct conf_zone *next;
	const char *name; /* kept; NULL: that of the host */
	struct zone zone;
	int err;
};

/* Names of the database have no other bytes, and stay inside of it. */
static bool
is_name(const char *name)
{
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
	    "wxyz0123456789_+-/") == strlen(name) && *name != '/';
}

static int
read_zone(struct zone *z, const char *path)
{
	FILE *f = fopen(path, "re");
	char *p;
	size_t n;
	int err;

	if (f == NULL)
		return errno == EACCES ? FG_EACCES : FG_ENOENT;
	p = malloc(FILE_MAX);
	if (p == NULL) {
		fclose(f);
		return FG_ENOMEM;
	}
	n = fread(p, 1, FILE_MAX, f); /* nothing of a folder: no zone */
	err = zone_parse(z, p, n);
	fclose(f);
	free(p);
	return err;
}

static int
load(struct conf *c, struct conf_zone *z)
{
	if (z->name == NULL)
		return read_zone(&z->zone, LOCAL_FILE);
	if (!is_name(z->name))
		return FG_ENOENT;
	return read_zone(&z->zone, conf_keepf(c, "%s/%s", FG_ZONE_DIR,
	    z->name));
}

static bool
is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int
zone_get(struct conf *c, const char *name, const struct zone **out)
{
	struct conf_zone *z;

	*out = NULL;
	if (name != NULL && (strcasecmp(name, "UTC") == 0 ||
	    strcasecmp(name, "GMT") == 0 || strcmp(name, "Z") == 0))
		return 0;
	for (z = c->zones; z != NULL && !is_same(z->name, name); z = z->next)
		;
	if (z == NULL) {
		z = calloc(1, sizeof(*z));
		if (z == NULL) {
			c->err = FG_ENOMEM;
			return FG_ENOMEM;
		}
		z->name = name == NULL ? NULL
		    : conf_keep(c, name, strlen(name));
		z->err = load(c, z);
		z->next = c->zones;
		c->zones = z;
	}
	*out = &z->zone;
	return z->err;
}

void
zones_free(struct conf *c)
{
	struct conf_zone *z;

	while ((z = c->zones) != NULL) {
		c->zones = z->next;
		zone_free(&z->zone);
		free(z);
	}
}
