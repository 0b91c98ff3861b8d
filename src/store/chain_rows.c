/* chain_rows.c: the rows of a table go on its chain. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "log/log.h"
#include "store/chain_int.h"

#define WRITE_BYTES (64u << 10) /* written at once */

const char *
chain_name_of(struct store_chain *ch, unsigned t)
{
	return t == BLOCK_TABLE_STATE ? "STATE"
	    : store_table_name(ch->st, (enum store_table)t);
}

void
chain_header_of(struct store_chain *ch, unsigned t, struct chain_header *h)
{
	*h = (struct chain_header){ .table = t,
		.incarnation = t == BLOCK_TABLE_STATE ? 1
		    : store_table_incarnation(ch->st, (enum store_table)t) };
	memcpy(h->uuid, store_uuid(ch->st), sizeof(h->uuid));
	snprintf(h->name, sizeof(h->name), "%s", chain_name_of(ch, t));
}

/* ---- heads ---- */

int
chain_put_head(struct store_chain *ch, struct chain_table *tb, unsigned t)
{
	struct chain_header h;
	int err = 0;

	if (tb->at.last == tb->head)
		return 0;
	if (tb->fd != -1 && fdatasync(tb->fd) == -1)
		return fg_errno(errno);
	chain_header_of(ch, t, &h);
	err = chain_heads_put(ch->heads, h.name, h.incarnation, tb->at.last,
	    tb->at.commit, tb->at.hash);
	if (err == 0)
		tb->head = tb->at.last;
	return err;
}

void
chain_bad_head(struct store_chain *ch, unsigned t, uint64_t row,
    const char *what)
{
	buf_printf(&ch->trouble, "table %s: a head in %s/" HEAD_FILE " says "
	    "row %llu, %s. fixgatectl verify. ", chain_name_of(ch, t), ch->dir,
	    (unsigned long long)row, what);
}

void
chain_check_due(struct store_chain *ch, struct chain_table *tb, unsigned t)
{
	if (tb->due == 0 || tb->to.last < tb->due)
		return;
	if (tb->to.last != tb->due ||
	    memcmp(tb->to.hash, tb->due_hash, CHAIN_HASH) != 0)
		chain_bad_head(ch, t, tb->due, "and the rows are not what they were "
		    "then");
	tb->due = 0;
}

/* ---- files ---- */

static int
write_all(int fd, const char *p, size_t n, uint64_t at)
{
	ssize_t w;

	while (n != 0) {
		w = pwrite(fd, p, n, (off_t)at);
		if (w == -1 && errno == EINTR)
			continue;
		if (w <= 0)
			return w == 0 ? FG_EIO : fg_errno(errno);
		p += w;
		n -= (size_t)w;
		at += (uint64_t)w;
	}
	return 0;
}

static int
open_file(struct store_chain *ch, unsigned t, uint64_t seg, int *fd)
{
	char path[CHAIN_PATH + 128], name[128];

	chain_file_name(name, sizeof(name), chain_name_of(ch, t), seg);
	snprintf(path, sizeof(path), "%s/%s", ch->dir, name);
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	return *fd == -1 ? fg_errno(errno) : 0;
}

/* What the open run has goes to out. */
static int
end_run(struct chain_table *tb, unsigned t)
{
	int err;

	if (tb->run.rows == 0)
		return 0;
	tb->run.last = tb->to.last;
	tb->run.commit = tb->to.commit;
	memcpy(tb->run.hash, tb->to.hash, CHAIN_HASH);
	err = chain_run_pack(&tb->out, t, &tb->run);
	tb->run.rows = 0;
	return err;
}

/* Write out what there is. */
static int
put_out(struct store_chain *ch, struct chain_table *tb, unsigned t)
{
	int err = end_run(tb, t);

	if (err == 0 && tb->fd == -1)
		err = open_file(ch, t, tb->to.seg, &tb->fd);
	if (err == 0)
		err = write_all(tb->fd, tb->out.p, tb->out.len, tb->at.size);
	if (err != 0)
		return err;
	tb->to.size = tb->at.size + tb->out.len;
	tb->at = tb->to;
	tb->out.len = 0;
	ch->upto[t] = tb->at.last;
	return 0;
}

