#include "ctl/dicts.h"

#include <stdlib.h>

#include "base/err.h"
#include "ctl/ctl.h"
#include "ctl/wire.h"
#include "dict/xml/xml.h"

struct entry {
	uint32_t id;
	struct dict *dict; /* NULL: it cannot be had */
	struct entry *next;
};

struct dicts {
	const char *socket;
	struct wire *wire;
	struct entry *first;
};

struct dicts *
dicts_new(const char *socket)
{
	struct dicts *d = calloc(1, sizeof(*d));

	if (d != NULL)
		d->socket = socket;
	return d;
}

void
dicts_free(struct dicts *d)
{
	struct entry *e;

	if (d == NULL)
		return;
	while ((e = d->first) != NULL) {
		d->first = e->next;
		dict_free(e->dict);
		free(e);
	}
	wire_close(d->wire);
	free(d);
}

static struct dict *
load(uint32_t id, const char *text, size_t n)
{
	struct dict_faults faults = { 0 };
	struct dict *dict;
	int err;

	err = dict_xml_load_mem(&dict, text, n, DICT_LENIENT, &faults);
	dict_faults_free(&faults);
	if (err == 0)
		return dict;
	ctl_complain("dictionary %u cannot be read: %s", id, fg_strerror(err));
	return NULL;
}

static struct dict *
fetch(struct dicts *d, uint32_t id)
{
	struct ctl c = { .socket = d->socket };
	char err[WIRE_ERR_MAX];
	struct link_out *o;
	struct link_msg m;
	const char *text;
	size_t n;

	if (d->wire == NULL)
		d->wire = wire_open(d->socket, err);
	if (d->wire == NULL) {
		ctl_complain("%s", err);
		return NULL;
	}
	c.wire = d->wire;
	o = wire_begin(d->wire, "DICT_GET", NULL);
	link_map(o, 1);
	link_key_u64(o, "ID", id);
	if (ctl_ask(&c, "DICT_ACK", &m) != CTL_OK)
		return NULL;
	if (!link_get_str(link_find(m.details, "TEXT"), &text, &n))
		return NULL;
	return load(id, text, n);
}

const struct dict *
dicts_get(struct dicts *d, uint32_t id)
{
	struct entry *e;

	if (id == 0)
		return NULL;
	for (e = d->first; e != NULL; e = e->next)
		if (e->id == id)
			return e->dict;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	e->id = id;
	e->dict = fetch(d, id);
	e->next = d->first;
	d->first = e;
	return e->dict;
}
