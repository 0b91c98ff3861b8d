#include "store/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "log/log.h"
#include "store/chain_place.h"
#include "store/impl.h"

#define PATH_BYTES   4096
#define WRITE_BYTES  (64u << 10)       /* written at once */
#define PASS_BLOCKS  2048              /* of a table, then the others */
#define PAUSE_BUSY   (10 * NS_PER_MS)  /* when there was something to do */
#define PAUSE_IDLE   (100 * NS_PER_MS)
#define RETRY_NS     (10 * NS_PER_S)   /* after a failure */
#define CLOSE_NS     (5 * NS_PER_S)    /* to catch up when it is closed */

/* The chain of one table: where it is in its file, and with what is in out. */
struct chain_table {
	struct chain_place at, to;
	struct chain_run run;
	struct buf out;
	int fd;         /* of the file of at.seg; -1 */
	bool stuck;     /* at a damaged row, which was said */
	uint64_t flushed; /* for one pass */
	unsigned blocks;  /* of this pass */
};

struct store_chain {
	struct store *st;
	char dir[PATH_BYTES];
	struct buf trouble; /* that was not said yet */
	char *found;        /* when it was opened; or NULL */
	struct chain_hash *hash;
	struct chain_table *table[STORE_TABLES_MAX];
	_Atomic uint64_t upto[STORE_TABLES_MAX];
	unsigned current;         /* the table of the pass */
	bool failing;             /* a failure was said */
	pthread_t thread;

	pthread_mutex_t stop_lock;
	pthread_cond_t stopping;
	bool stop;
};

static int64_t
clock_ns(clockid_t which)
{
	struct timespec ts;

	clock_gettime(which, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static const char *
name_of(struct store_chain *ch, unsigned t)
{
	return t == BLOCK_TABLE_STATE ? "STATE"
	    : store_table_name(ch->st, (enum store_table)t);
}

static void
header_of(struct store_chain *ch, unsigned t, struct chain_header *h)
{
	*h = (struct chain_header){ .table = t,
		.incarnation = t == BLOCK_TABLE_STATE ? 1
		    : store_table_incarnation(ch->st, (enum store_table)t) };
	memcpy(h->uuid, store_uuid(ch->st), sizeof(h->uuid));
	snprintf(h->name, sizeof(h->name), "%s", name_of(ch, t));
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
	char path[PATH_BYTES + 128], name[128];

	chain_file_name(name, sizeof(name), name_of(ch, t), seg);
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
		if (err == 0 && fdatasync(tb->fd) == -1)
			err = fg_errno(errno);
	}
	if (err != 0)
		return err;
	if (tb->fd != -1)
		close(tb->fd);
	tb->fd = -1;
	header_of(ch, t, &h);
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
			    name_of(ch, t), (unsigned long long)b->key,
			    fg_strerror(err));
		tb->stuck = true;
		return 1;
	}
	if (h.commit > tb->flushed || tb->blocks++ >= PASS_BLOCKS)
		return 1;
	if (b->seg != tb->to.seg)
		err = next_file(ch, tb, t, b->seg);
	if (err == 0)
		err = add_block(ch, tb, t, b, &h);
	if (err == 0 && tb->out.len >= WRITE_BYTES)
		err = put_out(ch, tb, t);
	return err;
}

/* Chain what a table has; *more: there is more. 0 or FG_E*. */
static int
do_table(struct store_chain *ch, unsigned t, uint64_t flushed, bool *more)
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
	*more = *more || tb->blocks >= PASS_BLOCKS;
	return rc < 0 ? rc : 0;
}

/* ---- a table that is new ---- */

static int
know_table(struct store_chain *ch, unsigned t)
{
	struct chain_table *tb;
	struct chain_header h;
	int err;

	if (ch->table[t] != NULL || name_of(ch, t) == NULL)
		return 0;
	tb = calloc(1, sizeof(*tb));
	if (tb == NULL)
		return FG_ENOMEM;
	tb->fd = -1;
	header_of(ch, t, &h);
	err = chain_place_find(&tb->at, ch->dir, &h, store_last_row(ch->st, t),
	    &ch->trouble);
	if (err != 0) {
		free(tb);
		return err;
	}
	ch->upto[t] = tb->at.last;
	ch->table[t] = tb;
	return 0;
}

/* ---- the thread ---- */

static int
do_all(struct store_chain *ch, bool flush, bool *more)
{
	unsigned t, n = store_tables(ch->st);
	uint64_t flushed;
	int err = store_flushed(ch->st, flush, &flushed);

	for (t = 0; t < n && err == 0; t++) {
		err = know_table(ch, t);
		if (err == 0 && ch->table[t] != NULL)
			err = do_table(ch, t, flushed, more);
	}
	return err;
}

static void
say_trouble(struct store_chain *ch)
{
	if (ch->trouble.len != 0)
		log_event(LOG_LEVEL_ERROR, "chain", NULL, "chain: %.*s",
		    (int)ch->trouble.len, ch->trouble.p);
	ch->trouble.len = 0;
}

