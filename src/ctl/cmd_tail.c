/* cmd_tail.c: `tail`: rows of a table, and those that come. */
#include <signal.h>
#include <string.h>

#include "base/err.h"
#include "ctl/ctl.h"
#include "ctl/dicts.h"
#include "ctl/opt.h"
#include "ctl/pretty.h"
#include "ctl/row.h"

#define LINES_DEFAULT 20
#define READ_ROWS     1000 /* asked for at a time */
#define CREDIT_ROWS   1000 /* that the gateway may send ahead */
#define WINDOW_FIRST  256  /* rows looked at for the last lines */

#define DONE (-1) /* nobody reads our output any more: end in peace */

static volatile sig_atomic_t interrupted;

struct tail {
	struct ctl *c;
	const char *table, *session; /* session: NULL for all */
	bool all, pretty;
	uint64_t skip; /* rows to pass over before the first one printed */
	uint64_t left; /* rows still to be printed */
	struct dicts *dicts;
	struct buf line;
};

/* What an answer said about where it stands. */
struct page {
	uint64_t upto, visible, oldest;
};

typedef int (*row_fn)(struct tail *t, const struct row *r);

static void
on_interrupt(int signum)
{
	(void)signum;
	interrupted = 1;
}

static bool
tail_wants(const struct tail *t, const struct row *r)
{
	return t->all || !row_is_admin(r);
}

static int
format(struct tail *t, const struct row *r)
{
	if (t->pretty)
		return row_pretty(&t->line, r, t->dicts);
	if (t->c->out == &ctl_output_json)
		return row_json(&t->line, r);
	return row_plain(&t->line, r);
}

static int
print_row(struct tail *t, const struct row *r)
{
	if (!tail_wants(t, r) || t->left == 0)
		return CTL_OK;
	if (t->skip > 0) {
		t->skip--;
		return CTL_OK;
	}
	t->left--;
	t->line.len = 0;
	if (format(t, r) != 0 || buf_add(&t->line, "\n", 1) != 0) {
		ctl_complain("%s", fg_strerror(FG_ENOMEM));
		return CTL_NO_GATEWAY;
	}
	if (fwrite(t->line.p, 1, t->line.len, stdout) != t->line.len)
		return DONE;
	return CTL_OK;
}

static int
count_row(struct tail *t, const struct row *r)
{
	if (tail_wants(t, r))
		t->skip++;
	return CTL_OK;
}

static int
each_row(struct tail *t, const struct link_val *columns,
    const struct link_msg *m, row_fn fn, uint64_t *n)
{
	const struct link_val *rows = link_find(m->details, "ROWS");
	struct row r = { .columns = columns };
	size_t i;
	int code = CTL_OK;

	*n = rows == NULL ? 0 : link_count(rows);
	for (i = 0; i < *n && code == CTL_OK; i++) {
		r.values = link_at(rows, i);
		code = fn(t, &r);
	}
	return code;
}

/* One READ, and fn for each of its rows. */
static int
read_page(struct tail *t, uint64_t after, uint64_t max_rows, row_fn fn,
    struct page *page)
{
	struct link_out *o;
	struct link_msg m;
	uint64_t n;
	int code;

	o = wire_begin(t->c->wire, "READ", NULL);
	link_map(o, t->session == NULL ? 3 : 4);
	link_key_str(o, "TABLE", t->table);
	link_key_u64(o, "AFTER", after);
	link_key_u64(o, "MAX_ROWS", max_rows);
	if (t->session != NULL)
		link_key_str(o, "SESSION", t->session);
	code = ctl_ask(t->c, "ROWS", &m);
	if (code != CTL_OK)
		return code;
	page->upto = link_find_u64(m.details, "UPTO", after);
	page->visible = link_find_u64(m.details, "VISIBLE", 0);
	page->oldest = link_find_u64(m.details, "OLDEST", 0);
	return each_row(t, link_find(m.details, "COLUMNS"), &m, fn, &n);
}

/* fn for the rows from after (exclusive) to upto. */
static int
read_range(struct tail *t, uint64_t after, uint64_t upto, row_fn fn)
{
	struct page page;
	uint64_t n;
	int code;

	while (after < upto && t->left > 0 && interrupted == 0) {
		n = upto - after < READ_ROWS ? upto - after : READ_ROWS;
		code = read_page(t, after, n, fn, &page);
		if (code != CTL_OK)
			return code;
		if (page.upto <= after)
			break;
		after = page.upto;
	}
	return CTL_OK;
}

/*
 * Where to begin so that the last `lines` rows that pass the filter come out:
 * look at a window before the end, a larger one while too few are in it.
 * t->skip is how many of the window are passed over.
 */
