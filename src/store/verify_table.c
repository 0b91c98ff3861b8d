/* verify_table.c: the blocks of one table against its chain. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/archive.h"
#include "store/chain_file.h"
#include "store/verify_int.h"

#define PROGRESS_ROWS 4096
#define STOP    1 /* of a callback */
#define DAMAGED 2 /* the chain is; it was said */

struct walk {
	struct verify *v;
	const struct source_table *t;
	const struct head *head, *head_end; /* those of the table to come */
	bool began;        /* there was a block */
	bool bad;          /* the first bad row is said */
	bool forged;       /* so is the first head with a wrong signature */
	uint64_t damaged;  /* the file could not be read from this row on */

	/* The chain. */
	struct chain_reader r;
	bool open;         /* r is */
	bool no_more;      /* there is no further file of the chain */
	bool beyond;       /* the chain of an open store ended before a block:
	                    * what comes on it meanwhile is not looked at */
	uint64_t chain_at; /* the next file has this number at least */
	bool passed;       /* the files of what is deleted, before any block */
	struct chain_run run;
	uint32_t at;       /* the next one of run; rows: all are done */

	/* As read. */
	uint64_t seg, first_seg, first, last, commit;
	unsigned char h[CHAIN_HASH];
	uint64_t unchained; /* rows behind the end of the chain */
};

/* The first bad row; more would only follow from it. */
static int
bad_row(struct walk *w, uint64_t row, const char *text)
{
	char file[STORE_NAME_MAX + 40] = "";

	uint64_t seg = w->open && row >= w->r.header.first
	    ? w->r.header.first : w->seg;

	if (w->v->src->partial && seg != 0 && row >= seg)
		snprintf(file, sizeof(file), " (%s.%020llu" ARCHIVE_SUFFIX ")",
		    w->t->name, (unsigned long long)seg);
	verify_say_bad(w->v, w->t->name, row, "%s%s", text, file);
	w->bad = true;
	return STOP;
}

static int
bad_chain(struct walk *w, uint64_t row, const char *what)
{
	char text[200], name[STORE_NAME_MAX + 40];

	chain_file_name(name, sizeof(name), w->t->name, w->r.header.first);
	snprintf(text, sizeof(text), "the chain is bad: %s: %s", name, what);
	return bad_row(w, row, text);
}

/* ---- the chain ---- */

/* Is there one more row of the open file: 1, 0; or DAMAGED. */
static int
more_of_file(struct walk *w)
{
	bool skipped;
	int rc;

	if (w->beyond || !w->open)
		return 0;
	if (w->at < w->run.rows)
		return 1;
	rc = chain_read_run(&w->r, &w->run, &skipped);
	w->at = 0;
	if (rc == 1 && w->run.first <= w->t->last)
		return 1;
	w->run.rows = 0;
	if (rc == FG_EDAMAGED) {
		bad_chain(w, w->last + 1, "a run is damaged");
		return DAMAGED;
	}
	return 0; /* one that is not whole is torn: it is the end */
}

static uint64_t
expected(const struct walk *w)
{
	return w->run.first + w->run.behind[w->at];
}

/* The rows of the file were deleted: what is behind them goes on from there. 1
 * or DAMAGED. */
static int
pass_by(struct walk *w)
{
	const struct chain_header *h = &w->r.header;
	bool skipped;
	int rc;

	w->last = h->last;
	w->commit = h->commit;
	memcpy(w->h, h->hash, CHAIN_HASH);
	while ((rc = chain_read_run(&w->r, &w->run, &skipped)) == 1) {
		w->last = w->run.last;
		w->commit = w->run.commit;
		memcpy(w->h, w->run.hash, CHAIN_HASH);
	}
	w->run.rows = 0;
	w->passed = true;
	if (w->commit > w->v->floor)
		w->v->floor = w->commit;
	if (w->commit > w->v->last_commit)
		w->v->last_commit = w->commit;
	if (rc != FG_EDAMAGED)
		return 1;
	bad_chain(w, w->last + 1, "a run is damaged");
	return DAMAGED;
}

/* Open the next file: 1, 0: there is none, or DAMAGED. */
static int
next_file(struct walk *w)
{
	uint64_t seg;
	FILE *f = w->v->src->ops->chain(w->v->src, w->t, w->chain_at, &seg);
	int err;

	if (w->open)
		chain_reader_close(&w->r);
	w->open = false;
	if (f == NULL)
		return 0;
	w->chain_at = seg + 1;
	err = chain_reader_open(&w->r, f);
	w->open = true;
	w->run.rows = w->at = 0;
	if (err == FG_EPARTIAL) /* made, and not yet used */
		return 0;
	if (err != 0 || w->r.header.first != seg) {
		w->r.header.first = seg;
		bad_chain(w, w->last + 1, err == FG_EFORMAT
		    ? "is of a newer format" : "its head is damaged");
		return DAMAGED;
	}
	if (w->began || seg > w->t->gone)
		return 1;
	err = pass_by(w);
	return err == 1 ? next_file(w) : err;
}

