#include "conf/columns.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"

#define BLANKS " \t"
#define TYPES  "string, int, decimal, timestamp or bool"

static const char *const types[] = {
	[COLUMN_STRING] = "string",
	[COLUMN_INT] = "int",
	[COLUMN_DECIMAL] = "decimal",
	[COLUMN_TIMESTAMP] = "timestamp",
	[COLUMN_BOOL] = "bool",
};

const char *
column_type_text(enum column_type type)
{
	return types[type];
}

static bool
find_type(const char *p, size_t n, enum column_type *type)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strlen(types[i]) == n && memcmp(types[i], p, n) == 0) {
			*type = (enum column_type)i;
			return true;
		}
	}
	return false;
}

static bool
is_name(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!((p[i] >= 'A' && p[i] <= 'Z') ||
		    (i > 0 && ((p[i] >= '0' && p[i] <= '9') || p[i] == '_'))))
			return false;
	return n > 0 && n <= COLUMN_NAME_MAX;
}

/* Those that every row has. */
static bool
is_taken(const char *name)
{
	return strcmp(name, "SEQUENCE") == 0 || strcmp(name, "TIMESTAMP") == 0;
}

/* "NAME type" of n bytes. */
static int
parse_one(const char *p, size_t n, struct column *col,
    char err[COLUMNS_ERR_MAX])
{
	size_t name, gap;

	for (; n > 0 && strchr(BLANKS, *p) != NULL; p++)
		n--;
	for (; n > 0 && strchr(BLANKS, p[n - 1]) != NULL; n--)
		;
	for (name = 0; name < n && strchr(BLANKS, p[name]) == NULL; name++)
		;
	for (gap = name; gap < n && strchr(BLANKS, p[gap]) != NULL; gap++)
		;
	if (!is_name(p, name)) {
		snprintf(err, COLUMNS_ERR_MAX, "'%.*s' is no name of a column: "
		    "write A to Z, 0 to 9 and _, a letter first, at most %d of "
		    "them", name > 60 ? 60 : (int)name, p, COLUMN_NAME_MAX);
		return FG_EINVAL;
	}
	memcpy(col->name, p, name);
	col->name[name] = '\0';
	if (is_taken(col->name)) {
		snprintf(err, COLUMNS_ERR_MAX, "every row has a %s of its own: "
		    "choose another name", col->name);
		return FG_EINVAL;
	}
	if (find_type(p + gap, n - gap, &col->type))
		return 0;
	if (gap == n) {
		snprintf(err, COLUMNS_ERR_MAX, "column %s has no type: write "
		    "%s " TYPES, col->name, col->name);
		return FG_EINVAL;
	}
	snprintf(err, COLUMNS_ERR_MAX, "column %s is of type '%.*s': write %s "
	    TYPES, col->name, n - gap > 60 ? 60 : (int)(n - gap), p + gap,
	    col->name);
	return FG_EINVAL;
}

int
columns_parse(const char *list, struct column *out, size_t *n,
    char err[COLUMNS_ERR_MAX])
{
	const char *p = list;
	size_t len, i;

	for (*n = 0;; p += len + 1) {
		len = strcspn(p, ",");
		if (*n == COLUMNS_MAX) {
			snprintf(err, COLUMNS_ERR_MAX, "more than %d columns",
			    COLUMNS_MAX);
			return FG_EINVAL;
		}
		if (parse_one(p, len, &out[*n], err) != 0)
			return FG_EINVAL;
		for (i = 0; i < *n; i++) {
			if (strcmp(out[i].name, out[*n].name) != 0)
				continue;
			snprintf(err, COLUMNS_ERR_MAX, "two columns are named "
			    "%s: rename one", out[i].name);
			return FG_EINVAL;
		}
		(*n)++;
		if (p[len] == '\0')
			return 0;
	}
}
