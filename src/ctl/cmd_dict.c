/* cmd_dict.c: `dict`: check, show, diff and convert. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "ctl/ctl.h"
#include "ctl/dict_file.h"
#include "ctl/dicts.h"
#include "ctl/opt.h"
#include "ctl/sessions.h"
#include "dict/diff.h"
#include "dict/show.h"
#include "dict/write.h"

static int
no_memory(void)
{
	ctl_complain("%s", fg_strerror(FG_ENOMEM));
	return CTL_REFUSED;
}

/* A reader that has enough ends us in peace. */
static int
print(const struct buf *text)
{
	if ((fwrite(text->p == NULL ? "" : text->p, 1, text->len, stdout) !=
	    text->len || fflush(stdout) != 0) && errno != EPIPE) {
		ctl_complain("the output cannot be written");
		return CTL_REFUSED;
	}
	return CTL_OK;
}

/* ---- check ---- */

static void
print_faults(const char *path, const struct dict_faults *faults)
{
	size_t i;

	for (i = 0; i < faults->n; i++)
		printf("%s:%u: %s: %s\n", path, faults->fault[i].line,
		    faults->fault[i].error ? "error" : "warning",
		    faults->fault[i].text);
}

static bool
check_one(const char *path, unsigned flags)
{
	struct dict_faults faults = { 0 };
	struct dict *d = NULL;
	int err;

	err = dict_xml_load(&d, path, flags, &faults);
	print_faults(path, &faults);
	if (err == 0)
		printf("%s: good: %s, %zu messages, %zu fields", path,
		    dict_version(d), dict_nmsgs(d), dict_nfields(d));
	else if (faults.errors > 0)
		printf("%s: bad: %zu error%s", path, faults.errors,
		    faults.errors == 1 ? "" : "s");
	else
		printf("%s: bad: %s", path, fg_strerror(err));
	if (faults.warnings > 0)
		printf(", %zu warning%s", faults.warnings,
		    faults.warnings == 1 ? "" : "s");
	printf("\n");
	dict_faults_free(&faults);
	dict_free(d);
	return err == 0;
}

int
cmd_dict_check(struct ctl *c, int argc, char **argv)
{
	bool lenient = false, good = true;
	const struct opt opts[] = { { "--lenient", OPT_FLAG, &lenient } };
	char err[OPT_ERR_MAX];
	int i;

	(void)c;
	argc = opt_parse(opts, 1, argc, argv, err);
	if (argc < 1)
		return ctl_usage("dict check",
		    argc == -1 ? err : "a FILE is needed");
	for (i = 0; i < argc; i++)
		good &= check_one(argv[i], lenient ? DICT_LENIENT : 0);
	return good ? CTL_OK : CTL_USAGE;
}

/* ---- show ---- */

static int
show(const struct dict *app, const struct dict *transport, const char *what)
{
	struct buf text = { 0 };
	int err, code;

	err = dict_show(app, what, &text);
	if (err == FG_ENOENT && transport != NULL && transport != app)
		err = dict_show(transport, what, &text);
	if (err == FG_ENOENT)
		ctl_complain("the dictionary has no message, field or value "
		    "%s", what);
	code = err == FG_ENOENT ? CTL_REFUSED : err != 0 ? no_memory() :
	    print(&text);
	buf_free(&text);
	return code;
}

static int
show_all(const struct dict *app, const struct dict *transport, int argc,
    char **argv)
{
	int i, code = CTL_OK;

	for (i = 0; i < argc && code == CTL_OK; i++)
		code = show(app, transport, argv[i]);
	return code;
}

/* The session asked for, or any if all have the same dictionary. */
static const struct session_info *
choose(const struct sessions_info *all, const char *name)
{
	const struct session_info *s = NULL;
	size_t i;

	if (name != NULL) {
		s = sessions_find(all, name);
		if (s == NULL)
			ctl_complain("there is no session %s", name);
		return s;
	}
	for (i = 0; i < all->n; i++) {
		if (s != NULL && s->dict != all->s[i].dict) {
			ctl_complain("the sessions have different "
			    "dictionaries: add --session NAME, or name a "
			    "file");
			return NULL;
		}
		s = &all->s[i];
	}
	if (s == NULL)
		ctl_complain("the gateway has no session: name a file");
	return s;
}