/* Does the file go on from where we are? 0 or STOP. */
static int
check_header(struct walk *w)
{
	static const unsigned char zero[CHAIN_HASH];
	const struct chain_header *h = &w->r.header;
	const struct block_source *s = w->v->src;

	if (h->table != w->t->number || strcmp(h->name, w->t->name) != 0)
		return bad_chain(w, w->last + 1, "is of another table");
	if (s->uuid[0] != '\0' && strcmp(h->uuid, s->uuid) != 0) {
		if (!w->v->is_other)
			verify_say_bad(w->v, "META", 0, "names another store "
			    "than the chain, which is that of %s", h->uuid);
		w->v->is_other = true;
		return bad_chain(w, w->last + 1, "is of another store");
	}
	if (w->t->incarnation != 0 && h->incarnation != w->t->incarnation)
		return bad_chain(w, w->last + 1, "is of another store");
	if (!w->began && !w->passed) {
		if (h->last == 0 && memcmp(h->hash, zero, CHAIN_HASH) != 0)
			return bad_chain(w, 1, "does not begin at 0");
		w->last = h->last;
		w->commit = h->commit;
		memcpy(w->h, h->hash, CHAIN_HASH);
		if (h->last != 0 && h->commit > w->v->floor)
			w->v->floor = h->commit;
		return 0;
	}
	if (h->last > w->last)
		return bad_row(w, w->last + 1, "missing");
	if (h->last != w->last || memcmp(h->hash, w->h, CHAIN_HASH) != 0)
		return bad_chain(w, w->last + 1,
		    "does not go on from the one before");
	return 0;
}

/* Blocks of another segment begin: 0 or STOP. */
static int
enter(struct walk *w, const struct block_at *b)
{
	int rc;

	rc = more_of_file(w);
	if (rc != 0)
		return rc == 1 ? bad_row(w, expected(w), "missing") : STOP;
	w->v->r->segments++;
	w->seg = b->seg;
	do {
		rc = w->no_more || w->beyond ? 0 : next_file(w);
		if (rc == DAMAGED || (rc == 1 && check_header(w) != 0))
			return STOP;
		if (rc == 0) {
			w->no_more = true;
			w->beyond = w->v->cfg->open;
			return 0;
		}
		if (w->r.header.first > b->seg) {
			/* Not the one that belongs to these blocks. */
			return bad_chain(w, b->key,
			    "comes too late: one before it is missing");
		}
		rc = w->r.header.first == b->seg ? 0 : more_of_file(w);
		if (rc != 0)
			return rc == 1 ? bad_row(w, expected(w), "missing")
			    : STOP;
	} while (w->r.header.first != b->seg);
	return 0;
}

/* ---- heads ---- */

/* Those of the table, from the array that is sorted by table. */
static void
find_heads(struct walk *w)
{
	const struct heads *hs = w->v->cfg->heads;
	size_t i = 0, end;

	if (hs == NULL || hs->n == 0)
		return;
	while (i < hs->n && strcmp(hs->v[i].table, w->t->name) < 0)
		i++;
	for (end = i; end < hs->n && strcmp(hs->v[end].table, w->t->name) ==
	    0; end++)
		;
	w->head = hs->v + i;
	w->head_end = hs->v + end;
}

/* After a restore the store has another name; its old heads are not for it. */
static bool
is_ours(const struct walk *w, const struct head *h)
{
	const struct block_source *s = w->v->src;
	size_t i;

	for (i = 0; i + sizeof(h->uuid) <= s->uuids.len; i += sizeof(h->uuid))
		if (strcmp(s->uuids.p + i, h->uuid) == 0)
			return true;
	return s->uuids.len == 0 && (s->uuid[0] == '\0' || strcmp(s->uuid,
	    h->uuid) == 0);
}

static int
bad_head(struct walk *w, const struct head *h, uint64_t row, const char *what)
{
	char text[200], when[WALL_TEXT_MAX + 1];

	when[wall_format(when, h->time, 3)] = '\0';
	snprintf(text, sizeof(text), "%s: the head of %s says row %llu", what,
	    when, (unsigned long long)h->seq);
	return bad_row(w, row, text);
}