static void
say(struct store_chain *ch, int err)
{
	say_trouble(ch);
	if (err != 0 && !ch->failing)
		log_event(LOG_LEVEL_WARN, "chain", NULL, "chain %s: %s; the "
		    "rows are safe, the chain goes on when it can", ch->dir,
		    fg_strerror(err));
	if (err == 0 && ch->failing)
		log_event(LOG_LEVEL_INFO, "chain", NULL, "chain %s: goes on",
		    ch->dir);
	ch->failing = err != 0;
}

/* false: it is to end. */
static bool
pause_for(struct store_chain *ch, int64_t ns)
{
	struct timespec until;
	bool stop;

	clock_gettime(CLOCK_MONOTONIC, &until);
	ns += until.tv_nsec;
	until.tv_sec += ns / NS_PER_S;
	until.tv_nsec = ns % NS_PER_S;
	pthread_mutex_lock(&ch->stop_lock);
	while (!ch->stop && ns != 0 && pthread_cond_timedwait(&ch->stopping,
	    &ch->stop_lock, &until) == 0)
		;
	stop = ch->stop;
	pthread_mutex_unlock(&ch->stop_lock);
	return !stop;
}

static uint64_t
all_chained(const struct store_chain *ch)
{
	uint64_t sum = 0;
	size_t t;

	for (t = 0; t < STORE_TABLES_MAX; t++)
		sum += ch->upto[t];
	return sum;
}

static void *
run(void *arg)
{
	struct store_chain *ch = arg;
	int64_t end;
	uint64_t before;
	bool more;
	int err;

	do {
		before = all_chained(ch);
		more = false;
		err = do_all(ch, false, &more);
		say(ch, err);
	} while (pause_for(ch, err != 0 ? RETRY_NS : more ? 0 :
	    all_chained(ch) != before ? PAUSE_BUSY : PAUSE_IDLE));
	end = clock_ns(CLOCK_MONOTONIC) + CLOSE_NS;
	do {
		more = false;
		err = do_all(ch, true, &more);
	} while (err == 0 && more && clock_ns(CLOCK_MONOTONIC) < end);
	say(ch, err);
	return NULL;
}

/* ---- open and close ---- */

static void
free_all(struct store_chain *ch)
{
	size_t t;

	for (t = 0; t < STORE_TABLES_MAX; t++) {
		if (ch->table[t] == NULL)
			continue;
		if (ch->table[t]->fd != -1) {
			fdatasync(ch->table[t]->fd);
			close(ch->table[t]->fd);
		}
		buf_free(&ch->table[t]->out);
		free(ch->table[t]);
	}
	chain_hash_free(ch->hash);
	buf_free(&ch->trouble);
	free(ch->found);
	pthread_mutex_destroy(&ch->stop_lock);
	pthread_cond_destroy(&ch->stopping);
	free(ch);
}

static int
start(struct store_chain *ch)
{
	sigset_t all, before;
	int sys;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	sys = pthread_create(&ch->thread, NULL, run, ch);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return fg_errno(sys);
}

static int
find_places(struct store_chain *ch)
{
	unsigned t, n = store_tables(ch->st);
	int err = 0;

	if (mkdir(ch->dir, 0750) == -1 && errno != EEXIST)
		return fg_errno(errno);
	for (t = 0; t < n && err == 0; t++)
		err = know_table(ch, t);
	if (ch->trouble.len != 0)
		ch->found = strdup(ch->trouble.p);
	say_trouble(ch);
	return err;
}

int
store_chain_open(struct store_chain **out, struct store *st,
    const struct store_chain_cfg *cfg, char text[STORE_ERR_MAX])
{
	struct store_chain *ch = calloc(1, sizeof(*ch));
	pthread_condattr_t attr;
	int err;

	if (ch == NULL) {
		snprintf(text, STORE_ERR_MAX, "chain: out of memory");
		return FG_ENOMEM;
	}
	ch->st = st;
	pthread_mutex_init(&ch->stop_lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&ch->stopping, &attr);
	pthread_condattr_destroy(&attr);
	snprintf(ch->dir, sizeof(ch->dir), "%s/" CHAIN_DIR, cfg->path);
	ch->hash = chain_hash_new();
	err = ch->hash == NULL ? FG_ENOMEM : 0;
	if (err == 0)
		err = find_places(ch);
	if (err == FG_ENOSPC || err == FG_EIO) /* the thread tries again */
		err = 0;
	if (err == 0)
		err = start(ch);
	if (err != 0) {
		snprintf(text, STORE_ERR_MAX, "chain %.200s: %s", ch->dir,
		    fg_strerror(err));
		free_all(ch);
		return err;
	}
	*out = ch;
	return 0;
}

void
store_chain_close(struct store_chain *ch)
{
	if (ch == NULL)
		return;
	pthread_mutex_lock(&ch->stop_lock);
	ch->stop = true;
	pthread_cond_signal(&ch->stopping);
	pthread_mutex_unlock(&ch->stop_lock);
	pthread_join(ch->thread, NULL);
	free_all(ch);
}

const char *
store_chain_trouble(const struct store_chain *ch)
{
	return ch == NULL ? NULL : ch->found;
}

uint64_t
store_chain_upto(struct store_chain *ch, enum store_table t)
{
	return ch == NULL || (unsigned)t >= STORE_TABLES_MAX ? 0 : ch->upto[t];
}
