#include "ctl/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/num.h"
#include "ctl/dicts.h"
#include "ctl/sessions.h"
#include "fix/msg.h"

#define FIELDS_MAX 4096

struct query_table {
	struct ctl c; /* with a wire of its own */
	const struct query *q;
	const char *name;
	struct fix_field *field;
	const struct link_val *columns, *rows;
	size_t i, n;
	uint64_t after, end, first;
	bool begun;
	int code;
};

/* ---- what is asked for ---- */

void
query_opts(struct query *q, struct opt opts[QUERY_OPTS])
{
	opts[0] = (struct opt){ "--since", OPT_TEXT, &q->since_text };
	opts[1] = (struct opt){ "--until", OPT_TEXT, &q->until_text };
	opts[2] = (struct opt){ "--session", OPT_TEXT, &q->session };
	opts[3] = (struct opt){ "--type", OPT_TEXT, &q->type };
}

static bool
read_time(const char *text, int64_t *ns)
{
	wall_t t;

	if (text == NULL)
		return true;
	if (wall_parse(text, strlen(text), &t) != 0 || t.ns <= 0)
		return false;
	*ns = t.ns;
	return true;
}

const char *
query_times(struct query *q)
{
	if (!read_time(q->since_text, &q->since))
		return "--since needs a time, as 20260105-09:00:00";
	if (!read_time(q->until_text, &q->until))
		return "--until needs a time, as 20260105-09:00:00";
	return NULL;
}

/* So that the usual questions need no dictionary. */
static int32_t
usual_tag(const char *name)
{
	static const struct {
		const char *name;
		int32_t tag;
	} usual[] = { { "ClOrdID", 11 }, { "ExecID", 17 }, { "MsgType", 35 },
		{ "OrderID", 37 }, { "OrigClOrdID", 41 },
		{ "SecondaryOrderID", 198 }, { "Symbol", 55 } };
	size_t i;

	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (strcmp(usual[i].name, name) == 0)
			return usual[i].tag;
	return 0;
}

/* Of any dictionary that a session has; a value may be given by its label. */
static int
find_field(struct ctl *c, const char *name, struct query_field *to)
{
	struct sessions_info s = { 0 };
	struct dicts *dicts = dicts_new(c->socket);
	const struct dict_field *f = NULL;
	const struct dict *d;
	const char *value;
	int code = ctl_connect(c);
	size_t i;

	if (code == CTL_OK)
		code = sessions_ask(c, &s);
	for (i = 0; i < s.n && f == NULL && dicts != NULL; i++) {
		d = dicts_get(dicts, s.s[i].dict);
		if (d != NULL)
			f = dict_field_by_name(d, name);
		if (f == NULL && s.s[i].transport != 0) {
			d = dicts_get(dicts, s.s[i].transport);
			f = d == NULL ? NULL : dict_field_by_name(d, name);
		}
	}
	if (f != NULL) {
		to->tag = f->tag;
		value = dict_value_by_label(f, to->value);
		if (value != NULL && strlen(value) < sizeof(to->value))
			strcpy(to->value, value);
	} else if (code == CTL_OK) {
		ctl_complain("no dictionary of the gateway has a field %s; "
		    "give its tag", name);
		code = CTL_REFUSED;
	}
	sessions_free(&s);
	dicts_free(dicts);
	wire_close(c->wire);
	c->wire = NULL;
	return code;
}

int
query_add(struct ctl *c, struct query *q, const char *text)
{
	const char *is = strchr(text, '=');
	struct query_field *f = &q->field[q->n];
	char name[64];
	uint64_t tag;
	size_t n;

	if (q->n == QUERY_FIELDS || is == NULL || is == text ||
	    (n = (size_t)(is - text)) >= sizeof(name) || is[1] == '\0' ||
	    strlen(is + 1) >= sizeof(f->value)) {
		ctl_complain("'%s' is no FIELD=VALUE, or there are more than "
		    "%d", text, QUERY_FIELDS);
		return CTL_USAGE;
	}
	memcpy(name, text, n);
	name[n] = '\0';
	strcpy(f->value, is + 1);
	q->n++;
	if (num_parse_u64(name, n, &tag) == 0 && tag > 0 && tag <= INT32_MAX) {
		f->tag = (int32_t)tag;
		return CTL_OK;
	}
	f->tag = usual_tag(name);
	return f->tag != 0 ? CTL_OK : find_field(c, name, f);
}

/* ---- a table ---- */

struct query_table *
query_open(struct ctl *c, const struct query *q, const char *table,
    uint64_t after)
{
	struct query_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->c = *c;
	t->c.wire = NULL;
	t->q = q;
	t->name = table;
	t->after = after;
	t->field = calloc(FIELDS_MAX, sizeof(*t->field));
	if (t->field != NULL)
		return t;
	free(t);
	return NULL;
}

void
query_close(struct query_table *t)
{
	if (t == NULL)
		return;
	wire_close(t->c.wire);
	free(t->field);
	free(t);
}