/* It proves nothing then, and the rows are still to be looked at. */
static void
bad_signature(struct walk *w, const struct head *h)
{
	char when[WALL_TEXT_MAX + 1];

	when[wall_format(when, h->time, 3)] = '\0';
	if (!w->forged)
		verify_say_bad(w->v, w->t->name, h->seq, "a head's signature "
		    "is wrong: the head of %s", when);
	w->forged = true;
}

/* Heads up to the last row read: 0 or STOP. */
static int
check_heads(struct walk *w)
{
	struct verify_result *r = w->v->r;
	const struct head *h;
	bool counts;

	for (; w->head != w->head_end && w->head->seq <= w->last; w->head++) {
		h = w->head;
		/* Older ones are about rows that are not kept any more. */
		if (h->seq < w->first || !is_ours(w, h))
			continue;
		if (w->v->cfg->has_key && h->has_signature && !h->good) {
			bad_signature(w, h);
			continue;
		}
		if (h->seq != w->last || memcmp(h->hash, w->h, CHAIN_HASH) != 0
		    || h->commit != w->commit)
			return bad_head(w, h, h->seq,
			    "not what it was when it was signed");
		counts = !w->v->cfg->has_key || h->good;
		r->heads += counts;
		if (counts && h->time.ns > r->head.time.ns) {
			r->head = *h;
			r->signed_head = w->v->cfg->has_key;
		}
	}
	return 0;
}

/* ---- blocks ---- */

/* Rows behind the end of the chain can only be looked at. 0 or STOP. */
static int
check_alone(struct walk *w, const struct block_at *b)
{
	struct block_rows rows;
	struct store_row row;
	uint32_t i;

	if (block_open(&rows, b->p, b->n) != 0 ||
	    rows.head.table != w->t->number || rows.head.first != b->key)
		return bad_row(w, b->key, "changed: no block of this place");
	for (i = 0; i < rows.head.rows; i++)
		if (block_row(&rows, i, &row) != 0)
			return bad_row(w, b->key + i, "changed: no row");
	if (w->t->number != BLOCK_TABLE_STATE && w->began) {
		if (b->key > w->last + 1)
			return bad_row(w, w->last + 1, "missing");
		if (b->key <= w->last)
			return bad_row(w, b->key,
			    "inserted: its number is taken");
	}
	return w->v->closed == NULL ? 0 : bad_row(w, b->key,
	    "inserted: the chain ends before it, and the store was closed");
}

/* Each row against the checks of the chain; *alone: it is not in it. */
static int
check_rows(struct walk *w, const struct block_at *b, bool *alone)
{
	uint32_t check[BLOCK_ROWS_MAX];
	size_t i, n = chain_checks(check, b->key, b->p, b->n);
	uint64_t seq = b->key;
	int rc;

	*alone = false;
	for (i = 0; i < n; i++, seq++) {
		rc = more_of_file(w);
		if (rc == DAMAGED)
			return STOP;
		if (rc == 0) {
			/* All of a block is in the chain, or nothing. */
			if (i != 0)
				return bad_row(w, seq, "inserted");
			*alone = true;
			w->beyond = w->v->cfg->open;
			return 0;
		}
		if (expected(w) < seq)
			return bad_row(w, expected(w), "missing");
		if (expected(w) > seq)
			return bad_row(w, seq, "inserted");
		if (w->run.check[w->at] != check[i])
			return bad_row(w, seq, "changed");
		w->at++;
	}
	return 0;
}

/* The hash at the end of a run. 0 or STOP. */
static int
check_run(struct walk *w)
{
	char text[100];

	if (!w->open || w->run.rows == 0 || w->at < w->run.rows ||
	    w->no_more)
		return 0;
	if (w->run.last == w->last && w->run.commit == w->commit &&
	    memcmp(w->run.hash, w->h, CHAIN_HASH) == 0)
		return 0;
	snprintf(text, sizeof(text), "changed: rows %llu to %llu have another "
	    "hash", (unsigned long long)w->run.first,
	    (unsigned long long)w->run.last);
	return bad_row(w, w->run.first, text);
}

static int
count(struct walk *w, const struct block_at *b, uint32_t rows)
{
	struct verify_result *r = w->v->r;
	uint64_t before = r->rows / PROGRESS_ROWS;

	r->rows += rows == 0 ? 1 : rows;
	r->bytes += b->n;
	if (r->rows / PROGRESS_ROWS != before && w->v->cfg->at != NULL)
		w->v->cancelled = w->v->cfg->at(w->v->cfg->arg, r->rows);
	return w->v->cancelled ? STOP : 0;
}

