/*
 * block.c: a block, as it lies in a table's segment. The key is the sequence of
 * its first row, 8 bytes; all numbers are big-endian.
 *
 *	 0       1       2               4                              8
 *	+-------+-------+---------------+------------------------------+
 *	|version| table | 0             | number of rows               |
 *	+-------+-------+---------------+------------------------------+
 *	| commit number                                                | 8
 *	+------------------------------+-------------------------------+
 *	| number of states             | length of the whole block     | 16
 *	+------------------------------+-------------------------------+
 *	| sequence of the first row (the key again)                    | 24
 *	+--------------------------------------------------------------+
 *	| states, 40 bytes each:                                       | 32
 *	|   session 4, epoch 4, next in 8, next out 8, pending 8,      |
 *	|   created 8; of a mark: id 4, part 4, sequence 8, token 8,   |
 *	|   flags 8, time 8                                            |
 *	+--------------------------------------------------------------+
 *	| ends, 4 bytes for each row: where it ends, counted from      |
 *	| the start of the first                                       |
 *	+--------------------------------------------------------------+
 *	| rows, each:                                                  |
 *	|   session 4, epoch 4, MsgSeqNum 8, time 8, flags 2, code 2,  |
 *	|   dict 4, [a 8, b 8, if flags has bit 15], data              |
 *	+--------------------------------------------------------------+
 *
 * The states of a commit are in one of its blocks, so they are there exactly
 * if its rows are; a reader of heads gets them without the rows.
 */
#include "store/block.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define BLOCK_VERSION 1
#define BLOCK_ROW     32       /* bytes before a and b */
#define BLOCK_AB      16       /* bytes of a and b */
#define BLOCK_HAS_AB  0x8000u  /* in the flags */
#define BLOCK_END     4        /* bytes of one end */
#define BLOCK_ROW_MAX (64u << 20) /* bytes of data of one row */

static char *
put16(char *p, uint16_t v)
{
	v = htobe16(v);
	memcpy(p, &v, sizeof(v));
	return p + sizeof(v);
}

static char *
put32(char *p, uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof(v));
	return p + sizeof(v);
}

static char *
put64(char *p, uint64_t v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof(v));
	return p + sizeof(v);
}

static uint16_t
get16(const char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return be16toh(v);
}

static uint32_t
get32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static uint64_t
get64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

int
block_pack_add(struct block_pack *b, const struct store_row *row)
{
	bool ab = row->a != 0 || row->b != 0;
	size_t n = BLOCK_ROW + (ab ? BLOCK_AB : 0) + row->len;
	char *p;

	if (row->len > BLOCK_ROW_MAX)
		return FG_ELIMIT;
	if (buf_reserve(&b->bytes, n) != 0)
		return FG_ENOMEM;
	p = b->bytes.p + b->bytes.len;
	p = put32(p, row->session);
	p = put32(p, row->epoch);
	p = put64(p, row->msg_seq_num);
	p = put64(p, (uint64_t)row->time.ns);
	p = put16(p, (uint16_t)(row->flags | (ab ? BLOCK_HAS_AB : 0)));
	p = put16(p, row->code);
	p = put32(p, row->dict);
	if (ab) {
		p = put64(p, row->a);
		p = put64(p, row->b);
	}
	if (row->len != 0)
		memcpy(p, row->data, row->len);
	b->bytes.len += n;
	b->end[b->rows++] = (uint32_t)b->bytes.len;
	return 0;
}

bool
block_pack_full(const struct block_pack *b, const struct store_row *next)
{
	if (b->rows == 0)
		return false;
	return b->rows == BLOCK_ROWS_MAX
	    || b->bytes.len + BLOCK_ROW + next->len > BLOCK_BYTES_MAX;
}

int
block_pack_range(struct block_pack *b, const struct store_row *row)
{
	struct block_range *r;
	size_t i, cap;

	for (i = b->n_range; i-- > 0;) {
		r = &b->range[i];
		if (r->session != row->session || r->epoch != row->epoch)
			continue;
		if (row->msg_seq_num < r->first)
			r->first = row->msg_seq_num;
		if (row->msg_seq_num > r->last)
			r->last = row->msg_seq_num;
		return 0;
	}
	if (b->n_range == b->cap_range) {
		cap = b->cap_range == 0 ? 4 : b->cap_range * 2;
		r = realloc(b->range, cap * sizeof(*r));
		if (r == NULL)
			return FG_ENOMEM;
		b->range = r;
		b->cap_range = cap;
	}
	b->range[b->n_range++] = (struct block_range){
		.session = row->session, .epoch = row->epoch,
		.first = row->msg_seq_num, .last = row->msg_seq_num,
	};
	return 0;
}

void
block_pack_clear(struct block_pack *b)
{
	b->rows = 0;
	b->bytes.len = 0;
	b->n_range = 0;
}

void
block_pack_free(struct block_pack *b)
{
	buf_free(&b->bytes);
	free(b->range);
	*b = (struct block_pack){ 0 };
}

