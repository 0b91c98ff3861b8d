/*
 * cmd_chain.c: `chain`: the whole life of an order. Its ClOrdIDs, over replaces
 * and cancels, and its OrderIDs are followed until nothing new comes; each
 * message of FIX_IN and FIX_OUT that has one of them is a line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "ctl/chain.h"
#include "ctl/ctl.h"
#include "ctl/json.h"
#include "ctl/opt.h"
#include "ctl/query.h"

#define IDS_MAX      1000  /* of one order */
#define MESSAGES_MAX 10000

#define TAG_CL_ORD_ID      11
#define TAG_ORDER_ID       37
#define TAG_ORIG_CL_ORD_ID 41

/* One that is to be, or was, asked for. */
struct id {
	bool order; /* an OrderID, else a ClOrdID */
	char text[128];
};

struct line {
	const char *table;
	uint64_t seq;
	int64_t ns;
	char session[128];
	struct chain_words w;
};

struct chain {
	struct ctl *c;
	const char *session;
	struct id *id;
	struct line *line;
	size_t n_id, n_line, cap_line;
};

static int
no_memory(void)
{
	ctl_complain("%s", fg_strerror(FG_ENOMEM));
	return CTL_NO_GATEWAY;
}

static void
add_id(struct chain *h, const char *text, bool order)
{
	size_t i;

	if (*text == '\0' || h->n_id == IDS_MAX ||
	    (order && strcmp(text, "NONE") == 0))
		return;
	for (i = 0; i < h->n_id; i++)
		if (h->id[i].order == order &&
		    strcmp(h->id[i].text, text) == 0)
			return;
	h->id[h->n_id].order = order;
	snprintf(h->id[h->n_id++].text, sizeof(h->id[0].text), "%s", text);
}

static bool
is_known(const struct chain *h, const char *table, uint64_t seq)
{
	size_t i;

	for (i = 0; i < h->n_line; i++)
		if (h->line[i].seq == seq && h->line[i].table == table)
			return true;
	return false;
}

static int
add_line(struct chain *h, const struct row *r, const char *table)
{
	size_t cap = h->cap_line == 0 ? 64 : h->cap_line * 2, n;
	struct line *l;
	const char *p;

	if (h->n_line == h->cap_line) {
		l = realloc(h->line, cap * sizeof(*l));
		if (l == NULL)
			return no_memory();
		h->line = l;
		h->cap_line = cap;
	}
	l = &h->line[h->n_line];
	memset(l, 0, sizeof(*l));
	l->table = table;
	l->seq = query_sequence(r);
	link_get_i64(row_get(r, "TIMESTAMP"), &l->ns);
	if (link_get_str(row_get(r, "CONNECTION_NAME"), &p, &n))
		snprintf(l->session, sizeof(l->session), "%.*s", (int)n, p);
	if (!link_get_str(row_get(r, "FIX_DATA"), &p, &n))
		return CTL_OK;
	chain_read(&l->w, p, n);
	h->n_line++;
	add_id(h, l->w.cl_ord_id, false);
	add_id(h, l->w.orig, false);
	add_id(h, l->w.order_id, true);
	return CTL_OK;
}

/* Messages of both tables that have this field. */
static int
ask(struct chain *h, int32_t tag, const char *value)
{
	static const char *const tables[] = { "FIX_IN", "FIX_OUT" };
	struct query q = { .session = h->session, .n = 1,
		.field = { { .tag = tag } } };
	struct query_table *t;
	struct row r;
	int i, got = 0, code = CTL_OK;

	snprintf(q.field[0].value, sizeof(q.field[0].value), "%s", value);
	for (i = 0; i < 2 && code == CTL_OK; i++) {
		t = query_open(h->c, &q, tables[i], 0);
		if (t == NULL)
			return no_memory();
		while (code == CTL_OK && h->n_line < MESSAGES_MAX &&
		    (got = query_next(t, &r)) == 1)
			if (!is_known(h, tables[i], query_sequence(&r)))
				code = add_line(h, &r, tables[i]);
		if (code == CTL_OK && got == -1)
			code = query_code(t);
		query_close(t);
	}
	return code;
}