static int
on_block(void *arg, const struct block_at *b)
{
	struct walk *w = arg;
	struct block_head h;
	bool alone;
	int rc;

	if (b->damaged && w->damaged == 0)
		w->damaged = b->key;
	if ((!w->began || b->seg != w->seg) && enter(w, b) != 0)
		return STOP;
	if (check_rows(w, b, &alone) != 0 || (alone && check_alone(w, b) != 0))
		return STOP;
	if (block_head(b->p, b->n, &h) != 0)
		return bad_row(w, b->key, "changed: no block");
	if (h.len != b->n)
		return bad_row(w, b->key + (h.rows == 0 ? 0 : h.rows - 1),
		    "changed: longer or shorter than it was");
	if (w->began && h.commit < w->commit)
		return bad_row(w, b->key, "changed: of an older commit than "
		    "the row before");
	rc = chain_hash_block(w->v->hash, w->h, b->key, b->p, b->n);
	if (rc != 0)
		return rc;
	if (!w->began) {
		w->first = b->key;
		w->first_seg = b->seg;
	}
	w->began = true;
	w->last = h.rows == 0 ? b->key : b->key + h.rows - 1;
	w->commit = h.commit;
	if (alone)
		w->unchained += h.rows == 0 ? 1 : h.rows;
	else if (check_run(w) != 0)
		return STOP;
	if (check_heads(w) != 0)
		return STOP;
	rc = verify_rest_block(w->v, b);
	if (rc == 0)
		rc = verify_index_block(w->v, b);
	return rc != 0 ? rc : count(w, b, h.rows);
}

/* Nothing of the chain may be left, nor a head. */
static void
check_end(struct walk *w)
{
	int rc = more_of_file(w);

	while (rc == 0 && !w->no_more && !w->beyond && (rc = next_file(w)) == 1) {
		if (!w->began && !w->passed)
			w->last = w->r.header.last;
		rc = more_of_file(w);
		if (rc == 0 && w->r.header.first > w->t->last)
			break;
	}
	while (w->head != w->head_end && (!is_ours(w, w->head) ||
	    (w->passed && !w->began && w->head->seq <= w->last)))
		w->head++;
	if (rc == 1 && expected(w) <= w->t->last)
		bad_row(w, expected(w), w->v->unclean ? "missing, or only in "
		    "the log: the store was not closed" : "missing");
	else if (rc != DAMAGED && w->head != w->head_end &&
	    (!w->v->src->partial || w->head->seq <= w->t->last))
		bad_head(w, w->head, w->last + 1, "missing");
}

/* Nothing is missing before the first row, but for what META says. */
static void
check_begin(struct walk *w)
{
	const struct source_table *t = w->t;

	if (w->v->src->partial || !w->v->has_meta)
		return;
	if (t->kept > t->gone && (!w->began || w->first_seg > t->kept))
		bad_row(w, t->kept, "missing: META says that it is archived");
	else if (w->began && w->first > 1 && t->gone == 0 &&
	    t->number != BLOCK_TABLE_STATE)
		bad_row(w, 1, "missing: META does not say that it was deleted");
}

int
verify_table(struct verify *v, const struct source_table *t)
{
	struct walk w = { .v = v, .t = t };
	char text[STORE_ERR_MAX + 100];
	bool damaged = false;
	int rc, err;

	find_heads(&w);
	v->src->why[0] = '\0';
	rc = verify_index_begin(v, t);
	if (rc == 0)
		rc = v->src->ops->blocks(v->src, t, 1, t->last, on_block, &w);
	if (rc < 0 && rc != FG_ENOMEM && !v->cancelled && !w.bad) {
		snprintf(text, sizeof(text), "damaged: %s",
		    v->src->why[0] == '\0' ? fg_strerror(rc) : v->src->why);
		rc = 0;
		damaged = true;
		if (more_of_file(&w) == 1)
			bad_row(&w, expected(&w), text);
	}
	if (rc == 0 && !w.bad && !v->cancelled)
		check_end(&w);
	if (rc == 0 && !w.bad && !v->cancelled)
		check_begin(&w);
	/* The rows are what they were, as far as they could be read. */
	if (damaged && !w.bad)
		bad_row(&w, w.damaged, text);
	if (w.open)
		chain_reader_close(&w.r);
	err = verify_index_end(v, rc == 0 && !w.bad && !v->cancelled);
	if (rc == 0)
		rc = err;
	if (w.began)
		v->r->tables++;
	v->r->unchained += w.unchained;
	if (v->src->partial && w.first > 1)
		verify_note(v, "%s: begins with row %llu: those before are not "
		    "here", t->name, (unsigned long long)w.first);
	if (w.unchained != 0 && !w.bad)
		verify_note(v, "%s: the last %llu rows (to row %llu) are "
		    "behind the end of the chain", t->name,
		    (unsigned long long)w.unchained,
		    (unsigned long long)w.last);
	return rc < 0 ? rc : 0;
}
