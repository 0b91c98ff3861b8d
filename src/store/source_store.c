/*
 * source_store.c: an open store, for verify: the rows that there are now, and
 * META and SESSION as they are between two commits that change them.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cursor.h"
#include "base/err.h"
#include "store/chain.h"
#include "store/chain_file.h"
#include "store/impl.h"
#include "store/source.h"

#define PATH_BYTES 4096
#define NAME_BYTES 128
#define STATES_BYTES 4096
#define WAIT_STEPS 300 /* for the chain to come along, of 10 ms each */

struct open_store {
	struct block_source s;
	struct store *st;
	char *dir; /* of the chain */
	struct buf meta, session; /* records: length 4, length 4, key, value */
};

static int
store_source_blocks(struct block_source *s, const struct source_table *t,
    uint64_t from, uint64_t to, block_cb cb, void *arg)
{
	struct open_store *o = (struct open_store *)s;

	/* What is on the disk, not what is remembered of it. */
	return o->st->ops->blocks(o->st, t->number, from, to, cb, arg);
}

static FILE *
store_source_chain(struct block_source *s, const struct source_table *t,
    uint64_t first, uint64_t *seg)
{
	struct open_store *o = (struct open_store *)s;
	char path[PATH_BYTES + NAME_BYTES], name[NAME_BYTES];

	*seg = source_next_number(o->dir, t->name, first, ".chain");
	if (*seg == 0)
		return NULL;
	chain_file_name(name, sizeof(name), t->name, *seg);
	snprintf(path, sizeof(path), "%.4000s/%s", o->dir, name);
	return fopen(path, "re");
}

static int
store_source_records(struct block_source *s, const char *file, record_cb cb,
    void *arg)
{
	struct open_store *o = (struct open_store *)s;
	const struct buf *kept = strcmp(file, "META") == 0 ? &o->meta
	    : strcmp(file, "SESSION") == 0 ? &o->session : NULL;
	uint32_t n[2];
	size_t at;
	int rc = 0;

	if (kept == NULL)
		return o->st->ops->records(o->st, file, cb, arg);
	for (at = 0; at < kept->len && rc == 0; at += sizeof(n) + n[0] + n[1]) {
		memcpy(n, kept->p + at, sizeof(n));
		rc = cb(arg, kept->p + at + sizeof(n), n[0], kept->p + at +
		    sizeof(n) + n[0], n[1]);
	}
	return rc;
}

static uint64_t
store_source_next(struct block_source *s, const char *name, uint64_t first)
{
	struct open_store *o = (struct open_store *)s;

	return o->st->ops->next_file(o->st, name, first);
}

static void
store_source_close(struct block_source *s)
{
	struct open_store *o = (struct open_store *)s;

	free(s->table);
	free(o->dir);
	buf_free(&o->meta);
	buf_free(&o->session);
	free(o);
}

static const struct block_source_ops open_ops = {
	.blocks = store_source_blocks,
	.chain = store_source_chain,
	.records = store_source_records,
	.next = store_source_next,
	.close = store_source_close,
};

/* The rows that there are now come on the chain in a moment. A table ends where
 * a run of the chain does, if that has them. 0 or FG_ENOMEM. */
static int
find_tables(struct open_store *o, struct store *st, struct store_chain *ch)
{
	const char *name;
	struct timespec pause = { .tv_nsec = 10000000 };
	uint64_t row, upto;
	unsigned t;
	int i = 0, err = 0;

	for (t = 0; t < store_tables(st) && err == 0; t++) {
		name = t == BLOCK_TABLE_STATE ? "STATE"
		    : store_table_name(st, (enum store_table)t);
		if (name == NULL)
			continue;
		row = store_last_row(st, t);
		while ((upto = store_chain_upto(ch, t)) < row &&
		    i++ < WAIT_STEPS)
			nanosleep(&pause, NULL);
		err = source_add_table(&o->s, t, name, t == BLOCK_TABLE_STATE
		    ? 1 : store_table_incarnation(st, (enum store_table)t));
		if (err == 0)
			o->s.table[o->s.n_table - 1].last = upto > row ? upto
			    : row;
	}
	return err;
}

static int
keep_record(void *arg, const void *key, size_t klen, const void *value,
    size_t len)
{
	uint32_t n[2] = { (uint32_t)klen, (uint32_t)len };
	struct buf *to = arg;
	int err = buf_add(to, n, sizeof(n));

	if (err == 0)
		err = buf_add(to, key, klen);
	return err != 0 ? err : buf_add(to, value, len);
}

/* Which states SESSION has. */
struct states {
	char value[STATES_BYTES];
	size_t n;
};

static int
take_states(void *arg, const void *key, size_t klen, const void *value,
    size_t len)
{
	struct states *s = arg;

	if (klen == 6 && memcmp(key, "states", 6) == 0 && len <=
	    sizeof(s->value)) {
		memcpy(s->value, value, len);
		s->n = len;
	}
	return 0;
}

/* META and SESSION, if SESSION was not written meanwhile: 1, 0 or FG_E*. */
static int
try_keep(struct open_store *o, uint64_t *commit)
{
	const struct store_ops *ops = o->st->ops;
	struct states before = { .n = 0 }, after = { .n = 0 };
	struct cursor c;
	int err;

	o->meta.len = o->session.len = 0;
	err = ops->records(o->st, "META", take_states, &before);
	if (err == 0)
		err = ops->records(o->st, "SESSION", keep_record, &o->session);
	if (err == 0)
		err = ops->records(o->st, "META", keep_record, &o->meta);
	if (err == 0)
		err = store_source_records(&o->s, "META", take_states, &after);
	c = cursor_over(after.value, after.n);
	cursor_get8(&c);
	*commit = cursor_get64(&c);
	return err != 0 ? err : before.n == after.n && memcmp(before.value,
	    after.value, after.n) == 0;
}

/* META and SESSION of one moment, and its commit durable: nobody is held up for
 * that, so it may not be possible. */
static int
keep_states(struct open_store *o)
{
	struct timespec pause = { .tv_nsec = 10000000 };
	uint64_t commit = 0;
	int i, rc = 0;

	for (i = 0; i < WAIT_STEPS && rc == 0; i++) {
		if (i != 0)
			nanosleep(&pause, NULL);
		rc = try_keep(o, &commit);
	}
	if (rc < 0)
		return rc;
	for (i = 0; i < WAIT_STEPS && store_durable(o->st) < commit; i++)
		nanosleep(&pause, NULL);
	o->s.moving = rc == 0 || store_durable(o->st) < commit;
	return 0;
}

int
source_store_open(struct block_source **out, struct store *st,
    struct store_chain *ch, const char *path, uint64_t *commit)
{
	struct open_store *o = calloc(1, sizeof(*o));
	char dir[PATH_BYTES];
	int err;

	if (o == NULL)
		return FG_ENOMEM;
	o->s.ops = &open_ops;
	o->st = st;
	snprintf(dir, sizeof(dir), "%s/" CHAIN_DIR, path);
	o->dir = strdup(dir);
	memcpy(o->s.uuid, store_uuid(st), sizeof(o->s.uuid));
	err = keep_states(o);
	*commit = store_durable(st);
	if (err == 0)
		err = find_tables(o, st, ch);
	if (err == 0 && o->dir == NULL)
		err = FG_ENOMEM;
	if (err != 0) {
		store_source_close(&o->s);
		return err;
	}
	*out = &o->s;
	return 0;
}
