/* dict.c: lookups. */
#include "dict/dict.h"

#include <stdlib.h>
#include <string.h>

#include "dict/impl.h"

void
dict_free(struct dict *d)
{
	if (d == NULL)
		return;
	arena_free(&d->arena);
	free(d);
}

const char *
dict_version(const struct dict *d)
{
	return d->version;
}

size_t
dict_memory(const struct dict *d)
{
	return sizeof(*d) + d->arena.bytes;
}

const struct fix_lens *
dict_lens(const struct dict *d)
{
	return &d->lens;
}

uint32_t
dict_index_far(const struct dict *d, int32_t tag)
{
	uint32_t lo = 1, hi = d->nfield + 1, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (d->field[mid].tag < tag)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo <= d->nfield && d->field[lo].tag == tag ? lo : 0;
}

const struct dict_field *
dict_field_by_tag(const struct dict *d, int32_t tag)
{
	uint32_t i = dict_index(d, tag);

	return i == 0 ? NULL : &d->field[i];
}

size_t
dict_nfields(const struct dict *d)
{
	return d->nfield;
}

const struct dict_field *
dict_field_at(const struct dict *d, size_t i)
{
	return &d->field[i + 1];
}

size_t
dict_nmsgs(const struct dict *d)
{
	return d->nmsg;
}

static const struct dict_name *
find_name(const struct dict_name *v, size_t n, const char *name)
{
	size_t lo = 0, hi = n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (strcmp(v[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && strcmp(v[lo].name, name) == 0 ? &v[lo] : NULL;
}

const struct dict_field *
dict_field_by_name(const struct dict *d, const char *name)
{
	const struct dict_name *x = find_name(d->name, d->nname, name);

	return x == NULL ? NULL : &d->field[x->index];
}

const struct dict_msg *
dict_msg_by_type(const struct dict *d, const char *type, size_t len)
{
	size_t lo = 0, hi = d->nmsg, mid;
	const struct dict_msg *m;
	int c;

	if (len == 1)
		return (unsigned char)*type < 128
		    ? d->single[(unsigned char)*type]
		    : NULL;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		m = d->msg[mid];
		if (m->type_len != len)
			c = m->type_len < len ? -1 : 1;
		else
			c = memcmp(m->type, type, len);
		if (c == 0)
			return m;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const struct dict_msg *
dict_find(const struct dict *transport, const struct dict *app,
    const struct fix_msg *m, const struct dict **body)
{
	const struct dict_msg *t, *a;
	const struct fix_field *f;

	f = m->nfield > 2 && m->field[2].tag == 35 ? &m->field[2]
						   : fix_find(m, 35);
	*body = transport;
	if (f == NULL)
		return NULL;
	t = dict_msg_by_type(transport, m->buf + f->off, f->len);
	if (app == transport || (t != NULL && t->admin))
		return t;
	a = dict_msg_by_type(app, m->buf + f->off, f->len);
	if (a == NULL && t != NULL)
		return t;
	*body = app;
	return a;
}

const struct dict_msg *
dict_msg_by_name(const struct dict *d, const char *name)
{
	const struct dict_name *x = find_name(d->msg_name, d->nmsg, name);

	return x == NULL ? NULL : d->msg[x->index];
}

const char *
dict_msg_name(const struct dict_msg *m)
{
	return m->name;
}

const char *
dict_msg_type(const struct dict_msg *m)
{
	return m->type;
}

const struct dict_scope *
dict_msg_scope(const struct dict_msg *m)
{
	return &m->scope;
}

unsigned
dict_scope_place(const struct dict *d, const struct dict_scope *s, int32_t tag)
{
	return dict_slot(s, dict_index(d, tag));
}

int32_t
dict_scope_first(const struct dict_scope *s)
{
	return s->n == 0 ? 0 : s->member[1].tag;
}

const struct dict_scope *
dict_scope_group(const struct dict *d, const struct dict_scope *s, int32_t tag)
{
	unsigned place = dict_scope_place(d, s, tag);

	return place == 0 ? NULL : s->member[place].group;
}

bool
dict_msg_is_admin(const struct dict_msg *m)
{
	return m->admin;
}

static const struct dict_value *
find_value(const struct dict_field *f, const char *value, size_t len)
{
	size_t lo = 0, hi = f->nvalues, mid;
	const char *x;
	int c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		x = f->values[mid].value;
		c = strncmp(x, value, len);
		if (c == 0 && x[len] == '\0')
			return &f->values[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

const char *
dict_value_label(const struct dict_field *f, const char *value, size_t len)
{
	const struct dict_value *v;

	if (memchr(value, '\0', len) != NULL)
		return NULL;
	v = find_value(f, value, len);
	return v == NULL ? NULL : v->label;
}

const char *
dict_value_by_label(const struct dict_field *f, const char *label)
{
	size_t i;

	for (i = 0; i < f->nvalues; i++)
		if (f->values[i].label != NULL &&
		    strcmp(f->values[i].label, label) == 0)
			return f->values[i].value;
	return NULL;
}

uint64_t
dict_key(const char *value, size_t n)
{
	uint64_t key = 0;

	memcpy(&key, value, n);
	return key;
}

bool
dict_value_listed(const struct dict *d, uint32_t index, const char *value,
    size_t n)
{
	const struct dict_rule *r = &d->rule[index];
	uint64_t key, at;

	if (r->set == DICT_SET_CHARS)
		return n == 1 &&
		    (r->chars[(unsigned char)*value / 64] >>
			((unsigned char)*value % 64) & 1) != 0;
	if (n > 8 || r->key == NULL)
		return memchr(value, '\0', n) == NULL &&
		    find_value(&d->field[index], value, n) != NULL;
	if (value[n - 1] == '\0')
		return false; /* it would look like a shorter value */
	key = dict_key(value, n);
	at = dict_hash(key) & r->mask;
	while (r->key[at] != 0 && r->key[at] != key)
		at = (at + 1) & r->mask;
	return r->key[at] != 0;
}

bool
dict_tag_is_header(const struct dict *d, int32_t tag)
{
	return d->rule[dict_index(d, tag)].in_header;
}

bool
dict_tag_is_trailer(const struct dict *d, int32_t tag)
{
	return d->rule[dict_index(d, tag)].in_trailer;
}

const char *
fix_reject_text(enum fix_reject r)
{
	switch (r) {
#define X(name, code, text) case name: return text;
		FIX_REJECTS(X)
#undef X
	}
	return "";
}
