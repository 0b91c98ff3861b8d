/* cmd_settings.c: `settings`: the keys of the settings file. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "conf/conf.h"
#include "ctl/ctl.h"
#include "ctl/json.h"

static bool
is_json(const struct ctl *c)
{
	return c->out == &ctl_output_json;
}

static void
print_text(const struct conf_setting *s)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s", s->name, s->family);
	if (strcmp(s->class, "obeyed") == 0) {
		printf("%-38s %s (%s)", name, s->value, s->where);
		if (s->dflt != NULL)
			printf(", default %s", s->dflt);
	} else if (strcmp(s->class, "alias") == 0) {
		printf("%-38s = %s", name, s->text);
	} else if (strcmp(s->class, "meaningless") == 0) {
		printf("%-38s meaningless here: %s", name, s->text);
	} else {
		printf("%-38s not supported%s%s: %s", name,
		    s->value[0] == '\0' ? "" : " but as ", s->value, s->text);
	}
	putchar('\n');
}

static int
print_json(const struct conf_setting *s)
{
	struct buf line = { 0 };
	char name[64];
	int err;

	snprintf(name, sizeof(name), "%s%s", s->name, s->family);
	err = json_put(&line, json_pack("{s:s,s:s,s:s,s:s,s:s?,s:s?}",
	    "NAME", name, "CLASS", s->class, "WHERE", s->where, "VALUE",
	    s->value, "DEFAULT", s->dflt, "TEXT", s->text));
	if (err == 0)
		printf("%.*s\n", (int)line.len, line.p);
	buf_free(&line);
	return err;
}

/* Is it the setting, or one of the family? */
static bool
is_named(const struct conf_setting *s, const char *name)
{
	return *s->family == '\0' ? strcasecmp(s->name, name) == 0
	    : strncasecmp(s->name, name, strlen(s->name)) == 0;
}

static int
compare(const void *a, const void *b)
{
	const struct conf_setting *x = a, *y = b;

	return strcasecmp(x->name, y->name);
}

static int
print_all(const struct ctl *c, const char *only)
{
	struct conf_setting *v = NULL, one;
	size_t i, n = 0, shown = 0;
	const char *near;
	int err = 0;

	while (conf_setting(n, &one))
		n++;
	v = calloc(n, sizeof(*v));
	if (v == NULL)
		err = FG_ENOMEM;
	for (i = 0; i < n && err == 0; i++)
		conf_setting(i, &v[i]);
	if (err == 0)
		qsort(v, n, sizeof(*v), compare);
	for (i = 0; i < n && err == 0; i++) {
		if (only != NULL && !is_named(&v[i], only))
			continue;
		shown++;
		if (is_json(c))
			err = print_json(&v[i]);
		else
			print_text(&v[i]);
	}
	free(v);
	if (err != 0) {
		ctl_complain("%s", fg_strerror(err));
		return CTL_REFUSED;
	}
	if (shown != 0)
		return CTL_OK;
	near = conf_setting_nearest(only, strlen(only));
	ctl_complain("there is no setting %s%s%s", only,
	    near == NULL ? "" : "; did you mean ", near == NULL ? "" : near);
	return CTL_REFUSED;
}

int
cmd_settings(struct ctl *c, int argc, char **argv)
{
	if (argc > 1)
		return ctl_usage("settings", "one name at most");
	return print_all(c, argc == 1 ? argv[0] : NULL);
}
