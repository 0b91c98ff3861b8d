#include "dicts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dict/xml/xml.h"

static struct {
	const char *version;
	const char *file, *transport;
	struct dict *app, *head;
} known[] = {
	{ .version = "4.0", .file = "FIX40.xml" },
	{ .version = "4.1", .file = "FIX41.xml" },
	{ .version = "4.2", .file = "FIX42.xml" },
	{ .version = "4.3", .file = "FIX43.xml" },
	{ .version = "4.4", .file = "FIX44.xml" },
	{ .version = "5.0", .file = "FIX50SP2.xml", .transport = "FIXT11.xml" },
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
void
dicts_find(const char *version, const struct dict **transport,
    const struct dict **app)
{
	size_t i;

	for (i = 0; strcmp(known[i].version, version) != 0; i++)
		;
	if (known[i].app == NULL)
		known[i].app = load(known[i].file);
	if (known[i].head == NULL && known[i].transport != NULL)
		known[i].head = load(known[i].transport);
	*app = known[i].app;
	*transport = known[i].transport != NULL ? known[i].head :
	    known[i].app;
}

void
dicts_free(void)
{
	size_t i;

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
