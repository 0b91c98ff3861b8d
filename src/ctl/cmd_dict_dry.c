/*
 * cmd_dict_dry.c: what a new dictionary would have rejected of the messages
 * that were accepted under the old one.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "ctl/ctl.h"
#include "ctl/dict_file.h"
#include "ctl/dicts.h"
#include "ctl/opt.h"
#include "ctl/progress.h"
#include "ctl/sessions.h"

#define READ_ROWS     1000  /* asked for at a time */
#define FIELDS_MAX    16384 /* of one message */
#define LIMIT_DEFAULT 50    /* rows listed */

/* Messages rejected for one reason and tag. */
struct tally {
	struct dict_reject rej;
	uint64_t n;
};

struct dry {
	struct ctl *c;
	struct dict *dict;   /* the new one */
	const char *session; /* NULL: all */
	struct sessions_info sessions;
	struct dicts *dicts;
	struct dict_scratch *scratch;
	struct fix_msg m;
	struct tally *tally;
	size_t ntally;
	uint64_t seen, tested, rejected, limit;
	struct buf list; /* the first rows */
	int err;
};

/* By which dictionaries a row is judged. */
struct judge {
	const struct dict *transport, *app;
	unsigned flags;
};

static bool
is_fixt(const struct dict *d)
{
	return strncmp(dict_version(d), "FIXT", 4) == 0;
}

/*
 * The new dictionary takes the place of one of the same version; asked for one
 * session before FIXT, of that, whatever the files call themselves.
 */
static bool
find_judge(struct dry *d, const struct dict *old, const struct session_info *s,
    struct judge *j)
{
	bool fixt = fix_is(&d->m, fix_find(&d->m, 8), "FIXT.1.1");

	*j = (struct judge){ d->dict, d->dict,
	    s != NULL ? s->flags : DICT_FLAGS_DEFAULT };
	if (is_fixt(d->dict)) {
		if (old != NULL && !is_fixt(old))
			j->app = old;
		return fixt;
	}
	if (old == NULL)
		return !fixt && fix_is(&d->m, fix_find(&d->m, 8),
		    dict_version(d->dict));
	if (!fixt)
		return d->session != NULL ||
		    strcmp(dict_version(old), dict_version(d->dict)) == 0;
	if (s != NULL && s->transport != 0)
		j->transport = dicts_get(d->dicts, s->transport);
	return j->transport != NULL &&
	    strcmp(dict_version(old), dict_version(d->dict)) == 0;
}

static void
count(struct dry *d, const struct dict_reject *rej)
{
	struct tally *t;
	size_t i;

	for (i = 0; i < d->ntally; i++) {
		t = &d->tally[i];
		if (t->rej.reason == rej->reason && t->rej.tag == rej->tag) {
			t->n++;
			return;
		}
	}
	t = realloc(d->tally, (d->ntally + 1) * sizeof(*t));
	if (t == NULL) {
		d->err = FG_ENOMEM;
		return;
	}
	d->tally = t;
	d->tally[d->ntally++] = (struct tally){ *rej, 1 };
}

/* "Required tag missing: 54 Side" */
static int
put_reason(struct dry *d, struct buf *to, const struct dict_reject *rej)
{
	const struct dict_field *f;
	int err;

	err = buf_puts(to, fix_reject_text(rej->reason));
	if (err != 0 || rej->tag == DICT_NO_TAG)
		return err;
	f = dict_field_by_tag(d->dict, rej->tag);
	return buf_printf(to, ": %" PRId32 "%s%s", rej->tag,
	    f == NULL ? "" : " ", f == NULL ? "" : f->name);
}

static void
list(struct dry *d, const struct row *r, const char *name,
    const struct dict_reject *rej)
{
	const struct fix_field *type = fix_find(&d->m, 35);

	if (d->rejected > d->limit || d->err != 0)
		return;
	d->err = buf_printf(&d->list, "%12" PRIu64 "  %-20s %-3.*s ",
	    row_number(r, "RX_SEQUENCE"), name,
	    type == NULL ? 1 : (int)type->len,
	    type == NULL ? "?" : fix_value(&d->m, type));
	if (d->err == 0)
		d->err = put_reason(d, &d->list, rej);
	if (d->err == 0)
		d->err = buf_puts(&d->list, "\n");
}

