/*
 * verify_index.c: the resend index against the blocks of FIX_OUT: each block
 * has a record for each session and epoch in it, and nothing else has one. What
 * the blocks ask for is sorted as the index is, and both are gone through side
 * by side; of a large segment in parts, so that the memory has a bound.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/impl.h"
#include "store/verify_int.h"

#define INDEX     "FIX_OUT_INDEX"
#define KEY       16 /* session 4, epoch 4, first MsgSeqNum 8 */
#define VALUE     16 /* last MsgSeqNum 8, key of the block 8 */
#define PART      (1u << 18) /* records compared at once */
#define FILE_BYTES 64

/* What the index has to have. */
struct want {
	unsigned char key[KEY], value[VALUE];
	uint64_t row; /* the first of the block that it is about */
};

struct verify_index {
	struct block_pack pack; /* of one block */
	uint64_t rows[BLOCK_ROWS_MAX]; /* where its ranges begin */
	struct buf want;
	uint64_t seg, next_seg; /* of the blocks; the first not looked at yet */
	uint64_t from, to;      /* blocks that want is of */
	uint64_t last;          /* of the table, for now */
};

static uint64_t
get64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

static uint32_t
get32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static void
put64(unsigned char *p, uint64_t v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof(v));
}

static void
put32(unsigned char *p, uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof(v));
}

/* ---- a segment ---- */

struct compare {
	struct verify *v;
	const struct verify_index *x;
	const struct want *at, *end;
	bool bad; /* it was said */
};

static int
say(struct compare *c, uint64_t row, const char *what,
    const unsigned char key[KEY])
{
	verify_say_bad(c->v, INDEX, row, "%s: MsgSeqNum %llu and following of "
	    "session %lu, epoch %lu", what,
	    (unsigned long long)get64(key + 8), (unsigned long)get32(key),
	    (unsigned long)get32(key + 4));
	c->bad = true;
	return 1;
}

static int
take_record(void *arg, const void *key, size_t klen, const void *value,
    size_t len)
{
	struct compare *c = arg;
	uint64_t block = 0;
	int order;

	if (klen != KEY) {
		verify_say_bad(c->v, INDEX, c->x->seg, "inserted: a record "
		    "that is none");
		c->bad = true;
		return 1;
	}
	order = c->at == c->end ? 1 : memcmp(c->at->key, key, KEY);
	if (len == VALUE)
		block = get64((const unsigned char *)value + 8);
	/* Of another part, or younger than what is looked at. */
	if (order != 0 && len == VALUE && (block < c->x->from ||
	    block > c->x->to))
		return 0;
	if (order < 0)
		return say(c, c->at->row, "missing", c->at->key);
	if (order > 0)
		return say(c, block != 0 ? block : c->x->seg, "inserted", key);
	if (len != VALUE || memcmp(c->at->value, value, VALUE) != 0)
		return say(c, c->at->row, "changed", key);
	c->at++;
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	return memcmp(a, b, KEY);
}

/* The index of a segment against want, which is empty then. 0 or FG_E*. */
static int
compare(struct verify *v, struct verify_index *x, uint64_t seg)
{
	struct compare c = { .v = v, .x = x };
	struct block_source *s = v->src;
	size_t n = x->want.len / sizeof(struct want);
	char file[FILE_BYTES];
	int rc;

	snprintf(file, sizeof(file), INDEX ".%020llu", (unsigned long long)seg);
	if (n != 0)
		qsort(x->want.p, n, sizeof(struct want), by_key);
	c.at = (const struct want *)(const void *)x->want.p;
	c.end = n == 0 ? c.at : c.at + n;
	s->why[0] = '\0';
	rc = s->ops->records(s, file, take_record, &c);
	if (rc == 0 && c.at != c.end)
		say(&c, c.at->row, "missing", c.at->key);
	else if (rc == FG_ENOENT && n != 0)
		verify_say_bad(v, INDEX, c.at->row, "missing: %s is not there",
		    file);
	else if (rc < 0 && rc != FG_ENOMEM && rc != FG_ENOENT)
		verify_say_bad(v, file, 0, "damaged: %s", s->why[0] == '\0'
		    ? fg_strerror(rc) : s->why);
	x->want.len = 0;
	return rc == FG_ENOMEM ? rc : 0;
}

