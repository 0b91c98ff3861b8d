#include "ctl/opt.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"

static const struct opt *
opt_find(const struct opt *opt, size_t n, const char *arg, const char **value)
{
	size_t i, len;

	for (i = 0; i < n; i++) {
		len = strlen(opt[i].name);
		if (strncmp(opt[i].name, arg, len) != 0)
			continue;
		if (arg[len] == '\0' || arg[len] == '=') {
			*value = arg[len] == '=' ? arg + len + 1 : NULL;
			return &opt[i];
		}
	}
	return NULL;
}

static int
opt_set(const struct opt *o, const char *value, char err[OPT_ERR_MAX])
{
	struct opt_number *number;

	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)o->to = true;
		return 0;
	case OPT_TEXT:
		*(const char **)o->to = value;
		return 0;
	case OPT_NUMBER:
		number = o->to;
		number->given = true;
		if (num_parse_u64(value, strlen(value), &number->v) == 0)
			return 0;
		snprintf(err, OPT_ERR_MAX, "%s needs a number, not '%s'",
		    o->name, value);
		return -1;
	}
	return -1;
}

int
opt_parse(const struct opt *opt, size_t n, int argc, char **argv,
    char err[OPT_ERR_MAX])
{
	const struct opt *o;
	const char *value;
	int i, left = 0;

	for (i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			for (i++; i < argc; i++)
				argv[left++] = argv[i];
			break;
		}
		if (strncmp(argv[i], "--", 2) != 0) {
			argv[left++] = argv[i];
			continue;
		}
		o = opt_find(opt, n, argv[i], &value);
		if (o == NULL) {
			snprintf(err, OPT_ERR_MAX, "unknown option '%s'",
			    argv[i]);
			return -1;
		}
		if (o->kind == OPT_FLAG && value != NULL) {
			snprintf(err, OPT_ERR_MAX, "%s takes no value",
			    o->name);
			return -1;
		}
		if (o->kind != OPT_FLAG && value == NULL) {
			if (++i == argc) {
				snprintf(err, OPT_ERR_MAX, "%s needs a value",
				    o->name);
				return -1;
			}
			value = argv[i];
		}
		if (opt_set(o, value, err) != 0)
			return -1;
	}
	return left;
}
