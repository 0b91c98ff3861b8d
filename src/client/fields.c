#include "client/fields.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"

/* ---- for a link ---- */

static void put_pairs(struct link_out *o, const struct script_fields *f);

static void
put_value(struct link_out *o, const struct script_value *v)
{
	size_t i;

	switch (v->type) {
	case SCRIPT_ABSENT:
		link_nil(o);
		break;
	case SCRIPT_BOOL:
		link_bool(o, v->b);
		break;
	case SCRIPT_INT:
		link_i64(o, v->i);
		break;
	case SCRIPT_DECIMAL:
		link_strn(o, v->p, v->len);
		break;
	case SCRIPT_STRING:
		link_text(o, v->p, v->len);
		break;
	case SCRIPT_GROUP:
		link_array(o, (uint32_t)v->len);
		for (i = 0; i < v->len; i++)
			put_pairs(o, &v->group[i]);
		break;
	}
}

static uint32_t
count_set(const struct script_fields *f)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < f->n; i++)
		n += f->field[i].value.type != SCRIPT_ABSENT;
	return n;
}

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/* Those that are set, but for some names. */
static uint32_t
count_but(const struct script_fields *f, const char *const *names)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < f->n; i++)
		n += f->field[i].value.type != SCRIPT_ABSENT &&
		    !is_one_of(f->field[i].name, names);
	return n;
}

/* As an array of [name, value]: their order is kept. */
static void
put_pairs_but(struct link_out *o, const struct script_fields *f,
    const char *const *names)
{
	size_t i;

	link_array(o, count_but(f, names));
	for (i = 0; i < f->n; i++) {
		if (f->field[i].value.type == SCRIPT_ABSENT ||
		    is_one_of(f->field[i].name, names))
			continue;
		link_array(o, 2);
		link_str(o, f->field[i].name);
		put_value(o, &f->field[i].value);
	}
}

static void
put_pairs(struct link_out *o, const struct script_fields *f)
{
	static const char *const none[] = { NULL };

	put_pairs_but(o, f, none);
}

static void put_map(struct link_out *o, const struct script_fields *f,
    const char *const *but);

static void
put_map_value(struct link_out *o, const struct script_value *v)
{
	static const char *const none[] = { NULL };
	size_t i;

	if (v->type != SCRIPT_GROUP) {
		put_value(o, v);
		return;
	}
	link_array(o, (uint32_t)v->len);
	for (i = 0; i < v->len; i++)
		put_map(o, &v->group[i], none);
}

static void
put_map(struct link_out *o, const struct script_fields *f,
    const char *const *but)
{
	size_t i;

	link_map(o, count_but(f, but));
	for (i = 0; i < f->n; i++) {
		if (f->field[i].value.type == SCRIPT_ABSENT ||
		    is_one_of(f->field[i].name, but))
			continue;
		link_str(o, f->field[i].name);
		put_map_value(o, &f->field[i].value);
	}
}

/* ---- the events of a gateway ---- */

/* The fields of EVENT_FIX_SEND that are details of their own. */
static const char *const fix_own[] = { "FIX_DATA", "MSG_TYPE", "MsgType",
	"SESSION", "SOURCE_ID", NULL };

static int
put_fix_send(struct link_out *o, struct buf *to, const struct script_fields *f,
    uint32_t *n)
{
	uint32_t others = count_but(f, fix_own), own = count_set(f) - others;
	const char *name;
	size_t i;

	*n = own + (others > 0);
	link_values_begin(o, to, 2 * *n);
	for (i = 0; i < f->n; i++) {
		name = f->field[i].name;
		if (f->field[i].value.type == SCRIPT_ABSENT ||
		    !is_one_of(name, fix_own))
			continue;
		link_str(o, strcmp(name, "MsgType") == 0 ? "MSG_TYPE" : name);
		put_value(o, &f->field[i].value);
	}
	if (others > 0) {
		link_str(o, "FIELDS");
		put_pairs_but(o, f, fix_own);
	}
	return link_values_end(o);
}

static int
put_table_insert(struct link_out *o, struct buf *to,
    const struct script_fields *f, uint32_t *n)
{
	static const char *const own[] = { "TABLE", NULL };
	const struct script_value *table = fields_find(f, "TABLE");

	*n = table == NULL ? 1 : 2;
	link_values_begin(o, to, 2 * *n);
	if (table != NULL) {
		link_str(o, "TABLE");
		put_value(o, table);
	}
	link_str(o, "COLUMNS");
	put_map(o, f, own);
	return link_values_end(o);
}

int
fields_link(struct link_out *o, struct buf *to, const char *event,
    const struct script_fields *f, uint32_t *n)
{
	static const char *const none[] = { NULL };

	if (strcmp(event, "EVENT_FIX_SEND") == 0)
		return put_fix_send(o, to, f, n);
	if (strcmp(event, "EVENT_TABLE_INSERT") == 0)
		return put_table_insert(o, to, f, n);
	*n = 1;
	link_values_begin(o, to, 2);
	link_str(o, "DETAILS");
	put_map(o, f, none);
	return link_values_end(o);
}

/* ---- JSON ---- */

/* Bytes of the UTF-8 character at p, 0 if there is none. */
static size_t
utf8(const unsigned char *p, size_t n)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 :
	    p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0, i;

	if (len == 0 || len > n)
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if (len == 3 && ((p[0] == 0xe0 && p[1] < 0xa0) ||
	    (p[0] == 0xed && p[1] > 0x9f))) /* overlong, a surrogate */
		return 0;
	if (len == 4 && ((p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))) /* overlong, beyond the last */
		return 0;
	return len;
}

