#include "dict/diff.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "dict/impl.h"
#include "dict/seen.h"

#define DIFF_LINE 1024 /* bytes of a line */

/* Told for a pair of groups. */
enum told { UNSEEN, ALIKE, DIFFERENT };

/* A line that is printed only if something below it differs. */
struct heading {
	struct heading *up;
	bool printed;
	char text[DIFF_LINE];
};

struct diff {
	const struct dict *a, *b;
	struct buf *out;
	struct seen groups;
	int err;
};

static unsigned
depth_of(const struct heading *h)
{
	unsigned n = 0;

	for (; h != NULL; h = h->up)
		n++;
	return n;
}

static void
put_line(struct diff *d, unsigned depth, const char *text)
{
	if (d->err == 0)
		d->err = buf_printf(d->out, "%*s%s\n", (int)(4 * depth), "",
		    text);
}

static void
put_headings(struct diff *d, struct heading *h)
{
	if (h == NULL || h->printed)
		return;
	put_headings(d, h->up);
	put_line(d, depth_of(h->up), h->text);
	h->printed = true;
}

static void tell(struct diff *d, struct heading *h, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
tell(struct diff *d, struct heading *h, const char *fmt, ...)
{
	char text[DIFF_LINE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_headings(d, h);
	put_line(d, depth_of(h), text);
}

/* ---- fields ---- */

static const char *
label(const struct dict_value *v)
{
	return v->label == NULL ? "" : v->label;
}

static void
diff_values(struct diff *d, struct heading *h, const struct dict_field *a,
    const struct dict_field *b)
{
	size_t i = 0, j = 0;
	int c;

	while (i < a->nvalues || j < b->nvalues) {
		c = i == a->nvalues ? 1 : j == b->nvalues ? -1 :
		    strcmp(a->values[i].value, b->values[j].value);
		if (c < 0) {
			tell(d, h, "- %s %s", a->values[i].value,
			    label(&a->values[i]));
		} else if (c > 0) {
			tell(d, h, "+ %s %s", b->values[j].value,
			    label(&b->values[j]));
		} else if (strcmp(label(&a->values[i]),
		    label(&b->values[j])) != 0) {
			tell(d, h, "~ %s: label %s -> %s", a->values[i].value,
			    label(&a->values[i]), label(&b->values[j]));
		}
		i += c <= 0;
		j += c >= 0;
	}
}

static void
diff_field(struct diff *d, const struct dict_field *a,
    const struct dict_field *b)
{
	int32_t x = fix_length_tag(&d->a->lens, a->tag);
	int32_t y = fix_length_tag(&d->b->lens, b->tag);
	struct heading h = { .printed = false };

	snprintf(h.text, sizeof(h.text), "~ field %d %.200s", (int)a->tag,
	    a->name);
	if (strcmp(a->name, b->name) != 0)
		tell(d, &h, "name %s -> %s", a->name, b->name);
	if (a->type != b->type)
		tell(d, &h, "type %s -> %s", dict_type_name(a->type),
		    dict_type_name(b->type));
	if (a->open != b->open)
		tell(d, &h, "other values are %s", b->open ? "now allowed" :
		    "not allowed any more");
	if (x != y)
		tell(d, &h, "length field %d -> %d", (int)x, (int)y);
	diff_values(d, &h, a, b);
}

static void
diff_fields(struct diff *d)
{
	const struct dict_field *a, *b;
	uint32_t i = 1, j = 1;

	while (i <= d->a->nfield || j <= d->b->nfield) {
		a = i <= d->a->nfield ? &d->a->field[i] : NULL;
		b = j <= d->b->nfield ? &d->b->field[j] : NULL;
		if (b == NULL || (a != NULL && a->tag < b->tag)) {
			tell(d, NULL, "- field %d %s", (int)a->tag, a->name);
			i++;
		} else if (a == NULL || b->tag < a->tag) {
			tell(d, NULL, "+ field %d %s, %s", (int)b->tag,
			    b->name, dict_type_name(b->type));
			j++;
		} else {
			diff_field(d, a, b);
			i++;
			j++;
		}
	}
}

/* ---- members ---- */

static const char *
member_name(const struct dict *d, const struct dict_member *m)
{
	return d->field[m->field].name;
}

static const struct dict_member *
find(const struct dict *d, const struct dict_scope *s, int32_t tag)
{
	uint32_t slot = dict_slot(s, dict_index(d, tag));

	return slot == 0 ? NULL : &s->member[slot];
}

static const char *
required_text(const struct dict_member *m)
{
	return (m->flags & DICT_REQUIRED) != 0 ? "required" : "optional";
}

/* The next member from i on that the other scope has, too. */
static uint32_t
next_common(const struct dict_scope *s, uint32_t i, const struct dict *other,
    const struct dict_scope *t)
{
	while (i <= s->n && find(other, t, s->member[i].tag) == NULL)
		i++;
	return i;
}

static void
diff_order(struct diff *d, struct heading *h, const struct dict_scope *a,
    const struct dict_scope *b)
{
	uint32_t i = next_common(a, 1, d->b, b), j = next_common(b, 1, d->a, a);

	while (i <= a->n && j <= b->n) {
		if (a->member[i].tag != b->member[j].tag) {
			tell(d, h, "~ order: %d %s where %d %s was",
			    (int)b->member[j].tag,
			    member_name(d->b, &b->member[j]),
			    (int)a->member[i].tag,
			    member_name(d->a, &a->member[i]));
			return;
		}
		i = next_common(a, i + 1, d->b, b);
		j = next_common(b, j + 1, d->a, a);
	}
}

static void diff_scope(struct diff *d, struct heading *h,
    const struct dict_scope *a, const struct dict_scope *b);

static void
diff_group(struct diff *d, struct heading *up, const struct dict_member *a,
    const struct dict_member *b)
{
	struct heading h = { .up = up };
	uint32_t *told = seen_at(&d->groups, a->group, b->group);

	if (told == NULL) {
		d->err = FG_ENOMEM;
		return;
	}
	if (*told == DIFFERENT)
		tell(d, up, "~ %d %s: as above", (int)a->tag,
		    member_name(d->a, a));
	if (*told != UNSEEN)
		return;
	snprintf(h.text, sizeof(h.text), "~ %d %.200s", (int)a->tag,
	    member_name(d->a, a));
	diff_scope(d, &h, a->group, b->group);
	told = seen_at(&d->groups, a->group, b->group);
	if (told != NULL)
		*told = h.printed ? DIFFERENT : ALIKE;
}

static void
diff_member(struct diff *d, struct heading *h, const struct dict_member *a,
    const struct dict_member *b)
{
	if (((a->flags ^ b->flags) & DICT_REQUIRED) != 0)
		tell(d, h, "~ %d %s: %s -> %s", (int)a->tag,
		    member_name(d->a, a), required_text(a), required_text(b));
	if (a->group != NULL && b->group != NULL)
		diff_group(d, h, a, b);
	else if (a->group != NULL || b->group != NULL)
		tell(d, h, "~ %d %s: %s", (int)a->tag, member_name(d->a, a),
		    b->group != NULL ? "field -> group" : "group -> field");
}

static void
diff_scope(struct diff *d, struct heading *h, const struct dict_scope *a,
    const struct dict_scope *b)
{
	const struct dict_member *m, *other;
	uint32_t i;

	for (i = 1; i <= a->n && d->err == 0; i++) {
		m = &a->member[i];
		other = find(d->b, b, m->tag);
		if (other == NULL)
			tell(d, h, "- %d %s", (int)m->tag,
			    member_name(d->a, m));
		else
			diff_member(d, h, m, other);
	}
	for (i = 1; i <= b->n && d->err == 0; i++) {
		m = &b->member[i];
		if (find(d->a, a, m->tag) == NULL)
			tell(d, h, "+ %d %s, %s%s", (int)m->tag,
			    member_name(d->b, m), required_text(m),
			    m->group != NULL ? ", group" : "");
	}
	diff_order(d, h, a, b);
}

/* ---- messages ---- */

static void
diff_section(struct diff *d, const char *name, const struct dict_scope *a,
    const struct dict_scope *b)
{
	struct heading h = { .printed = false };

	snprintf(h.text, sizeof(h.text), "~ %s", name);
	diff_scope(d, &h, a, b);
}

static void
diff_message(struct diff *d, const struct dict_msg *a, const struct dict_msg *b)
{
	struct heading h = { .printed = false };

	snprintf(h.text, sizeof(h.text), "~ message %.40s %.200s", a->type,
	    a->name);
	if (strcmp(a->name, b->name) != 0)
		tell(d, &h, "name %s -> %s", a->name, b->name);
	diff_scope(d, &h, &a->scope, &b->scope);
}

static void
diff_messages(struct diff *d)
{
	const struct dict_msg *m, *other;
	size_t i;

	for (i = 0; i < d->a->nmsg && d->err == 0; i++) {
		m = d->a->msg[i];
		other = dict_msg_by_type(d->b, m->type, m->type_len);
		if (other == NULL)
			tell(d, NULL, "- message %s %s", m->type, m->name);
		else
			diff_message(d, m, other);
	}
	for (i = 0; i < d->b->nmsg && d->err == 0; i++) {
		m = d->b->msg[i];
		if (dict_msg_by_type(d->a, m->type, m->type_len) == NULL)
			tell(d, NULL, "+ message %s %s", m->type, m->name);
	}
}

int
dict_diff(const struct dict *a, const struct dict *b, struct buf *out)
{
	struct diff d = { .a = a, .b = b, .out = out };

	if (strcmp(a->version, b->version) != 0)
		tell(&d, NULL, "~ version %s -> %s", a->version, b->version);
	diff_section(&d, "header", &a->header, &b->header);
	diff_section(&d, "trailer", &a->trailer, &b->trailer);
	diff_messages(&d);
	diff_fields(&d);
	seen_free(&d.groups);
	return d.err;
}