static int
show_of_gateway(struct ctl *c, const char *name, int argc, char **argv)
{
	struct sessions_info all = { 0 };
	const struct session_info *s;
	const struct dict *d;
	struct dicts *dicts;
	int code;

	code = sessions_ask(c, &all);
	if (code != CTL_OK)
		return code;
	s = choose(&all, name);
	dicts = dicts_new(c->socket);
	d = s == NULL || dicts == NULL ? NULL : dicts_get(dicts, s->dict);
	code = CTL_REFUSED;
	if (d != NULL)
		code = show_all(d, dicts_get(dicts, s->transport), argc, argv);
	else if (s != NULL && s->dict == 0)
		ctl_complain("%s has no dictionary", s->name);
	dicts_free(dicts);
	sessions_free(&all);
	return code;
}

/* Messages and fields are not called so. */
static bool
is_file(const char *arg)
{
	size_t n = strlen(arg);

	return strchr(arg, '/') != NULL ||
	    (n > 4 && strcmp(arg + n - 4, ".xml") == 0);
}

int
cmd_dict_show(struct ctl *c, int argc, char **argv)
{
	const char *session = NULL;
	const struct opt opts[] = { { "--session", OPT_TEXT, &session } };
	char err[OPT_ERR_MAX];
	struct dict *d;
	bool file;
	int code;

	argc = opt_parse(opts, 1, argc, argv, err);
	file = argc > 0 && is_file(argv[0]);
	if (argc < 1 + file)
		return ctl_usage("dict show", argc == -1 ? err :
		    "a message, field or value is needed");
	if (file && session != NULL)
		return ctl_usage("dict show", "FILE or --session, not both");
	if (!file) {
		code = ctl_connect(c);
		return code != CTL_OK ? code :
		    show_of_gateway(c, session, argc, argv);
	}
	d = dict_file_load(argv[0], NULL);
	if (d == NULL)
		return CTL_REFUSED;
	code = show_all(d, NULL, argc - 1, argv + 1);
	dict_free(d);
	return code;
}

/* ---- diff, convert ---- */

int
cmd_dict_diff(struct ctl *c, int argc, char **argv)
{
	struct dict *a, *b = NULL;
	struct buf text = { 0 };
	int code = CTL_REFUSED;

	(void)c;
	if (argc != 2)
		return ctl_usage("dict diff", "two files are needed");
	a = dict_file_load(argv[0], NULL);
	if (a != NULL)
		b = dict_file_load(argv[1], NULL);
	if (b != NULL)
		code = dict_diff(a, b, &text) != 0 ? no_memory() :
		    print(&text);
	if (code == CTL_OK && text.len > 0)
		code = CTL_USAGE; /* as diff(1) does */
	buf_free(&text);
	dict_free(a);
	dict_free(b);
	return code;
}

int
cmd_dict_convert(struct ctl *c, int argc, char **argv)
{
	struct dict_xml_options with = { 0 };
	const struct opt opts[] = { { "--version", OPT_TEXT, &with.version },
		{ "--scenario", OPT_TEXT, &with.scenario } };
	char err[OPT_ERR_MAX];
	struct buf text = { 0 };
	struct dict *d;
	int code;

	(void)c;
	argc = opt_parse(opts, 2, argc, argv, err);
	if (argc != 1)
		return ctl_usage("dict convert",
		    argc == -1 ? err : "one FILE is needed");
	d = dict_file_load(argv[0], &with);
	if (d == NULL)
		return CTL_REFUSED;
	if (strchr(dict_version(d), '.') == NULL) {
		ctl_complain("%s does not say which version of FIX it is: add "
		    "--version, as FIX.5.0SP2", argv[0]);
		dict_free(d);
		return CTL_REFUSED;
	}
	code = dict_write(d, &text) != 0 ? no_memory() : print(&text);
	buf_free(&text);
	dict_free(d);
	return code;
}
