#include "dicts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dict/xml/xml.h"

static struct {
	const char *version, *begin_string;
	const char *file, *transport, *appl_ver_id;
	struct dict *app, *head;
} known[] = {
	{ "4.0", "FIX.4.0", .file = "FIX40.xml" },
	{ "4.1", "FIX.4.1", .file = "FIX41.xml" },
	{ "4.2", "FIX.4.2", .file = "FIX42.xml" },
	{ "4.3", "FIX.4.3", .file = "FIX43.xml" },
	{ "4.4", "FIX.4.4", .file = "FIX44.xml" },
	{ "5.0", "FIXT.1.1", .file = "FIX50.xml", .transport = "FIXT11.xml",
	    .appl_ver_id = "7" },
	{ "5.0SP1", "FIXT.1.1", .file = "FIX50SP1.xml",
	    .transport = "FIXT11.xml", .appl_ver_id = "8" },
	{ "5.0SP2", "FIXT.1.1", .file = "FIX50SP2.xml",
	    .transport = "FIXT11.xml", .appl_ver_id = "9" },
};

/* By ApplVerID. */
static struct {
	char id[2];
	const char *file;
	struct dict *dict;
} appl[DICTS_APPL] = {
	{ "7", "FIX50.xml", NULL },
	{ "8", "FIX50SP1.xml", NULL },
	{ "9", "FIX50SP2.xml", NULL },
};

static struct dict_scratch *scratch;

static struct dict *
load(const char *file)
{
	const char *src = getenv("FG_SRC");
	struct dict_faults faults = { 0 };
	struct dict *d = NULL;
	char path[4096];

	snprintf(path, sizeof(path), "%s/dict/%s", src == NULL ? "." : src,
	    file);
	if (dict_xml_load(&d, path, 0, &faults) != 0)
		fprintf(stderr, "%s: cannot be loaded\n", path);
	dict_faults_free(&faults);
	return d;
}

/* On demand: a file that runs one version needs one. */
const char *
dicts_find(const char *version, const struct dict **transport,
    const struct dict **app, const char **appl_ver_id)
{
	size_t i;

	for (i = 0; strcmp(known[i].version, version) != 0; i++)
		;
	if (known[i].app == NULL)
		known[i].app = load(known[i].file);
	if (known[i].head == NULL && known[i].transport != NULL)
		known[i].head = load(known[i].transport);
	*app = known[i].app;
	*appl_ver_id = known[i].appl_ver_id;
	*transport = known[i].transport != NULL ? known[i].head :
	    known[i].app;
	return known[i].begin_string;
}

size_t
dicts_appl(const char *ids, struct sess_appl table[DICTS_APPL])
{
	size_t i, n;

	for (n = 0; ids[n] != '\0' && n < DICTS_APPL; n++) {
		for (i = 0; appl[i].id[0] != ids[n]; i++)
			;
		if (appl[i].dict == NULL)
			appl[i].dict = load(appl[i].file);
		table[n] = (struct sess_appl){ appl[i].id, appl[i].dict };
	}
	return n;
}

void
dicts_free(void)
{
	size_t i;

	for (i = 0; i < DICTS_APPL; i++)
		dict_free(appl[i].dict);

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		dict_free(known[i].app);
		dict_free(known[i].head);
	}
	dict_scratch_free(scratch);
}

struct dict_scratch *
dicts_scratch(void)
{
	if (scratch == NULL)
		scratch = dict_scratch_new();
	return scratch;
}
