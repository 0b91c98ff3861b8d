/*
 * dump.c: one line for each item, its parts separated by tabs, one tab more for
 * each level. Fields and values are sorted, messages too (length of the type
 * first); members stand in the order of the wire, components expanded. Control
 * bytes and the backslash are written \xHH.
 *
 *	version	FIX.4.4
 *	field	54	Side	CHAR
 *		value	1	BUY
 *	field	65	SymbolSfx	STRING	open
 *	field	96	RawData	DATA	length	95
 *	header
 *		8	BeginString	required
 *		627	NoHops
 *			628	HopCompID
 *	trailer
 *		10	CheckSum	required
 *	message	D	NewOrderSingle
 *		11	ClOrdID	required
 */
#include "dict/dump.h"

#include "base/err.h"
#include "dict/impl.h"

/* The output, and the first error. */
struct dump {
	struct buf *out;
	size_t max;
	int err;
};

static void
put(struct dump *o, const char *s)
{
	if (o->err == 0 && o->out->len > o->max)
		o->err = FG_ELIMIT;
	if (o->err == 0)
		o->err = buf_puts(o->out, s);
}

/* A name or a value of the file, after a tab. */
static void
put_text(struct dump *o, const char *s)
{
	put(o, "\t");
	for (; *s != '\0' && o->err == 0; s++) {
		if ((unsigned char)*s < ' ' || *s == 127 || *s == '\\')
			o->err = buf_printf(o->out, "\\x%02X",
			    (unsigned char)*s);
		else
			o->err = buf_add(o->out, s, 1);
	}
}

static void
put_tag(struct dump *o, int32_t tag)
{
	if (o->err == 0)
		o->err = buf_printf(o->out, "\t%d", (int)tag);
}

static void
put_field(struct dump *o, const struct dict *d, const struct dict_field *f)
{
	int32_t length = fix_length_tag(&d->lens, f->tag);
	size_t i;

	put(o, "field");
	put_tag(o, f->tag);
	put_text(o, f->name);
	put_text(o, dict_type_name(f->type));
	if (f->open)
		put(o, "\topen");
	if (length != 0) {
		put(o, "\tlength");
		put_tag(o, length);
	}
	put(o, "\n");
	for (i = 0; i < f->nvalues; i++) {
		put(o, "\tvalue");
		put_text(o, f->values[i].value);
		if (f->values[i].label != NULL)
			put_text(o, f->values[i].label);
		put(o, "\n");
	}
}

/* Though its type has a form, or its values are listed? */
static bool
is_unchecked(const struct dict *d, const struct dict_member *m)
{
	const struct dict_rule *r = &d->rule[m->field];

	return (m->flags & DICT_ANY_VALUE) != 0 &&
	    (r->format != DICT_FORM_ANY || r->set != DICT_SET_ANY);
}

static void
put_scope(struct dump *o, const struct dict *d, const struct dict_scope *s,
    unsigned depth)
{
	const struct dict_member *m;
	unsigned i, j;

	for (i = 1; i <= s->n && o->err == 0; i++) {
		m = &s->member[i];
		for (j = 0; j < depth; j++)
			put(o, "\t");
		put_tag(o, m->tag);
		put_text(o, d->field[m->field].name);
		if ((m->flags & DICT_REQUIRED) != 0)
			put(o, "\trequired");
		if (is_unchecked(d, m))
			put(o, "\tunchecked");
		put(o, "\n");
		if (m->group != NULL)
			put_scope(o, d, m->group, depth + 1);
	}
}

int
dict_dump(const struct dict *d, struct buf *out)
{
	struct dump o = { .out = out, .max = out->len + DICT_DUMP_MAX };
	size_t i;

	put(&o, "version");
	put_text(&o, d->version);
	put(&o, "\n");
	for (i = 1; i <= d->nfield && o.err == 0; i++)
		put_field(&o, d, &d->field[i]);
	put(&o, "header\n");
	put_scope(&o, d, &d->header, 0);
	put(&o, "trailer\n");
	put_scope(&o, d, &d->trailer, 0);
	for (i = 0; i < d->nmsg && o.err == 0; i++) {
		put(&o, "message");
		put_text(&o, d->msg[i]->type);
		put_text(&o, d->msg[i]->name);
		put(&o, "\n");
		put_scope(&o, d, &d->msg[i]->scope, 0);
	}
	return o.err;
}