static int
follow(struct chain *h)
{
	size_t i;
	int code = CTL_OK;

	for (i = 0; i < h->n_id && code == CTL_OK; i++) {
		if (h->id[i].order) {
			code = ask(h, TAG_ORDER_ID, h->id[i].text);
			continue;
		}
		code = ask(h, TAG_CL_ORD_ID, h->id[i].text);
		if (code == CTL_OK)
			code = ask(h, TAG_ORIG_CL_ORD_ID, h->id[i].text);
	}
	return code;
}

/* By time; those of one moment with what came in first. */
static int
compare(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int c;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	c = strcmp(x->table, y->table);
	if (c != 0)
		return c;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* ---- as text ---- */

static void
put(struct buf *to, const char *text)
{
	row_escape(to, text, strlen(text));
}

static int
print_text(const struct line *l)
{
	char time[WALL_TEXT_MAX];
	struct buf b = { 0 };
	int n = (int)wall_format(time, (wall_t){ l->ns }, 3);

	buf_printf(&b, "%.*s %-3s ", n, time,
	    strcmp(l->table, "FIX_IN") == 0 ? "in" : "out");
	put(&b, l->session);
	buf_puts(&b, "  ");
	put(&b, l->w.cl_ord_id);
	if (l->w.orig[0] != '\0') {
		buf_puts(&b, " (of ");
		put(&b, l->w.orig);
		buf_puts(&b, ")");
	}
	buf_puts(&b, ": ");
	put(&b, l->w.words);
	n = b.p == NULL ? -1 : printf("%.*s\n", (int)b.len, b.p);
	buf_free(&b);
	return n < 0 ? CTL_NO_GATEWAY : CTL_OK;
}

static void
member(json_t *j, const char *key, const char *text)
{
	if (text[0] != '\0')
		json_object_set_new(j, key, json_text(text, strlen(text)));
}

static int
print_json(const struct line *l)
{
	struct buf b = { 0 };
	json_t *j = json_object();

	json_object_set_new(j, "TIMESTAMP", json_time(l->ns));
	member(j, "TABLE", l->table);
	json_object_set_new(j, "SEQUENCE", json_integer((json_int_t)l->seq));
	member(j, "SESSION", l->session);
	member(j, "MSG_TYPE", l->w.type);
	member(j, "CL_ORD_ID", l->w.cl_ord_id);
	member(j, "ORIG_CL_ORD_ID", l->w.orig);
	member(j, "ORDER_ID", l->w.order_id);
	member(j, "WORDS", l->w.words);
	if (json_put(&b, j) != 0)
		return no_memory();
	printf("%.*s\n", (int)b.len, b.p);
	buf_free(&b);
	return CTL_OK;
}

static int
print_all(struct chain *h, const char *asked)
{
	size_t i;
	int code = CTL_OK;

	if (h->n_line == 0) {
		ctl_complain("no message has the ClOrdID %s", asked);
		return CTL_REFUSED;
	}
	qsort(h->line, h->n_line, sizeof(*h->line), compare);
	for (i = 0; i < h->n_line && code == CTL_OK; i++)
		code = h->c->out == &ctl_output_json ? print_json(&h->line[i])
		    : print_text(&h->line[i]);
	if (h->n_line >= MESSAGES_MAX || h->n_id >= IDS_MAX)
		ctl_complain("there is more: it ends at %d messages or %d "
		    "identifiers", MESSAGES_MAX, IDS_MAX);
	return code;
}

int
cmd_chain(struct ctl *c, int argc, char **argv)
{
	struct chain h = { .c = c };
	const struct opt opts[] = { { "--session", OPT_TEXT, &h.session } };
	char err[OPT_ERR_MAX];
	int code;

	argc = opt_parse(opts, 1, argc, argv, err);
	if (argc != 1 || strlen(argv[0]) >= sizeof(h.id[0].text))
		return ctl_usage("chain", argc == -1 ? err :
		    "exactly one CLORDID is needed");
	h.id = calloc(IDS_MAX, sizeof(*h.id));
	if (h.id == NULL)
		return no_memory();
	add_id(&h, argv[0], false);
	code = follow(&h);
	if (code == CTL_OK)
		code = print_all(&h, argv[0]);
	free(h.id);
	free(h.line);
	return code;
}