/* Go on in the file of another segment. */
static int
next_file(struct store_chain *ch, struct chain_table *tb, unsigned t,
    uint64_t seg)
{
	char head[CHAIN_HEADER];
	struct chain_header h;
	int err = 0;

	if (tb->at.seg != 0) {
		err = put_out(ch, tb, t);
		if (err == 0)
			err = chain_put_head(ch, tb, t);
		if (err == 0)
			err = chain_heads_write(ch->heads);
	}
	if (err != 0)
		return err;
	if (tb->fd != -1)
		close(tb->fd);
	tb->fd = -1;
	chain_header_of(ch, t, &h);
	h.first = seg;
	h.last = tb->to.last;
	h.commit = tb->to.commit;
	memcpy(h.hash, tb->to.hash, CHAIN_HASH);
	chain_header_pack(head, &h);
	err = open_file(ch, t, seg, &tb->fd);
	if (err == 0 && ftruncate(tb->fd, 0) == -1)
		err = fg_errno(errno);
	if (err == 0)
		err = write_all(tb->fd, head, sizeof(head), 0);
	if (err != 0)
		return err;
	tb->to.seg = seg;
	tb->to.size = sizeof(head);
	tb->at = tb->to;
	return 0;
}

/* ---- rows ---- */

/* May this block go on the chain: 0 or FG_E*. */
static int
check_block(const struct chain_table *tb, unsigned t, const struct block_at *b,
    struct block_head *h)
{
	int err = block_head(b->p, b->n, h);

	if (err != 0)
		return err;
	if (h->len != b->n || h->first != b->key || h->table != t ||
	    (t != BLOCK_TABLE_STATE && h->rows == 0))
		return FG_EDAMAGED;
	if (tb->to.seg == 0) /* the oldest row that is kept */
		return 0;
	return t == BLOCK_TABLE_STATE ? (b->key > tb->to.last ? 0 : FG_EDAMAGED)
	    : b->key == tb->to.last + 1 ? 0 : FG_EDAMAGED;
}

static int
add_block(struct store_chain *ch, struct chain_table *tb, unsigned t,
    const struct block_at *b, const struct block_head *h)
{
	uint32_t check[BLOCK_ROWS_MAX];
	size_t n = chain_checks(check, b->key, b->p, b->n), i;
	struct chain_run *r = &tb->run;
	int err = 0;

	if (r->rows != 0 && (r->rows + n > CHAIN_RUN_ROWS ||
	    b->key - r->first > UINT32_MAX))
		err = end_run(tb, t);
	if (err == 0)
		err = chain_hash_block(ch->hash, tb->to.hash, b->key, b->p,
		    b->n);
	if (err != 0)
		return err;
	if (r->rows == 0)
		r->first = b->key;
	for (i = 0; i < n; i++) {
		r->behind[r->rows] = (uint32_t)(b->key - r->first + i);
		r->check[r->rows++] = check[i];
	}
	tb->to.last = h->rows == 0 ? b->key : b->key + h->rows - 1;
	tb->to.commit = h->commit;
	chain_check_due(ch, tb, t);
	return 0;
}

/* 1: enough for now. */
static int
take_block(void *arg, const struct block_at *b)
{
	struct store_chain *ch = arg;
	unsigned t = ch->current;
	struct chain_table *tb = ch->table[t];
	struct block_head h;
	int err = check_block(tb, t, b, &h);

	if (err != 0) {
		if (!tb->stuck)
			log_event(LOG_LEVEL_ERROR, "chain", NULL,
			    "chain: table %s, row %llu: %s; the chain of the "
			    "table stops before it. fixgatectl verify",
			    chain_name_of(ch, t), (unsigned long long)b->key,
			    fg_strerror(err));
		tb->stuck = true;
		return 1;
	}
	if (h.commit > tb->flushed || tb->blocks++ >= CHAIN_PASS_BLOCKS)
		return 1;
	if (b->seg != tb->to.seg)
		err = next_file(ch, tb, t, b->seg);
	if (err == 0)
		err = add_block(ch, tb, t, b, &h);
	if (err == 0 && tb->out.len >= WRITE_BYTES)
		err = put_out(ch, tb, t);
	return err;
}

int
chain_do_table(struct store_chain *ch, unsigned t, uint64_t flushed, bool *more)
{
	struct chain_table *tb = ch->table[t];
	uint64_t from = tb->at.last + 1;
	int rc;

	if (tb->stuck || store_last_row(ch->st, t) < from)
		return 0;
	tb->to = tb->at;
	tb->run.rows = 0;
	tb->out.len = 0;
	tb->blocks = 0;
	tb->flushed = flushed;
	ch->current = t;
	rc = store_blocks(ch->st, t, from, UINT64_MAX, take_block, ch);
	if (rc >= 0 && tb->to.last != tb->at.last)
		rc = put_out(ch, tb, t);
	*more = *more || tb->blocks >= CHAIN_PASS_BLOCKS;
	return rc < 0 ? rc : 0;
}