static char *
put_state(char *p, const struct store_state *s)
{
	p = put32(p, s->session);
	p = put32(p, s->epoch);
	p = put64(p, s->next_in);
	p = put64(p, s->next_out);
	p = put64(p, s->pending);
	return put64(p, (uint64_t)s->created.ns);
}

struct store_block *
block_finish(struct block_pack *k, unsigned table, uint64_t first,
    uint64_t commit, const struct store_state *state, size_t n_state)
{
	struct store_block *b;
	size_t i, len;
	char *p;

	len = BLOCK_HEAD + n_state * BLOCK_STATE + k->rows * BLOCK_END
	    + k->bytes.len;
	b = malloc(sizeof(*b) + len);
	if (b == NULL)
		return NULL;
	*b = (struct store_block){ .refs = 1, .table = table,
		.rows = k->rows, .first = first, .commit = commit,
		.range = k->range, .n_range = k->n_range, .len = len };
	k->range = NULL;
	k->n_range = k->cap_range = 0;
	for (i = 0; i < b->n_range; i++)
		b->range[i].block = b;
	p = b->bytes;
	*p++ = BLOCK_VERSION;
	*p++ = (char)table;
	p = put16(p, 0);
	p = put32(p, k->rows);
	p = put64(p, commit);
	p = put32(p, (uint32_t)n_state);
	p = put32(p, (uint32_t)len);
	p = put64(p, first);
	for (i = 0; i < n_state; i++)
		p = put_state(p, &state[i]);
	for (i = 0; i < k->rows; i++)
		p = put32(p, k->end[i]);
	if (k->bytes.len != 0)
		memcpy(p, k->bytes.p, k->bytes.len);
	block_pack_clear(k);
	return b;
}

struct store_block *
block_ref(struct store_block *b)
{
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	return b;
}

void
block_unref(struct store_block *b)
{
	if (b == NULL || atomic_fetch_sub_explicit(&b->refs, 1,
	    memory_order_acq_rel) != 1)
		return;
	free(b->range);
	free(b);
}

int
block_head(const void *v, size_t n, struct block_head *h)
{
	const char *p = v;

	if (n < BLOCK_HEAD)
		return FG_EDAMAGED;
	if ((unsigned char)p[0] != BLOCK_VERSION)
		return p[0] == 0 ? FG_EDAMAGED : FG_EFORMAT;
	h->table = (unsigned char)p[1];
	h->rows = get32(p + 4);
	h->commit = get64(p + 8);
	h->states = get32(p + 16);
	h->len = get32(p + 20);
	h->first = get64(p + 24);
	if (h->rows > BLOCK_ROWS_MAX || h->commit == 0
	    || (uint64_t)h->states * BLOCK_STATE + h->rows * BLOCK_END
	        + BLOCK_HEAD > h->len)
		return FG_EDAMAGED;
	return 0;
}

void
block_state(const void *v, uint32_t i, struct store_state *s)
{
	const char *p = (const char *)v + BLOCK_HEAD + (size_t)i * BLOCK_STATE;

	s->session = get32(p);
	s->epoch = get32(p + 4);
	s->next_in = get64(p + 8);
	s->next_out = get64(p + 16);
	s->pending = get64(p + 24);
	s->created.ns = (int64_t)get64(p + 32);
}

int
block_open(struct block_rows *r, const void *p, size_t n)
{
	int err = block_head(p, n, &r->head);

	if (err != 0)
		return err;
	if (r->head.len != n)
		return FG_EDAMAGED;
	r->end = (const char *)p + BLOCK_HEAD
	    + (size_t)r->head.states * BLOCK_STATE;
	r->rows = r->end + (size_t)r->head.rows * BLOCK_END;
	r->len = (size_t)((const char *)p + n - r->rows);
	return 0;
}

int
block_row(const struct block_rows *r, uint32_t i, struct store_row *row)
{
	size_t from = i == 0 ? 0 : get32(r->end + (i - 1) * BLOCK_END);
	size_t to = get32(r->end + i * BLOCK_END), head = BLOCK_ROW;
	const char *p = r->rows + from;

	if (to > r->len || from > to || to - from < head)
		return FG_EDAMAGED;
	*row = (struct store_row){
		.seq = r->head.first + i,
		.commit = r->head.commit,
		.session = get32(p),
		.epoch = get32(p + 4),
		.msg_seq_num = get64(p + 8),
		.time = { (int64_t)get64(p + 16) },
		.flags = get16(p + 24),
		.code = get16(p + 26),
		.dict = get32(p + 28),
	};
	if (row->flags & BLOCK_HAS_AB) {
		head += BLOCK_AB;
		if (to - from < head)
			return FG_EDAMAGED;
		row->flags &= (uint16_t)~BLOCK_HAS_AB;
		row->a = get64(p + 32);
		row->b = get64(p + 40);
	}
	row->data = p + head;
	row->len = to - from - head;
	return 0;
}
