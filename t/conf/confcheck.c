/* confcheck [-v | -k | -o] file: what fixgated -n says of a settings file; -v
 * prints the effective settings, -vv with secrets. Instead, -k lists all keys,
 * with range and default, and -o those that are obeyed. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/internal.h"

static void
print_keys(void)
{
	const struct conf_rule *r;

	for (r = conf_rules; r < conf_rules + CONF_NKEYS; r++) {
		printf("%s%s|", r->name, r->class == CONF_FAMILY ? "*" : "");
		if (r->type == CONF_TYPE_INT)
			printf("%lld to %lld", (long long)r->low,
			    (long long)r->high);
		/* a path's default depends on the installation */
		printf("|%s\n", r->dflt == NULL || *r->dflt == '/' ? ""
		    : r->dflt);
	}
}

static void
print_obeyed(void)
{
	const struct conf_rule *r;

	for (r = conf_rules; r < conf_rules + CONF_NKEYS; r++)
		if (r->class == CONF_OBEYED)
			puts(r->name);
}

static void
print_faults(const struct conf *c)
{
	const struct conf_fault *f;
	size_t i;

	for (i = 0; i < conf_nfaults(c); i++) {
		f = conf_fault(c, i);
		printf("%s:", f->file);
		if (f->line != 0)
			printf("%u:", f->line);
		printf(" %s: %s\n", conf_severity_text(f->severity), f->text);
	}
}

int
main(int argc, char **argv)
{
	struct conf *c;
	int ch, verbose = 0, err;

	while ((ch = getopt(argc, argv, "kov")) != -1) {
		if (ch == 'k') {
			print_keys();
			return 0;
		}
		if (ch == 'o') {
			print_obeyed();
			return 0;
		}
		if (ch != 'v')
			return 2;
		verbose++;
	}
	if (optind + 1 != argc)
		return 2;
	err = conf_load(&c, argv[optind]);
	if (c == NULL)
		return 2;
	if (verbose)
		conf_print(c, stdout, verbose > 1);
	else
		print_faults(c);
	conf_free(c);
	return err == 0 ? 0 : 1;
}