static bool
is_utf8(const char *p, size_t n)
{
	size_t i, len;

	for (i = 0; i < n; i += len) {
		len = utf8((const unsigned char *)p + i, n - i);
		if (len == 0)
			return false;
	}
	return true;
}

static int
put_char(struct buf *to, unsigned char c, bool text)
{
	char two[2];

	switch (c) {
	case '"':
		return buf_puts(to, "\\\"");
	case '\\':
		return buf_puts(to, "\\\\");
	case '\n':
		return buf_puts(to, "\\n");
	default:
		break;
	}
	if (c < 0x20 || c == 0x7f)
		return buf_printf(to, "\\u%04x", c);
	if (c < 0x80 || text)
		return buf_add(to, &c, 1);
	two[0] = (char)(0xc0 | c >> 6);
	two[1] = (char)(0x80 | (c & 0x3f));
	return buf_add(to, two, 2);
}

int
fields_json_text(struct buf *to, const char *p, size_t n)
{
	bool text = is_utf8(p, n);
	int err = buf_puts(to, "\"");
	size_t i, from = 0;
	unsigned char c;

	for (i = 0; i < n && err == 0; i++) {
		c = (unsigned char)p[i];
		if (c >= 0x20 && c != '"' && c != '\\' &&
		    (c < 0x7f || (c > 0x7f && text)))
			continue; /* as it is */
		err = buf_add(to, p + from, i - from);
		from = i + 1;
		if (err == 0)
			err = put_char(to, c, text);
	}
	if (err == 0 && n > from)
		err = buf_add(to, p + from, n - from);
	return err != 0 ? err : buf_puts(to, "\"");
}

/* Is the text of a decimal a number of JSON, too? */
static bool
is_json_number(const char *p, size_t n)
{
	size_t i = n > 0 && p[0] == '-', digits = 0;

	if (i < n && p[i] == '0' && i + 1 < n && p[i + 1] != '.')
		return false;
	for (; i < n && p[i] >= '0' && p[i] <= '9'; i++)
		digits++;
	if (digits == 0 || i == n)
		return digits > 0;
	if (p[i++] != '.' || i == n)
		return false;
	for (; i < n; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

/* 002000.00, .5 and 5. are numbers of FIX; JSON writes them in another way. */
static int
put_decimal(struct buf *to, const char *p, size_t n)
{
	bool minus = n > 0 && p[0] == '-';
	int err;

	if (is_json_number(p, n))
		return buf_add(to, p, n);
	p += minus;
	n -= minus;
	for (; n > 1 && p[0] == '0' && p[1] != '.'; n--)
		p++;
	if (n > 0 && p[n - 1] == '.')
		n--;
	err = minus ? buf_puts(to, "-") : 0;
	if (err == 0 && (n == 0 || p[0] == '.'))
		err = buf_puts(to, "0");
	return err != 0 ? err : buf_add(to, p, n);
}

static int
put_integer(struct buf *to, int64_t i)
{
	char text[NUM_TEXT_MAX];

	return buf_add(to, text, num_format_i64(text, i));
}

static int
put_json(struct buf *to, const struct script_value *v)
{
	size_t i;
	int err;

	switch (v->type) {
	case SCRIPT_ABSENT:
		return buf_puts(to, "null");
	case SCRIPT_BOOL:
		return buf_puts(to, v->b ? "true" : "false");
	case SCRIPT_INT:
		return put_integer(to, v->i);
	case SCRIPT_DECIMAL:
		return put_decimal(to, v->p, v->len);
	case SCRIPT_STRING:
		return fields_json_text(to, v->p, v->len);
	case SCRIPT_GROUP:
		break;
	}
	err = buf_puts(to, "[");
	for (i = 0; i < v->len && err == 0; i++) {
		if (i > 0)
			err = buf_puts(to, ",");
		if (err == 0)
			err = fields_json(to, &v->group[i]);
	}
	return err != 0 ? err : buf_puts(to, "]");
}

int
fields_json(struct buf *to, const struct script_fields *f)
{
	int err = buf_puts(to, "{");
	bool first = true;
	size_t i;

	for (i = 0; i < f->n && err == 0; i++) {
		if (f->field[i].value.type == SCRIPT_ABSENT)
			continue;
		if (!first)
			err = buf_puts(to, ",");
		first = false;
		if (err == 0)
			err = fields_json_text(to, f->field[i].name,
			    strlen(f->field[i].name));
		if (err == 0)
			err = buf_puts(to, ":");
		if (err == 0)
			err = put_json(to, &f->field[i].value);
	}
	return err != 0 ? err : buf_puts(to, "}");
}

/* ---- one field ---- */

const struct script_value *
fields_find(const struct script_fields *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->field[i].value.type != SCRIPT_ABSENT &&
		    strcmp(f->field[i].name, name) == 0)
			return &f->field[i].value;
	return NULL;
}

int
fields_text(struct buf *to, const struct script_value *v)
{
	switch (v->type) {
	case SCRIPT_BOOL:
		return buf_puts(to, v->b ? "Y" : "N");
	case SCRIPT_INT:
		return put_integer(to, v->i);
	case SCRIPT_DECIMAL:
	case SCRIPT_STRING:
		return buf_add(to, v->p, v->len);
	case SCRIPT_ABSENT:
	case SCRIPT_GROUP:
		break;
	}
	return FG_EINVAL;
}
