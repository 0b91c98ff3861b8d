#include "store/chain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/now.h"
#include "base/thread.h"
#include "log/log.h"
#include "store/chain_int.h"

#define PAUSE_BUSY (10 * NS_PER_MS)  /* when there was something to do */
#define PAUSE_IDLE (100 * NS_PER_MS)
#define RETRY_NS   (10 * NS_PER_S)   /* after a failure */
#define CLOSE_NS   (5 * NS_PER_S)    /* to catch up when it is closed */

/* ---- a table that is new ---- */

/* What heads say of a table that was just found. */
static void
know_head(struct store_chain *ch, struct chain_table *tb, unsigned t)
{
	const struct head *h = chain_heads_last(ch->heads, chain_name_of(ch, t));

	if (h == NULL)
		return;
	if (h->seq > store_last_row(ch->st, t)) {
		chain_bad_head(ch, t, h->seq, "and the store has fewer rows");
		return;
	}
	tb->head = h->seq;
	if (h->seq < tb->at.last)
		return;
	tb->due = h->seq;
	memcpy(tb->due_hash, h->hash, CHAIN_HASH);
	tb->to = tb->at;
	chain_check_due(ch, tb, t);
}

/* Nobody may have written to the store since it was closed. */
static int
say_opened(struct store_chain *ch)
{
	static const unsigned char none[CHAIN_HASH];
	const struct head *o = chain_heads_last(ch->heads, HEAD_OPENED);
	const struct head *c = chain_heads_last(ch->heads, HEAD_CLOSED);
	uint64_t commit = store_durable(ch->st);
	int err;

	if (c != NULL && (o == NULL || o->time.ns < c->time.ns) &&
	    c->commit != commit)
		buf_printf(&ch->trouble, "the store was closed as of commit "
		    "%llu, and now has commit %llu: something else has changed "
		    "it. fixgatectl verify. ", (unsigned long long)c->commit,
		    (unsigned long long)commit);
	err = chain_heads_put(ch->heads, HEAD_OPENED, 1, commit, commit, none);
	return err != 0 ? err : chain_heads_write(ch->heads);
}

static int
know_table(struct store_chain *ch, unsigned t)
{
	struct chain_table *tb;
	struct chain_header h;
	int err;

	if (ch->table[t] != NULL || chain_name_of(ch, t) == NULL)
		return 0;
	tb = calloc(1, sizeof(*tb));
	if (tb == NULL)
		return FG_ENOMEM;
	tb->fd = -1;
	chain_header_of(ch, t, &h);
	err = chain_place_find(&tb->at, ch->dir, &h, ch->st->origin.uuid,
	    store_last_row(ch->st, t), &ch->trouble);
	if (err != 0) {
		free(tb);
		return err;
	}
	know_head(ch, tb, t);
	ch->upto[t] = tb->at.last;
	ch->table[t] = tb;
	return 0;
}

/* ---- the thread ---- */

/* Of all tables that have moved. */
static int
put_heads(struct store_chain *ch)
{
	size_t t;
	int err = 0;

	for (t = 0; t < STORE_TABLES_MAX && err == 0; t++)
		if (ch->table[t] != NULL)
			err = chain_put_head(ch, ch->table[t], (unsigned)t);
	return err != 0 ? err : chain_heads_write(ch->heads);
}