/* Data fields may be others than they were: the fields are split anew. */
static bool
passes(struct dry *d, const struct judge *j, const char *p, size_t n,
    struct dict_reject *rej)
{
	*rej = (struct dict_reject){ FIX_REJECT_OTHER, DICT_NO_TAG };
	return fix_parse(&d->m, p, n, dict_lens(j->app)) == 0 &&
	    dict_validate(j->transport, j->app, j->flags, &d->m, d->scratch,
	    rej);
}

static void
test_row(struct dry *d, const struct row *r)
{
	char name[256] = "?";
	const struct dict *old;
	struct dict_reject rej;
	struct judge j;
	const char *p;
	size_t n;

	d->seen++;
	if (link_get_str(row_get(r, "CONNECTION_NAME"), &p, &n) &&
	    n < sizeof(name)) {
		memcpy(name, p, n);
		name[n] = '\0';
	}
	if (!link_get_str(row_get(r, "FIX_DATA"), &p, &n))
		return;
	old = dicts_get(d->dicts, (uint32_t)row_number(r, "DICT_ID"));
	fix_parse(&d->m, p, n, dict_lens(old != NULL ? old : d->dict));
	if (!find_judge(d, old, sessions_find(&d->sessions, name), &j))
		return;
	d->tested++;
	if (passes(d, &j, p, n, &rej))
		return;
	d->rejected++;
	count(d, &rej);
	list(d, r, name, &rej);
}

/* What a READ gave. */
struct page {
	uint64_t upto, visible;
	const struct link_val *columns, *rows;
};

static int
read_page(struct dry *d, const char *session, uint64_t after,
    uint64_t max_rows, struct page *page)
{
	struct link_out *o;
	struct link_msg m;
	int code;

	o = wire_begin(d->c->wire, "READ", NULL);
	link_map(o, session == NULL ? 3 : 4);
	link_key_str(o, "TABLE", "FIX_IN");
	link_key_u64(o, "AFTER", after);
	link_key_u64(o, "MAX_ROWS", max_rows);
	if (session != NULL)
		link_key_str(o, "SESSION", session);
	code = ctl_ask(d->c, "ROWS", &m);
	if (code != CTL_OK)
		return code;
	page->upto = link_find_u64(m.details, "UPTO", after);
	page->visible = link_find_u64(m.details, "VISIBLE", 0);
	page->columns = link_find(m.details, "COLUMNS");
	page->rows = link_find(m.details, "ROWS");
	return CTL_OK;
}

/* The first row of the page is before the time. */
static bool
is_before(const struct page *page, wall_t since)
{
	struct row r = { .columns = page->columns };
	int64_t time = INT64_MAX;

	if (page->rows == NULL || link_count(page->rows) == 0)
		return false;
	r.values = link_at(page->rows, 0);
	link_get_i64(row_get(&r, "TIMESTAMP"), &time);
	return time < since.ns;
}

/* The last row before the time: rows stand in the order of their arrival. */
static int
find_since(struct dry *d, wall_t since, uint64_t *after)
{
	struct page page;
	uint64_t lo = 0, hi, mid;
	int code;

	code = read_page(d, NULL, 0, 1, &page);
	hi = code == CTL_OK ? page.visible : 0;
	while (code == CTL_OK && lo < hi) {
		mid = lo + (hi - lo) / 2;
		code = read_page(d, NULL, mid, 1, &page);
		if (code == CTL_OK && is_before(&page, since))
			lo = mid + 1;
		else
			hi = mid;
	}
	*after = lo;
	return code;
}

static int
test_from(struct dry *d, uint64_t after)
{
	struct page page = { .upto = after };
	uint64_t first = after;
	struct row r;
	size_t i;
	int code;

	do {
		after = page.upto;
		code = read_page(d, d->session, after, READ_ROWS, &page);
		if (code != CTL_OK)
			return code;
		if (after == first)
			progress_begin("dict dry-run", "rows",
			    page.visible - first);
		r.columns = page.columns;
		for (i = 0; page.rows != NULL && i < link_count(page.rows);
		    i++) {
			r.values = link_at(page.rows, i);
			test_row(d, &r);
		}
		progress_at(page.upto - first);
	} while (page.upto > after && page.upto < page.visible && d->err == 0);
	progress_end();
	return CTL_OK;
}