/* Those of segments from next_seg on and before seg, which have no block. */
static int
compare_bare(struct verify *v, struct verify_index *x, uint64_t seg)
{
	struct block_source *s = v->src;
	uint64_t n;
	int err = 0;

	x->from = 0;
	x->to = x->last;
	while (err == 0 && (n = s->ops->next(s, INDEX, x->next_seg)) != 0 &&
	    n < seg) {
		x->seg = n;
		x->next_seg = n + 1;
		err = compare(v, x, n);
	}
	return err;
}

/* The blocks of a segment are at their end. */
static int
end_seg(struct verify *v, struct verify_index *x)
{
	if (x->seg == 0)
		return 0;
	x->to = x->last;
	x->next_seg = x->seg + 1;
	return compare(v, x, x->seg);
}

/* ---- blocks ---- */

/* Where a block's sessions begin. */
static int
add_wants(struct verify_index *x, const struct block_at *b)
{
	const struct block_range *g;
	struct block_rows rows;
	struct store_row row;
	struct want w;
	size_t i, had;
	int err = block_open(&rows, b->p, b->n);

	block_pack_clear(&x->pack);
	for (i = 0; err == 0 && i < rows.head.rows; i++) {
		err = block_row(&rows, (uint32_t)i, &row);
		had = x->pack.n_range;
		if (err == 0)
			err = block_pack_range(&x->pack, &row);
		if (err == 0 && x->pack.n_range != had &&
		    had < BLOCK_ROWS_MAX)
			x->rows[had] = b->key + i;
	}
	for (i = 0; i < x->pack.n_range && i < BLOCK_ROWS_MAX && err == 0;
	    i++) {
		g = &x->pack.range[i];
		put32(w.key, g->session);
		put32(w.key + 4, g->epoch);
		put64(w.key + 8, g->first);
		put64(w.value, g->last);
		put64(w.value + 8, b->key);
		w.row = x->rows[i];
		err = buf_add(&x->want, &w, sizeof(w));
	}
	return err;
}

int
verify_index_block(struct verify *v, const struct block_at *b)
{
	struct verify_index *x = v->index;
	int err = 0;

	if (x == NULL)
		return 0;
	if (b->seg != x->seg) {
		err = end_seg(v, x);
		if (err == 0)
			err = compare_bare(v, x, b->seg);
		/* An archive has ranges of its own. */
		x->seg = b->archived ? 0 : b->seg;
		x->from = 0;
	}
	if (err != 0 || b->archived)
		return err;
	if (x->want.len >= PART * sizeof(struct want)) {
		x->to = b->key - 1;
		err = compare(v, x, x->seg);
		x->from = b->key;
	}
	return err == 0 ? add_wants(x, b) : err;
}

int
verify_index_begin(struct verify *v, const struct source_table *t)
{
	if (t->number != STORE_FIX_OUT || v->src->ops->records == NULL ||
	    v->src->ops->next == NULL || v->unclean)
		return 0;
	v->index = calloc(1, sizeof(*v->index));
	if (v->index == NULL)
		return FG_ENOMEM;
	v->index->last = t->last;
	v->index->next_seg = 1;
	return 0;
}

int
verify_index_end(struct verify *v, bool whole)
{
	struct verify_index *x = v->index;
	int err = 0;

	if (x == NULL)
		return 0;
	if (whole)
		err = end_seg(v, x);
	if (whole && err == 0)
		err = compare_bare(v, x, UINT64_MAX);
	block_pack_free(&x->pack);
	buf_free(&x->want);
	free(x);
	v->index = NULL;
	return err;
}
