#include "gateway/session_dicts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log/log.h"

/* AppDataDictionary.VERSION -> ApplVerID (1128). */
static const char *
appl_ver_id(const char *version)
{
	static const struct {
		const char *version, *id;
	} row[] = {
		{ "FIX.4.0", "2" }, { "FIX.4.1", "3" }, { "FIX.4.2", "4" },
		{ "FIX.4.3", "5" }, { "FIX.4.4", "6" }, { "FIX.5.0", "7" },
		{ "FIX.5.0SP1", "8" }, { "FIX.5.0SP2", "9" },
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (strcmp(row[i].version, version) == 0)
			return row[i].id;
	return NULL;
}

/* "FIX.4.4" -> "FIX44.xml" in DictionaryPath. */
static void
stock_path(char *out, size_t cap, const char *folder, const char *begin)
{
	size_t n;

	n = (size_t)snprintf(out, cap, "%s/", folder);
	for (; *begin != '\0' && n + 5 < cap; begin++)
		if (*begin != '.')
			out[n++] = *begin;
	snprintf(out + n, cap - n, ".xml");
}

static const struct dict *
load(struct session_dicts *d, struct dictset *set, const char *path)
{
	const struct driver_dict *one = dictset_load(set, path);

	if (one == NULL)
		return NULL;
	d->set = set;
	d->dict[d->ndict++] = *one;
	return one->dict;
}

static void
add_appl(struct session_dicts *d, const char *id, const struct dict *dict)
{
	if (id != NULL)
		d->appl[d->nappl++] = (struct sess_appl){ id, dict };
}

/* AppDataDictionary is that of DefaultApplVerID; the suffix names others. */
static bool
load_appl(struct session_dicts *d, struct dictset *set,
    const struct conf_section *sec, struct sess_cfg *cfg)
{
	const char *suffix, *id;
	const struct dict *one;
	unsigned i;

	add_appl(d, cfg->default_appl_ver_id, cfg->app);
	for (i = 0; (suffix = conf_suffix_at(sec, CONF_AppDataDictionary,
	    i)) != NULL && d->nappl < SESSION_DICTS_MAX - 1; i++) {
		id = appl_ver_id(suffix);
		if (id == NULL || (cfg->default_appl_ver_id != NULL &&
		    strcmp(id, cfg->default_appl_ver_id) == 0))
			continue;
		one = load(d, set, conf_path_at(sec, CONF_AppDataDictionary,
		    i));
		if (one == NULL)
			return false;
		add_appl(d, id, one);
	}
	cfg->appl = d->appl;
	cfg->nappl = d->nappl;
	return true;
}

static struct fix_len_pair *
find_pair(struct session_dicts *d, size_t n, int32_t data_tag)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (d->pair[i].data_tag == data_tag)
			return &d->pair[i];
	return NULL;
}

static int
compare_pairs(const void *a, const void *b)
{
	int32_t x = ((const struct fix_len_pair *)a)->data_tag;
	int32_t y = ((const struct fix_len_pair *)b)->data_tag;

	return (x > y) - (x < y);
}

/*
 * The data fields of all dictionaries: a message is split into fields before it
 * is known which of them describes it. Where they contradict each other the
 * first one holds: that of messages that name no version.
 */
static bool
join_lens(struct session_dicts *d, const char *name)
{
	const struct fix_len_pair *p;
	const struct fix_lens *l;
	size_t i, j, n = 0, room = 1;

	for (i = 0; i < d->ndict; i++)
		room += dict_lens(d->dict[i].dict)->n;
	d->pair = calloc(room, sizeof(*d->pair));
	if (d->pair == NULL)
		return false;
	for (i = 0; i < d->ndict; i++) {
		l = dict_lens(d->dict[i].dict);
		for (j = 0; j < l->n; j++) {
			p = find_pair(d, n, l->pair[j].data_tag);
			if (p == NULL)
				d->pair[n++] = l->pair[j];
			else if (p->length_tag != l->pair[j].length_tag)
				log_event(LOG_LEVEL_WARN, "dictionary", name,
				    "the length of data field %d is %d in one "
				    "dictionary and %d in another: %d is used",
				    p->data_tag, p->length_tag,
				    l->pair[j].length_tag, p->length_tag);
		}
	}
	qsort(d->pair, n, sizeof(*d->pair), compare_pairs);
	fix_lens_init(&d->lens, d->pair, n);
	return true;
}

bool
session_dicts_load(struct session_dicts *d, struct dictset *set,
    const struct conf *conf, const struct conf_section *sec,
    struct sess_cfg *cfg)
{
	bool fixt = strcmp(cfg->begin_string, "FIXT.1.1") == 0;
	const char *app, *transport;
	char path[1024];

	if (!conf_bool(sec, CONF_UseDataDictionary))
		return true;
	app = conf_path(sec, fixt ? CONF_AppDataDictionary :
	    CONF_DataDictionary);
	if (app == NULL) {
		stock_path(path, sizeof(path), conf_path(conf_gateway(conf),
		    CONF_DictionaryPath), cfg->begin_string);
		app = path;
	}
	cfg->app = cfg->transport = load(d, set, app);
	if (cfg->app == NULL || (fixt && !load_appl(d, set, sec, cfg)))
		return false;
	transport = conf_path(sec, CONF_TransportDataDictionary);
	if (transport != NULL) {
		cfg->transport = load(d, set, transport);
		if (cfg->transport == NULL)
			return false;
	}
	cfg->lens = &d->lens;
	return join_lens(d, cfg->name);
}

void
session_dicts_free(struct session_dicts *d)
{
	size_t i;

	for (i = 0; i < d->ndict; i++)
		dictset_release(d->set, d->dict[i].dict);
	free(d->pair);
}