static int
by_count(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;

	return (x->n < y->n) - (x->n > y->n);
}

static void
report(struct dry *d)
{
	struct buf line = { 0 };
	size_t i;

	printf("%" PRIu64 " of %" PRIu64 " messages would be rejected",
	    d->rejected, d->tested);
	if (d->seen > d->tested)
		printf("; %" PRIu64 " of other versions were not looked at",
		    d->seen - d->tested);
	printf("\n");
	if (d->rejected == 0)
		return;
	qsort(d->tally, d->ntally, sizeof(*d->tally), by_count);
	for (i = 0; i < d->ntally && d->err == 0; i++) {
		line.len = 0;
		d->err = put_reason(d, &line, &d->tally[i].rej);
		printf("%12" PRIu64 "  %.*s\n", d->tally[i].n, (int)line.len,
		    line.p);
	}
	buf_free(&line);
	printf(" RX_SEQUENCE  SESSION              TYPE\n%.*s",
	    (int)d->list.len, d->list.p == NULL ? "" : d->list.p);
	if (d->rejected > d->limit)
		printf("(%" PRIu64 " more: --limit N lists them)\n",
		    d->rejected - d->limit);
}

static int
test_all(struct dry *d, wall_t since, uint64_t after)
{
	int code;

	code = sessions_ask(d->c, &d->sessions);
	if (code == CTL_OK && since.ns != 0)
		code = find_since(d, since, &after);
	if (code == CTL_OK)
		code = test_from(d, after);
	if (code == CTL_OK && d->err == 0)
		report(d);
	if (code == CTL_OK && d->err != 0) {
		ctl_complain("%s", fg_strerror(d->err));
		code = CTL_NO_GATEWAY;
	}
	return code != CTL_OK ? code : d->rejected > 0 ? CTL_USAGE : CTL_OK;
}

static int
run(struct dry *d, const char *path, wall_t since, uint64_t after)
{
	int code = CTL_REFUSED;

	d->dict = dict_file_load(path, NULL);
	if (d->dict == NULL)
		return CTL_REFUSED;
	d->dicts = dicts_new(d->c->socket);
	d->scratch = dict_scratch_new();
	d->m.cap = FIELDS_MAX;
	d->m.field = calloc(d->m.cap, sizeof(*d->m.field));
	if (d->dicts == NULL || d->scratch == NULL || d->m.field == NULL)
		ctl_complain("%s", fg_strerror(FG_ENOMEM));
	else
		code = ctl_connect(d->c);
	if (code == CTL_OK)
		code = test_all(d, since, after);
	free(d->m.field);
	free(d->tally);
	buf_free(&d->list);
	sessions_free(&d->sessions);
	dict_scratch_free(d->scratch);
	dicts_free(d->dicts);
	dict_free(d->dict);
	return code;
}

int
cmd_dict_dry_run(struct ctl *c, int argc, char **argv)
{
	struct dry d = { .c = c };
	struct opt_number after = { 0 }, limit = { .v = LIMIT_DEFAULT };
	const char *since = NULL, *why = NULL;
	const struct opt opts[] = { { "--session", OPT_TEXT, &d.session },
		{ "--since", OPT_TEXT, &since },
		{ "--after", OPT_NUMBER, &after },
		{ "--limit", OPT_NUMBER, &limit } };
	char err[OPT_ERR_MAX];
	wall_t from = { 0 };

	argc = opt_parse(opts, sizeof(opts) / sizeof(opts[0]), argc, argv, err);
	if (argc != 1)
		why = argc == -1 ? err : "one FILE is needed";
	else if (since != NULL && after.given)
		why = "--since or --after, not both";
	else if (since != NULL && wall_parse(since, strlen(since), &from) != 0)
		why = "--since needs a time, as 20260105-09:00:00";
	if (why != NULL)
		return ctl_usage("dict dry-run", why);
	d.limit = limit.v;
	return run(&d, argv[0], from, after.v);
}
