/* path.c: where the files named by settings are. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/internal.h"

static bool
is_readable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    access(path, R_OK) == 0;
}

const char *
path_resolve(struct conf *c, const char *value)
{
	const char *slash = strrchr(c->file, '/');
	const char *beside;

	if (*value == '/' || slash == NULL)
		return value;
	beside = conf_keepf(c, "%.*s/%s", (int)(slash - c->file), c->file,
	    value);
	return access(beside, F_OK) == 0 ? beside : value;
}

static const char *
in_dictionary_path(struct conf *c, const char *file)
{
	const struct conf_entry *e =
	    section_find(&c->gateway, CONF_DictionaryPath, "");

	return e == NULL || e->bad ? file
				   : conf_keepf(c, "%s/%s", e->path, file);
}

/* QuickFIX/J finds the standard files in its jar; ours are in
 * DictionaryPath. */
static void
check_given(struct conf *c, struct conf_entry *e)
{
	const char *ours;

	if (e->bad || is_readable(e->path))
		return;
	ours = in_dictionary_path(c, e->value);
	if (*e->value != '/' && is_readable(ours)) {
		e->path = ours;
		return;
	}
	fault_add(c, CONF_ERROR, e->line, "%s=%s: there is no file that can "
	    "be read: put it there, or take the line out to use ours",
	    e->name, e->value);
	e->bad = true;
}

/* The given file, else the shipped one of this version. */
static void
settle(struct conf *c, struct conf_section *s, enum conf_key k,
    const char *version, const char *file)
{
	struct conf_entry *e = section_find(s, k, "");
	const char *ours;

	if (e != NULL) {
		check_given(c, e);
		return;
	}
	ours = in_dictionary_path(c, file);
	if (is_readable(ours)) {
		fault_add(c, CONF_NOTE, s->line,
		    "no %s: ours for %s is used (%s)", conf_rules[k].name,
		    version, ours);
		section_set(c, s, k, ours);
		return;
	}
	fault_add(c, CONF_ERROR, s->line, "no %s, and no %s: write %s=FILE, or "
	    "DictionaryPath=FOLDER in [GATEWAY]", conf_rules[k].name, ours,
	    conf_rules[k].name);
}

static const struct {
	const char *version, *file;
	char appl_ver_id;
} shipped[] = {
	{ "FIX.4.0", "FIX40.xml", '2' },
	{ "FIX.4.1", "FIX41.xml", '3' },
	{ "FIX.4.2", "FIX42.xml", '4' },
	{ "FIX.4.3", "FIX43.xml", '5' },
	{ "FIX.4.4", "FIX44.xml", '6' },
	{ "FIX.5.0", "FIX50.xml", '7' },
	{ "FIX.5.0SP1", "FIX50SP1.xml", '8' },
	{ "FIX.5.0SP2", "FIX50SP2.xml", '9' },
};

#define NSHIPPED (sizeof(shipped) / sizeof(shipped[0]))

static void
check_suffixes(struct conf *c, struct conf_section *s)
{
	struct conf_entry *e;
	unsigned n;
	size_t i;

	for (n = 0; (e = section_at(s, CONF_AppDataDictionary, n)); n++) {
		for (i = 0; i < NSHIPPED; i++)
			if (*e->suffix == '\0' ||
			    strcmp(e->suffix, shipped[i].version) == 0)
				break;
		if (i == NSHIPPED && !e->bad) {
			fault_add(c, CONF_ERROR, e->line,
			    "%s: write a version from FIX.4.0 to FIX.5.0SP2 "
			    "behind AppDataDictionary", e->name);
			e->bad = true;
		} else if (*e->suffix != '\0') {
			check_given(c, e);
		}
	}
}

/* The file for messages without ApplVerID may be given by its version. */
static void
settle_app(struct conf *c, struct conf_section *s, const char *version,
    const char *file)
{
	const struct conf_entry *e = section_find(s, CONF_AppDataDictionary,
	    version);

	if (e == NULL)
		settle(c, s, CONF_AppDataDictionary, version, file);
	else if (!e->bad)
		section_set(c, s, CONF_AppDataDictionary, e->path);
}

/* FIXT.1.1: one file for the session's messages, others for the rest. */
static void
check_fixt(struct conf *c, struct conf_section *s)
{
	const struct conf_entry *e = section_find(s, CONF_DefaultApplVerID,
	    "");
	char id = e == NULL || e->bad ? '\0' : e->value[0];
	size_t i;

	settle(c, s, CONF_TransportDataDictionary, "FIXT.1.1", "FIXT11.xml");
	check_suffixes(c, s);
	for (i = 0; i < NSHIPPED; i++)
		if (id == shipped[i].appl_ver_id)
			settle_app(c, s, shipped[i].version, shipped[i].file);
}

/* [DEFAULT] may give the dictionaries of both kinds of sessions. */
static void
drop(struct conf_section *s, enum conf_key k)
{
	struct conf_entry *e;

	while ((e = section_at(s, k, 0)) != NULL)
		section_remove(s, e);
}

/* Of a session whose version is not known: name what cannot be read, so that
 * all errors come in one run. */
static void
check_all_given(struct conf *c, struct conf_section *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->entry[i].key == CONF_DataDictionary ||
		    s->entry[i].key == CONF_TransportDataDictionary ||
		    s->entry[i].key == CONF_AppDataDictionary)
			check_given(c, &s->entry[i]);
}

void
check_dictionaries(struct conf *c, struct conf_section *s)
{
	const struct conf_entry *use = section_find(s, CONF_UseDataDictionary,
	    "");
	const struct conf_entry *e = section_find(s, CONF_BeginString, "");
	const char *begin = e == NULL || e->bad ? NULL : e->value;
	size_t i;

	if (use == NULL || use->bad || use->num == 0)
		return;
	if (begin == NULL) {
		check_all_given(c, s);
		return;
	}
	if (strcmp(begin, "FIXT.1.1") == 0) {
		drop(s, CONF_DataDictionary);
		check_fixt(c, s);
		return;
	}
	drop(s, CONF_TransportDataDictionary);
	drop(s, CONF_AppDataDictionary);
	for (i = 0; i < NSHIPPED; i++)
		if (strcmp(begin, shipped[i].version) == 0)
			settle(c, s, CONF_DataDictionary,
			    shipped[i].version, shipped[i].file);
}