static void
put_question(struct query_table *t)
{
	const struct query *q = t->q;
	struct link_out *o = wire_begin(t->c.wire, "READ", NULL);

	link_map(o, 2 + (q->session != NULL) + (q->type != NULL) +
	    (q->since != 0) + (q->until != 0) + 2 * (q->n != 0) + q->no_admin);
	link_key_str(o, "TABLE", t->name);
	link_key_u64(o, "AFTER", t->after);
	if (q->session != NULL)
		link_key_str(o, "SESSION", q->session);
	if (q->type != NULL)
		link_key_str(o, "MSG_TYPE", q->type);
	if (q->since != 0)
		link_key_u64(o, "SINCE", (uint64_t)q->since);
	if (q->until != 0)
		link_key_u64(o, "UNTIL", (uint64_t)q->until);
	if (q->n != 0) {
		link_key_u64(o, "TAG", (uint64_t)q->field[0].tag);
		link_str(o, "VALUE");
		link_bin(o, q->field[0].value, strlen(q->field[0].value));
	}
	if (q->no_admin)
		link_key_bool(o, "ADMIN", false);
}

static int
ask(struct query_table *t)
{
	struct link_msg m;
	uint64_t oldest, upto;
	int code = t->c.wire == NULL ? ctl_connect(&t->c) : CTL_OK;

	if (code != CTL_OK)
		return code;
	put_question(t);
	code = ctl_ask(&t->c, "ROWS", &m);
	if (code != CTL_OK)
		return code;
	if (!t->begun) {
		t->end = link_find_u64(m.details, "VISIBLE", 0);
		oldest = link_find_u64(m.details, "OLDEST", 0);
		t->first = oldest > t->after + 1 ? oldest - 1 : t->after;
		t->begun = true;
	}
	t->columns = link_find(m.details, "COLUMNS");
	t->rows = link_find(m.details, "ROWS");
	t->n = t->rows == NULL ? 0 : link_count(t->rows);
	t->i = 0;
	upto = link_find_u64(m.details, "UPTO", 0);
	if (upto <= t->after) /* nothing goes on */
		t->end = t->after;
	else
		t->after = upto;
	return CTL_OK;
}

static bool
has_field(const struct fix_msg *m, const struct query_field *f)
{
	size_t n = strlen(f->value);
	uint32_t i;

	for (i = 0; i < m->nfield; i++)
		if (m->field[i].tag == f->tag && m->field[i].len == n &&
		    memcmp(fix_value(m, &m->field[i]), f->value, n) == 0)
			return true;
	return false;
}

/* The gateway looked for the first field only. */
static bool
has_others(const struct query_table *t, const struct row *r)
{
	struct fix_msg m = { .field = t->field, .cap = FIELDS_MAX };
	const char *p;
	size_t i, n;

	if (t->q->n <= 1)
		return true;
	if (!link_get_str(row_get(r, "FIX_DATA"), &p, &n))
		return false;
	fix_parse(&m, p, n, NULL);
	for (i = 1; i < t->q->n; i++)
		if (!has_field(&m, &t->q->field[i]))
			return false;
	return true;
}

int
query_next(struct query_table *t, struct row *r)
{
	for (;;) {
		while (t->i < t->n) {
			*r = (struct row){ t->columns,
				link_at(t->rows, t->i++) };
			if (query_sequence(r) > t->end)
				return 0;
			if (has_others(t, r))
				return 1;
		}
		if (t->begun && t->after >= t->end)
			return 0;
		t->code = ask(t);
		if (t->code != CTL_OK)
			return -1;
	}
}

int
query_code(const struct query_table *t)
{
	return t->code;
}

static const char *
query_name(const struct query_table *t)
{
	return t->name;
}

uint64_t
query_done(const struct query_table *t)
{
	uint64_t at = t->after < t->end ? t->after : t->end;

	return at > t->first ? at - t->first : 0;
}

/* ---- several ---- */

int
query_begin(struct query_merge *m, struct ctl *c, const struct query *q,
    const char *table)
{
	static const char *const both[QUERY_TABLES] = { "FIX_IN", "FIX_OUT" };
	int i, n = table == NULL ? QUERY_TABLES : 1;

	*m = (struct query_merge){ .last = -1 };
	for (i = 0; i < n; i++) {
		m->table[i] = query_open(c, q, table != NULL ? table : both[i],
		    0);
		m->has[i] = 2;
		if (m->table[i] == NULL) {
			ctl_complain("%s", fg_strerror(FG_ENOMEM));
			query_end(m);
			return CTL_NO_GATEWAY;
		}
	}
	return CTL_OK;
}

static int64_t
time_of(const struct row *r)
{
	int64_t ns = 0;

	link_get_i64(row_get(r, "TIMESTAMP"), &ns);
	return ns;
}

int
query_merged(struct query_merge *m, struct row *r, const char **table)
{
	int i, best = -1;

	for (i = 0; i < QUERY_TABLES; i++) {
		if (m->has[i] == 2 || (m->last == i && m->has[i] == 1))
			m->has[i] = query_next(m->table[i], &m->row[i]);
		if (m->has[i] == -1) {
			m->code = query_code(m->table[i]);
			return -1;
		}
		if (m->has[i] == 1 && (best == -1 || time_of(&m->row[i]) <
		    time_of(&m->row[best])))
			best = i;
	}
	if (best == -1)
		return 0;
	m->last = best;
	*r = m->row[best];
	*table = query_name(m->table[best]);
	return 1;
}

void
query_end(struct query_merge *m)
{
	int i;

	for (i = 0; i < QUERY_TABLES; i++) {
		query_close(m->table[i]);
		m->table[i] = NULL;
	}
}

uint64_t
query_sequence(const struct row *r)
{
	uint64_t seq = 0;

	link_get_u64(link_at(r->values, 0), &seq);
	return seq;
}