static int
find_last(struct tail *t, uint64_t lines, const struct page *end,
    uint64_t *after)
{
	uint64_t window = WINDOW_FIRST, first;
	int code;

	first = end->oldest == 0 ? 0 : end->oldest - 1;
	for (;;) {
		*after = end->visible - first > window ? end->visible - window
		    : first;
		t->skip = 0;
		code = read_range(t, *after, end->visible, count_row);
		if (code != CTL_OK || t->skip >= lines || *after == first)
			break;
		window *= 4;
	}
	t->skip = t->skip > lines ? t->skip - lines : 0;
	return code;
}

static int
start_follow(struct tail *t, uint64_t after)
{
	struct link_out *o;

	o = wire_begin(t->c->wire, "TAIL", NULL);
	link_map(o, t->session == NULL ? 3 : 4);
	link_key_str(o, "TABLE", t->table);
	link_key_u64(o, "AFTER", after);
	link_key_u64(o, "CREDIT", CREDIT_ROWS);
	if (t->session != NULL)
		link_key_str(o, "SESSION", t->session);
	return wire_end(t->c->wire);
}

static int
give_credit(struct tail *t, uint64_t ref, uint64_t n)
{
	struct link_out *o;

	o = wire_begin_ref(t->c->wire, "CREDIT", ref);
	link_map(o, 1);
	link_key_u64(o, "ROWS", n);
	return wire_end(t->c->wire);
}

static int
follow_message(struct tail *t, const struct link_msg *m)
{
	uint64_t n;
	int code;

	code = ctl_refusal(m);
	if (code != CTL_OK || strcmp(m->type, "ROWS") != 0)
		return code;
	code = each_row(t, link_find(m->details, "COLUMNS"), m, print_row, &n);
	if (code == CTL_OK && fflush(stdout) != 0)
		code = DONE;
	if (code == CTL_OK && n > 0 && give_credit(t, m->ref, n) != 0)
		code = ctl_lost(t->c->wire);
	return code;
}

static int
follow(struct tail *t, uint64_t after)
{
	struct link_msg m;
	int code = CTL_OK, err, got;

	if (fflush(stdout) != 0)
		return DONE;
	if (start_follow(t, after) != 0)
		return ctl_lost(t->c->wire);
	while (code == CTL_OK && t->left > 0) {
		while ((got = wire_next(t->c->wire, &m)) == 1 &&
		    code == CTL_OK)
			code = follow_message(t, &m);
		if (got < 0)
			return ctl_lost(t->c->wire);
		if (code != CTL_OK || interrupted != 0)
			break;
		err = wire_wait(t->c->wire, -1, NULL, -1);
		if (err != 0 && err != FG_EPARTIAL)
			return ctl_lost(t->c->wire);
	}
	return code;
}

static int
tail_run(struct tail *t, const struct opt_number *after,
    const struct opt_number *lines, bool following)
{
	struct page end;
	uint64_t from = after->v;
	int code;

	t->left = UINT64_MAX;
	code = read_page(t, UINT64_MAX - 1, 1, count_row, &end);
	if (code != CTL_OK)
		return code;
	if (!after->given)
		code = find_last(t, lines->v, &end, &from);
	else if (lines->given)
		t->left = lines->v;
	if (code == CTL_OK)
		code = read_range(t, from, end.visible, print_row);
	if (code == CTL_OK && following && interrupted == 0)
		code = follow(t, from > end.visible ? from : end.visible);
	return code;
}

int
cmd_tail(struct ctl *c, int argc, char **argv)
{
	struct tail t = { .c = c };
	struct opt_number after = { 0 }, lines = { .v = LINES_DEFAULT };
	bool following = false;
	const struct opt opts[] = { { "--follow", OPT_FLAG, &following },
		{ "--lines", OPT_NUMBER, &lines },
		{ "--after", OPT_NUMBER, &after },
		{ "--session", OPT_TEXT, &t.session },
		{ "--pretty", OPT_FLAG, &t.pretty },
		{ "--all", OPT_FLAG, &t.all } };
	struct sigaction sa = { .sa_handler = on_interrupt };
	char err[OPT_ERR_MAX];
	int code;

	argc = opt_parse(opts, sizeof(opts) / sizeof(opts[0]), argc, argv, err);
	if (argc != 1)
		return ctl_usage("tail",
		    argc == -1 ? err : "exactly one TABLE is needed");
	if (t.pretty && c->out == &ctl_output_json)
		return ctl_usage("tail", "--pretty or --json, not both");
	t.table = argv[0];
	code = ctl_connect(c);
	if (code != CTL_OK)
		return code;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	t.dicts = dicts_new(c->socket);
	if (t.dicts == NULL) {
		ctl_complain("%s", fg_strerror(FG_ENOMEM));
		return CTL_NO_GATEWAY;
	}
	code = tail_run(&t, &after, &lines, following);
	dicts_free(t.dicts);
	buf_free(&t.line);
	return code == DONE ? CTL_OK : code;
}
