/*
 * subject.c: what has a state that commits with rows: sessions, and marks. On
 * disk they are the same but for the name: that of a mark begins with a TAB,
 * which that of a session cannot.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/impl.h"

#define MARK '\t'

int
store_known_session(struct store *st, const char *name,
    const struct store_state *state)
{
	struct store_session **v, *s;
	size_t cap;

	if (st->n_sess == st->cap_sess) {
		cap = st->cap_sess == 0 ? 16 : st->cap_sess * 2;
		v = realloc(st->sess, cap * sizeof(*v));
		if (v == NULL)
			return FG_ENOMEM;
		st->sess = v;
		st->cap_sess = cap;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL || (s->name = strdup(name)) == NULL) {
		free(s);
		return FG_ENOMEM;
	}
	s->state = s->durable = *state;
	TAILQ_INIT(&s->recent);
	st->sess[st->n_sess++] = s;
	return 0;
}

/* The id of a subject, or 0. */
static uint32_t
find(const struct store *st, const char *name)
{
	size_t i;

	for (i = 0; i < st->n_sess; i++)
		if (strcmp(st->sess[i]->name, name) == 0)
			return (uint32_t)i + 1;
	return 0;
}

static int
subject(struct store *st, const char *name, const struct store_state *first,
    uint32_t *id, struct store_state *state, bool *is_new)
{
	int err;

	*is_new = false;
	*id = find(st, name);
	if (*id != 0) {
		*state = st->sess[*id - 1]->state;
		return 0;
	}
	if (st->failed != 0)
		return st->failed;
	*id = (uint32_t)st->n_sess + 1;
	*state = *first;
	state->session = *id;
	err = st->ops->add_session(st, *id, name, state);
	if (err != 0)
		return err;
	*is_new = true;
	pthread_mutex_lock(&st->lock);
	err = store_known_session(st, name, state);
	pthread_mutex_unlock(&st->lock);
	return err;
}

int
store_session(struct store *st, const char *name, uint32_t *id,
    struct store_state *state, bool *is_new)
{
	static const struct store_state first = { .epoch = 1, .next_in = 1,
		.next_out = 1 };

	assert(!st->batch.open);
	return name[0] == MARK ? FG_EINVAL : subject(st, name, &first, id,
	    state, is_new);
}

const char *
store_subject_name(struct store *st, uint32_t id)
{
	const char *name = NULL;

	pthread_mutex_lock(&st->lock);
	if (id != 0 && id <= st->n_sess)
		name = st->sess[id - 1]->name;
	pthread_mutex_unlock(&st->lock);
	return name;
}

const char *
store_session_name(struct store *st, uint32_t id)
{
	const char *name = store_subject_name(st, id);

	return name == NULL || name[0] == MARK ? NULL : name;
}

int
store_session_state(struct store *st, uint32_t id, struct store_state *state)
{
	int err = FG_ENOENT;

	pthread_mutex_lock(&st->lock);
	if (id != 0 && id <= st->n_sess) {
		*state = st->sess[id - 1]->state;
		err = 0;
	}
	pthread_mutex_unlock(&st->lock);
	return err;
}

/* ---- marks ---- */

/* Its name as a subject; FG_EINVAL: it cannot be one. */
static int
mark_name(char out[STORE_MARK_NAME_MAX + 2], const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > STORE_MARK_NAME_MAX)
		return FG_EINVAL;
	out[0] = MARK;
	memcpy(out + 1, name, len + 1);
	return 0;
}

static struct store_mark
mark_of(const struct store_state *s)
{
	return (struct store_mark){ .id = s->session, .part = s->epoch,
		.seq = s->next_in, .token = s->next_out, .flags = s->pending,
		.time = s->created };
}

int
store_mark(struct store *st, const char *name, uint32_t *id,
    struct store_mark *mark, bool *is_new)
{
	static const struct store_state first;
	char full[STORE_MARK_NAME_MAX + 2];
	struct store_state s;
	int err = mark_name(full, name);

	if (err == 0)
		err = subject(st, full, &first, id, &s, is_new);
	if (err == 0)
		*mark = mark_of(&s);
	return err;
}

uint32_t
store_mark_find(struct store *st, const char *name)
{
	char full[STORE_MARK_NAME_MAX + 2];

	return mark_name(full, name) != 0 ? 0 : find(st, full);
}

const char *
store_mark_name(struct store *st, uint32_t id)
{
	const char *name = store_subject_name(st, id);

	return name == NULL || name[0] != MARK ? NULL : name + 1;
}

int
store_mark_state(struct store *st, uint32_t id, struct store_mark *mark)
{
	const struct store_state *said;
	struct store_state s;
	int err = store_session_state(st, id, &s);

	if (err != 0)
		return err;
	said = store_said(&st->batch, id);
	*mark = mark_of(said == NULL ? &s : said);
	return 0;
}

uint32_t
store_last_id(struct store *st)
{
	return (uint32_t)st->n_sess;
}

void
store_set_mark(struct store_batch *b, const struct store_mark *m)
{
	store_set_state(b, &(struct store_state){ .session = m->id,
	    .epoch = m->part, .next_in = m->seq, .next_out = m->token,
	    .pending = m->flags, .created = m->time });
}
