#include "store/store.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/impl.h"

int
store_init(struct store *st, const struct store_ops *ops,
    const struct store_cfg *cfg)
{
	st->ops = ops;
	st->cfg = *cfg;
	st->batch.st = st;
	TAILQ_INIT(&st->pending);
	store_table_init(st);
	return fg_errno(pthread_mutex_init(&st->lock, NULL));
}

void
store_fini(struct store *st)
{
	struct store_commit *c;
	size_t i;
	unsigned t;

	while ((c = TAILQ_FIRST(&st->pending)) != NULL) {
		TAILQ_REMOVE(&st->pending, c, link);
		store_commit_free(c);
	}
	store_commit_free(st->batch.c);
	for (t = 0; t < STORE_TABLES_MAX; t++)
		block_pack_free(&st->batch.pack[t]);
	recent_free(st);
	for (i = 0; i < st->n_sess; i++) {
		free(st->sess[i]->name);
		free(st->sess[i]);
	}
	free(st->sess);
	for (i = 0; i < st->n_dict; i++)
		free(st->dict[i].name);
	free(st->dict);
	store_table_fini(st);
	store_def_fini(st);
	pthread_mutex_destroy(&st->lock);
}

void
store_close(struct store *st)
{
	if (st != NULL)
		st->ops->close(st);
}

const char *
store_uuid(const struct store *st)
{
	return st->uuid;
}

int
store_fault(struct store *st, const char *step)
{
	return st->cfg.fault == NULL ? 0
	    : st->cfg.fault(st->cfg.fault_arg, step);
}

void
store_notify(struct store *st)
{
	if (st->cfg.notify != NULL)
		st->cfg.notify(st->cfg.notify_arg);
}

void
store_fail(struct store *st, int err, const char *fmt, ...)
{
	va_list ap;

	pthread_mutex_lock(&st->lock);
	if (st->failed == 0) {
		st->failed = err;
		va_start(ap, fmt);
		vsnprintf(st->failed_text, sizeof(st->failed_text), fmt, ap);
		va_end(ap);
	}
	pthread_mutex_unlock(&st->lock);
	store_notify(st);
}

int
store_failed(struct store *st, char err[STORE_ERR_MAX])
{
	int rc;

	pthread_mutex_lock(&st->lock);
	rc = st->failed;
	memcpy(err, st->failed_text, STORE_ERR_MAX);
	pthread_mutex_unlock(&st->lock);
	return rc;
}

/* With the lock held. */
static void
show(struct store *st, const struct store_commit *c)
{
	const struct store_block *b;
	size_t i;

	for (i = 0; i < c->n_block; i++) {
		b = c->block[i];
		st->visible[b->table] = block_last(b);
		if (st->oldest[b->table] == 0)
			st->oldest[b->table] = b->first;
		recent_trim(st, b->table);
	}
	for (i = 0; i < c->n_state; i++)
		st->sess[c->state[i].session - 1]->durable = c->state[i];
}

bool
store_moved(struct store *st, uint64_t upto)
{
	struct store_commit *c;
	bool moved = false;

	pthread_mutex_lock(&st->lock);
	while ((c = TAILQ_FIRST(&st->pending)) != NULL && c->number <= upto) {
		show(st, c);
		st->durable = c->number;
		TAILQ_REMOVE(&st->pending, c, link);
		store_commit_free(c);
		moved = true;
	}
	pthread_mutex_unlock(&st->lock);
	return moved;
}

uint64_t
store_durable(struct store *st)
{
	return st->durable;
}

int
store_recover(struct store *st)
{
	struct store_commit *c;
	size_t i;
	unsigned t;
	int err;

	assert(!st->batch.open);
	err = st->ops->recover(st);
	if (err != 0)
		return err;
	pthread_mutex_lock(&st->lock);
	while ((c = TAILQ_FIRST(&st->pending)) != NULL) {
		TAILQ_REMOVE(&st->pending, c, link);
		store_commit_free(c);
	}
	for (t = 0; t < st->n_tables; t++) {
		recent_cut(st, t);
		st->next[t] = st->visible[t] + 1;
	}
	for (i = 0; i < st->n_sess; i++)
		st->sess[i]->state = st->sess[i]->durable;
	st->accepted = st->durable;
	st->failed = 0;
	st->failed_text[0] = '\0';
	pthread_mutex_unlock(&st->lock);
	return 0;
}

/* FNV-1a; equal hashes are compared byte by byte. */
uint64_t
store_hash(const void *p, size_t n)
{
	const unsigned char *c = p;
	uint64_t h = 0xcbf29ce484222325ULL;

	while (n-- > 0)
		h = (h ^ *c++) * 0x100000001b3ULL;
	return h;
}

int
store_known_dict(struct store *st, const char *name, uint64_t hash, size_t len)
{
	struct store_dict_ref *v;
	size_t cap;
	char *copy;

	if (st->n_dict == st->cap_dict) {
		cap = st->cap_dict == 0 ? 16 : st->cap_dict * 2;
		v = realloc(st->dict, cap * sizeof(*v));
		if (v == NULL)
			return FG_ENOMEM;
		st->dict = v;
		st->cap_dict = cap;
	}
	copy = strdup(name);
	if (copy == NULL)
		return FG_ENOMEM;
	st->dict[st->n_dict++] = (struct store_dict_ref){ copy, hash, len };
	return 0;
}

/* Is dictionary id this text: 1, 0 or FG_E*. */
static int
same_text(struct store *st, uint32_t id, const void *text, size_t len)
{
	struct buf b = { 0 };
	int rc = st->ops->dict_text(st, id, &b);

	if (rc == 0)
		rc = b.len == len && memcmp(b.p, text, len) == 0;
	buf_free(&b);
	return rc;
}

int
store_dict(struct store *st, const char *name, const void *text, size_t len,
    uint32_t *id)
{
	uint64_t hash = store_hash(text, len);
	size_t i;
	int rc;

	assert(!st->batch.open);
	if (len == 0)
		return FG_EINVAL;
	for (i = 0; i < st->n_dict; i++) {
		if (st->dict[i].hash != hash || st->dict[i].len != len)
			continue;
		*id = (uint32_t)i + 1;
		rc = same_text(st, *id, text, len);
		if (rc != 0)
			return rc == 1 ? 0 : rc;
	}
	if (st->failed != 0)
		return st->failed;
	*id = (uint32_t)st->n_dict + 1;
	rc = st->ops->add_dict(st, *id, name, text, len);
	if (rc != 0)
		return rc;
	pthread_mutex_lock(&st->lock);
	rc = store_known_dict(st, name, hash, len);
	pthread_mutex_unlock(&st->lock);
	return rc;
}

int
store_dict_text(struct store *st, uint32_t id, struct buf *out,
    const char **name)
{
	const char *known = NULL;

	pthread_mutex_lock(&st->lock);
	if (id != 0 && id <= st->n_dict)
		known = st->dict[id - 1].name;
	pthread_mutex_unlock(&st->lock);
	if (known == NULL)
		return FG_ENOENT;
	if (name != NULL)
		*name = known;
	return st->ops->dict_text(st, id, out);
}
