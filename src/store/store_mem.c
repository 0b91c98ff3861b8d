/*
 * store_mem.c: the store in memory, for tests: all rows are recent ones. A
 * commit is durable at once unless the test holds the mark.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/impl.h"

struct mem {
	struct store st;
	uint64_t release; /* commits up to here may become durable */
	struct buf *text; /* of dictionary id - 1 */
};

static int
mem_write(struct store *st, struct store_commit *c)
{
	char step[32];
	size_t i;
	int err;

	for (i = 0; i < c->n_block; i++) {
		snprintf(step, sizeof(step), "%s put",
		    c->block[i]->table == BLOCK_TABLE_STATE ? "STATE"
		    : store_table_name(st, c->block[i]->table));
		err = store_fault(st, step);
		if (err != 0)
			return err;
	}
	return store_fault(st, "commit");
}

static void
mem_accepted(struct store *st)
{
	struct mem *m = (struct mem *)st;

	store_moved(st, m->release);
}

static int
mem_add_session(struct store *st, uint32_t id, const char *name,
    const struct store_state *state)
{
	(void)id;
	(void)name;
	(void)state;
	return store_fault(st, "SESSION put");
}

static int
mem_add_dict(struct store *st, uint32_t id, const char *name,
    const void *text, size_t len)
{
	struct mem *m = (struct mem *)st;
	struct buf *v;
	int err;

	(void)name;
	err = store_fault(st, "DICT put");
	if (err != 0)
		return err;
	pthread_mutex_lock(&st->lock);
	v = realloc(m->text, id * sizeof(*v));
	if (v == NULL) {
		pthread_mutex_unlock(&st->lock);
		return FG_ENOMEM;
	}
	m->text = v;
	m->text[id - 1] = (struct buf){ 0 };
	err = buf_add(&m->text[id - 1], text, len);
	pthread_mutex_unlock(&st->lock);
	return err;
}

static int
mem_dict_text(struct store *st, uint32_t id, struct buf *out)
{
	struct mem *m = (struct mem *)st;
	int err;

	pthread_mutex_lock(&st->lock);
	err = buf_add(out, m->text[id - 1].p, m->text[id - 1].len);
	pthread_mutex_unlock(&st->lock);
	return err;
}

static int
mem_put_table(struct store *st, enum store_table t, const char *name,
    const char *definition)
{
	(void)t;
	(void)name;
	(void)definition;
	return store_fault(st, "TABLE put");
}

static int
mem_put_def(struct store *st, const char *name, const char *text, size_t len)
{
	(void)name;
	(void)text;
	(void)len;
	return store_fault(st, "DEFINITION put");
}

static int
mem_recover(struct store *st)
{
	return store_fault(st, "recover");
}

static void
mem_close(struct store *st)
{
	struct mem *m = (struct mem *)st;
	size_t i;

	for (i = 0; i < st->n_dict; i++)
		buf_free(&m->text[i]);
	free(m->text);
	store_fini(st);
	free(m);
}

static const struct store_ops mem_ops = {
	.write = mem_write,
	.accepted = mem_accepted,
	.add_session = mem_add_session,
	.add_dict = mem_add_dict,
	.dict_text = mem_dict_text,
	.put_table = mem_put_table,
	.put_def = mem_put_def,
	.recover = mem_recover,
	.close = mem_close,
};

int
store_open_mem(struct store **out, const struct store_cfg *cfg,
    char err[STORE_ERR_MAX])
{
	struct mem *m = calloc(1, sizeof(*m));
	int rc = m == NULL ? FG_ENOMEM : store_init(&m->st, &mem_ops, cfg);

	if (rc != 0) {
		snprintf(err, STORE_ERR_MAX, "%s", fg_strerror(rc));
		free(m);
		return rc;
	}
	memcpy(m->st.uuid, "00000000-0000-4000-8000-000000000000",
	    sizeof(m->st.uuid));
	m->release = UINT64_MAX;
	*out = &m->st;
	return 0;
}

void
store_mem_hold(struct store *st)
{
	struct mem *m = (struct mem *)st;

	m->release = st->durable;
}

void
store_mem_release(struct store *st, uint64_t upto)
{
	struct mem *m = (struct mem *)st;

	m->release = upto;
	if (st->failed == 0 && store_moved(st, upto))
		store_notify(st);
}

void
store_mem_power_cut(struct store *st)
{
	store_fail(st, FG_EIO, "the power was cut");
}
