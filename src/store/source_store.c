/* An open store, for verify: rows up to where the chain is by now. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "store/chain.h"
#include "store/chain_file.h"
#include "store/impl.h"
#include "store/source.h"

#define PATH_BYTES 4096
#define NAME_BYTES 128
#define WAIT_STEPS 300 /* for the chain to come along, of 10 ms each */

struct open_store {
	struct block_source s;
	struct store *st;
	char *dir; /* of the chain */
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

	return o->st->ops->records(o->st, file, cb, arg);
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
	free(o);
}

static const struct block_source_ops open_ops = {
	.blocks = store_source_blocks,
	.chain = store_source_chain,
	.records = store_source_records,
	.next = store_source_next,
	.close = store_source_close,
};

/* The rows that there are now come on the chain in a moment. */
static void
wait_for_chain(struct store *st, struct store_chain *ch)
{
	struct timespec pause = { .tv_nsec = 10000000 };
	uint64_t row;
	unsigned t;
	int i = 0;

	for (t = 0; t < store_tables(st); t++) {
		row = store_last_row(st, t);
		while (store_chain_upto(ch, t) < row && i++ < WAIT_STEPS)
			nanosleep(&pause, NULL);
	}
}

int
source_store_open(struct block_source **out, struct store *st,
    struct store_chain *ch, const char *path, uint64_t *commit)
{
	struct open_store *o = calloc(1, sizeof(*o));
	char dir[PATH_BYTES];
	const char *name;
	unsigned t;
	int err = 0;

	if (o == NULL)
		return FG_ENOMEM;
	o->s.ops = &open_ops;
	o->st = st;
	snprintf(dir, sizeof(dir), "%s/" CHAIN_DIR, path);
	o->dir = strdup(dir);
	memcpy(o->s.uuid, store_uuid(st), sizeof(o->s.uuid));
	*commit = store_durable(st);
	wait_for_chain(st, ch);
	for (t = 0; t < store_tables(st) && err == 0; t++) {
		name = t == BLOCK_TABLE_STATE ? "STATE"
		    : store_table_name(st, (enum store_table)t);
		if (name == NULL)
			continue;
		err = source_add_table(&o->s, t, name, t == BLOCK_TABLE_STATE
		    ? 1 : store_table_incarnation(st, (enum store_table)t));
		if (err == 0)
			o->s.table[o->s.n_table - 1].last = store_chain_upto(
			    ch, (enum store_table)t);
	}
	if (err != 0 || o->dir == NULL) {
		store_source_close(&o->s);
		return FG_ENOMEM;
	}
	*out = &o->s;
	return 0;
}