static int
do_all(struct store_chain *ch, bool flush, bool *more)
{
	unsigned t, n = store_tables(ch->st);
	uint64_t flushed;
	int err = store_flushed(ch->st, flush, &flushed);

	for (t = 0; t < n && err == 0; t++) {
		err = know_table(ch, t);
		if (err == 0 && ch->table[t] != NULL)
			err = chain_do_table(ch, t, flushed, more);
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

static uint64_t
all_chained(const struct store_chain *ch)
{
	uint64_t sum = 0;
	size_t t;

	for (t = 0; t < STORE_TABLES_MAX; t++)
		sum += ch->upto[t];
	return sum;
}

/* Heads, when it is time. */
static int
heads_due(struct store_chain *ch)
{
	int64_t now = mono_now().ns;

	if (ch->head_ns == 0 || now < ch->next_head)
		return 0;
	ch->next_head = now + ch->head_ns;
	return put_heads(ch);
}

/* Is all that was ever committed in the chain? */
static bool
is_complete(struct store_chain *ch)
{
	unsigned t, n = store_tables(ch->st);
	char why[STORE_ERR_MAX];
	bool all;

	pthread_mutex_lock(&ch->st->lock);
	all = ch->st->accepted == ch->st->durable;
	pthread_mutex_unlock(&ch->st->lock);
	for (t = 0; t < n && all; t++)
		all = ch->upto[t] >= store_last_row(ch->st, t);
	return all && store_failed(ch->st, why) == 0;
}

static int
finish(struct store_chain *ch)
{
	int64_t end = mono_now().ns + CLOSE_NS;
	struct timespec pause = { .tv_nsec = PAUSE_BUSY };
	bool more = false;
	int err;

	while ((err = do_all(ch, true, &more)) == 0 && !is_complete(ch) &&
	    mono_now().ns < end) {
		if (!more)
			nanosleep(&pause, NULL);
		more = false;
	}
	if (err == 0)
		err = put_heads(ch);
	if (err == 0 && is_complete(ch))
		err = chain_heads_end(ch->heads, ch->hash, store_durable(
		    ch->st));
	return err != 0 ? err : chain_heads_write(ch->heads);
}

static void *
run(void *arg)
{
	struct store_chain *ch = arg;
	uint64_t before;
	bool more;
	int err;

	do {
		before = all_chained(ch);
		more = false;
		err = do_all(ch, false, &more);
		if (err == 0)
			err = heads_due(ch);
		say(ch, err);
	} while (pause_for(&ch->pause, err != 0 ? RETRY_NS : more ? 0 :
	    all_chained(ch) != before ? PAUSE_BUSY : PAUSE_IDLE));
	say(ch, finish(ch));
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
	chain_heads_close(ch->heads);
	buf_free(&ch->trouble);
	free(ch->found);
	pause_free(&ch->pause);
	free(ch);
}

static int
find_places(struct store_chain *ch)
{
	unsigned t, n = store_tables(ch->st);
	int err = 0;

	for (t = 0; t < n && err == 0; t++)
		err = know_table(ch, t);
	if (err == 0)
		err = say_opened(ch);
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
	int err;

	if (ch == NULL) {
		snprintf(text, STORE_ERR_MAX, "chain: out of memory");
		return FG_ENOMEM;
	}
	ch->st = st;
	pause_init(&ch->pause);
	snprintf(ch->dir, sizeof(ch->dir), "%s/" CHAIN_DIR, cfg->path);
	ch->hash = chain_hash_new();
	ch->head_ns = cfg->head_ns;
	ch->next_head = mono_now().ns + cfg->head_ns;
	text[0] = '\0';
	err = ch->hash == NULL ? FG_ENOMEM : 0;
	if (err == 0 && mkdir(ch->dir, 0750) == -1 && errno != EEXIST)
		err = fg_errno(errno);
	if (err == 0)
		err = chain_heads_open(&ch->heads, st, ch->dir, cfg->key,
		    cfg->head_file, text);
	if (err == 0)
		err = find_places(ch);
	if (ch->heads != NULL && (err == FG_ENOSPC || err == FG_EIO))
		err = 0; /* the thread tries again */
	if (err == 0)
		err = thread_start(&ch->thread, run, ch);
	if (err != 0) {
		if (text[0] == '\0')
			snprintf(text, STORE_ERR_MAX, "chain %.200s: %s",
			    ch->dir, fg_strerror(err));
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
	pause_end(&ch->pause);
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
