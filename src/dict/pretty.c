#include "dict/pretty.h"

#include <string.h>

#include "dict/impl.h"

#define NAME_WIDTH 20 /* most names are shorter */

struct view {
	const struct dict *transport;
	const struct dict *body;
	const struct dict_msg *type; /* NULL: unknown */
	const struct fix_msg *m;
	const int32_t *masked;
	size_t nmasked;
	bool json;
	struct buf *out;
	int err; /* the first */
};

static void
put(struct view *v, const char *p, size_t n)
{
	if (v->err == 0)
		v->err = buf_add(v->out, p, n);
}

static void
puts_to(struct view *v, const char *s)
{
	put(v, s, strlen(s));
}

/* Bytes of the UTF-8 character at p, or 0 if there is none. */
static size_t
utf8_len(const unsigned char *p, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = p[0];
	size_t len, i;

	if (c < 0x80)
		return 1;
	len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || len > n)
		return 0;
	c &= 0xff >> (len + 1);
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return len;
}

static void
put_hex(struct view *v, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char digits[2] = { hex[c >> 4], hex[c & 15] };

	puts_to(v, v->json ? "\\u00" : "\\x");
	put(v, digits, 2);
}

/* Text that cannot end a string or move a cursor. */
static void
put_text(struct view *v, const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i, len;

	for (i = 0; i < n; i += len) {
		len = utf8_len(p + i, n - i);
		/* C2 80 ... C2 9F are control characters, too. */
		if (len == 0 || p[i] < ' ' || p[i] == 127 ||
		    (p[i] == 0xc2 && p[i + 1] < 0xa0)) {
			put_hex(v, p[i]);
			len = 1;
			continue;
		}
		if (p[i] == '\\' || (p[i] == '"' && v->json))
			put(v, "\\", 1);
		put(v, s + i, len);
	}
}

static bool
is_masked(const struct view *v, int32_t tag)
{
	size_t i;

	for (i = 0; i < v->nmasked; i++)
		if (v->masked[i] == tag)
			return true;
	return false;
}

static void
put_value(struct view *v, const struct fix_field *f)
{
	if (is_masked(v, f->tag))
		puts_to(v, "***");
	else
		put_text(v, v->m->buf + f->off, f->len);
}

static void
put_label(struct view *v, const struct dict *d, uint32_t index,
    const struct fix_field *f)
{
	const char *label;

	if (index == 0 || is_masked(v, f->tag))
		return;
	label = f->tag == 35 && v->type != NULL
	    ? v->type->name
	    : dict_value_label(&d->field[index], v->m->buf + f->off, f->len);
	if (label == NULL)
		return;
	puts_to(v, " (");
	put_text(v, label, strlen(label));
	puts_to(v, ")");
}

/* The name, padded so that the values of a message stand below each other. */
static void
put_name(struct view *v, const char *name)
{
	if (v->err == 0)
		v->err = buf_printf(v->out, "%-*s  ", NAME_WIDTH, name);
}

static void
put_line(struct view *v, const struct dict *d, uint32_t index,
    const struct fix_field *f, unsigned depth, bool opens)
{
	unsigned i;

	for (i = 0; i < depth; i++)
		puts_to(v, i + 1 == depth && opens ? "  - " : "    ");
	if (v->err == 0)
		v->err = buf_printf(v->out, "%6d  ", (int)f->tag);
	put_name(v, index == 0 ? "?" : d->field[index].name);
	put_value(v, f);
	put_label(v, d, index, f);
	puts_to(v, "\n");
}

static void
put_key(struct view *v, const struct dict *d, uint32_t index, int32_t tag,
    bool first)
{
	puts_to(v, first ? "\"" : ",\"");
	if (index != 0)
		put_text(v, d->field[index].name, strlen(d->field[index].name));
	else if (v->err == 0)
		v->err = buf_printf(v->out, "%d", (int)tag);
	puts_to(v, "\":");
}

static uint32_t show_group(struct view *v, const struct dict *d,
    const struct dict_scope *g, uint32_t i, unsigned depth);

/* Show the field at i, with its group; returns the next field. */
static uint32_t
show_field(struct view *v, const struct dict *d, const struct dict_scope *s,
    uint32_t index, uint32_t i, unsigned depth, bool first)
{
	const struct fix_field *f = &v->m->field[i];
	uint32_t slot = s == NULL ? 0 : dict_slot(s, index);
	const struct dict_scope *g = slot == 0 ? NULL : s->member[slot].group;

	if (!v->json)
		put_line(v, d, index, f, depth, first);
	else
		put_key(v, d, index, f->tag, first);
	if (g != NULL)
		return show_group(v, d, g, i + 1, depth + 1);
	if (v->json) {
		puts_to(v, "\"");
		put_value(v, f);
		puts_to(v, "\"");
	}
	return i + 1;
}

/* The instances from field i on; returns the first field behind them. */
static uint32_t
show_group(struct view *v, const struct dict *d, const struct dict_scope *g,
    uint32_t i, unsigned depth)
{
	uint32_t index, slot, n = 0;
	bool opens;

	if (v->json)
		puts_to(v, "[");
	while (i < v->m->nfield) {
		index = dict_index(d, v->m->field[i].tag);
		slot = dict_slot(g, index);
		if (slot == 0)
			break;
		opens = slot == 1 || n == 0;
		if (opens && v->json)
			puts_to(v, n == 0 ? "{" : "},{");
		n += opens;
		i = show_field(v, d, g, index, i, depth, opens);
	}
	if (v->json)
		puts_to(v, n == 0 ? "]" : "}]");
	return i;
}

static int
show(const struct dict *transport, const struct dict *app, bool json,
    const struct fix_msg *m, const int32_t *masked, size_t nmasked,
    struct buf *out)
{
	struct view v = { .transport = transport, .m = m, .masked = masked,
		.nmasked = nmasked, .json = json, .out = out };
	const struct dict_scope *s;
	const struct dict *d;
	size_t start = out->len;
	uint32_t i = 0, index;

	v.type = dict_find(transport, app, m, &v.body);
	if (json)
		puts_to(&v, "{");
	while (i < m->nfield) {
		switch (dict_place(transport, v.body, m->field[i].tag, &d,
		    &index)) {
		case DICT_HEADER:
			s = &transport->header;
			break;
		case DICT_TRAILER:
			s = &transport->trailer;
			break;
		default:
			s = v.type == NULL ? NULL : &v.type->scope;
		}
		i = show_field(&v, d, s, index, i, 0, i == 0);
	}
	if (json)
		puts_to(&v, "}");
	if (v.err != 0)
		out->len = start;
	return v.err;
}

int
dict_pretty(const struct dict *transport, const struct dict *app,
    const struct fix_msg *m, const int32_t *masked, size_t nmasked,
    struct buf *out)
{
	return show(transport, app, false, m, masked, nmasked, out);
}

int
dict_json(const struct dict *transport, const struct dict *app,
    const struct fix_msg *m, const int32_t *masked, size_t nmasked,
    struct buf *out)
{
	return show(transport, app, true, m, masked, nmasked, out);
}
