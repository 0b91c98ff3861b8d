/*
 * driver_life.c: sessions come and go, before the first wake-up and later.
 *
 * One that was removed is found by nobody any more, but lives until what it
 * has in the release queue is done with: its last rows become durable, and who
 * asked for something hears of it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/driver_int.h"

static int
grow(struct driver *d)
{
	struct fgsess **all;
	size_t cap;

	if (d->n < d->cap)
		return 0;
	cap = d->cap == 0 ? 16 : d->cap * 2;
	all = realloc(d->all, cap * sizeof(*all));
	if (all == NULL)
		return FG_ENOMEM;
	d->all = all;
	all = realloc(d->by_name, cap * sizeof(*all));
	if (all == NULL)
		return FG_ENOMEM;
	d->by_name = all;
	d->cap = cap;
	return heap_reserve(&d->heap, cap);
}

static int
says_reset(void *arg, const struct store_row *row)
{
	bool *says = arg;

	*says = memmem(row->data, row->len, "\00135=A\001", 6) != NULL &&
	    memmem(row->data, row->len, "\001141=Y\001", 7) != NULL;
	return 0;
}

/* Did the epoch begin with a Logon that asked for it on an open connection, and
 * is it without an answer? The Logon is number 1. */
static bool
asked_reset(struct driver *d, const struct fgsess *fs,
    const struct store_state *st)
{
	const struct sess_cfg *c = &fs->cfg;
	bool says = false;
	uint64_t next;

	if (c->role == SESS_INITIATOR && st->next_in == 1 && st->next_out > 1 &&
	    !c->reset_on_logon && !c->reset_on_logout &&
	    !c->reset_on_disconnect)
		(void)store_read_out(d->store, fs->id, st->epoch, 1, 1, 1,
		    SIZE_MAX, says_reset, &says, &next);
	return says;
}

int
driver_machine(struct driver *d, struct fgsess *fs,
    const struct store_state *st)
{
	struct sess_seqs q = { .next_in = st->next_in, .next_out = st->next_out,
		.epoch = st->epoch, .created = st->created,
		.asked_reset = asked_reset(d, fs, st) };

	fs->machine = sess_new(&fs->cfg, &q, d->scratch);
	fs->pending_done = st->pending;
	return fs->machine == NULL ? FG_ENOMEM : 0;
}

int
driver_settle(struct driver *d)
{
	int err;

	if (d->down)
		return FG_ENOSPC;
	if (d->batch == NULL)
		return 0;
	err = driver_commit(d);
	if (err != 0)
		driver_fail(d, err);
	return err;
}

static bool
is_leaving(const struct driver *d, const char *name)
{
	const struct fgsess *fs;

	for (fs = d->leaving; fs != NULL; fs = fs->work_next)
		if (strcmp(fs->name, name) == 0)
			return true;
	return false;
}

int
driver_add(struct driver *d, const struct sess_cfg *cfg, struct fgsess **out)
{
	struct store_state st;
	struct fgsess *fs;
	bool is_new;
	int err;

	if (d->down)
		return FG_ENOSPC;
	if (driver_by_name(d, cfg->name) != NULL || is_leaving(d, cfg->name))
		return FG_EEXIST;
	err = driver_settle(d);
	if (err != 0)
		return err;
	fs = calloc(1, sizeof(*fs));
	if (fs == NULL || grow(d) != 0) {
		free(fs);
		return FG_ENOMEM;
	}
	fs->cfg = *cfg;
	fs->name = cfg->name;
	fs->heap_at = HEAP_NOWHERE;
	fs->due = MONO_NEVER;
	err = store_session(d->store, cfg->name, &fs->id, &st, &is_new);
	if (err == 0)
		err = driver_machine(d, fs, &st);
	if (err == 0)
		err = driver_id_add(d, fs);
	if (err == 0 && d->started)
		err = driver_find_pending(d, fs, is_new);
	if (err != 0) {
		driver_id_remove(d, fs);
		driver_session_free(fs);
		return err;
	}
	driver_name_add(d, fs);
	d->all[d->n++] = fs;
	driver_halt_look(d, fs);
	driver_held_look(d, fs);
	*out = fs;
	return 0;
}

static void
forget_work(struct driver *d, struct fgsess *fs)
{
	struct fgsess **p;

	if (!fs->in_work)
		return;
	for (p = &d->work; *p != fs; p = &(*p)->work_next)
		;
	*p = fs->work_next;
	if (*p == NULL)
		d->work_tail = p;
	fs->in_work = false;
}

static void
forget_place(struct driver *d, struct fgsess *fs)
{
	size_t i;

	for (i = 0; d->all[i] != fs; i++)
		;
	memmove(d->all + i, d->all + i + 1,
	    (d->n - i - 1) * sizeof(struct fgsess *));
}

void
driver_remove(struct driver *d, struct fgsess *fs)
{
	/* What a later session of this name need not look at. */
	if (!d->down && fs->pending_tail <= fs->pending_done) {
		driver_now(d);
		fs->pending_done = store_visible(d->store, STORE_OUT_PENDING);
		driver_set_state(d, fs);
	}
	heap_update(&d->heap, fs, MONO_NEVER);
	forget_work(d, fs);
	driver_name_remove(d, fs);
	driver_id_remove(d, fs);
	forget_place(d, fs);
	d->n--;
	fs->removed = true;
	fs->work_next = d->leaving;
	d->leaving = fs;
}

void
driver_session_free(struct fgsess *fs)
{
	early_clear(&fs->early);
	sess_free(fs->machine);
	free(fs);
}

bool
driver_sweep(struct driver *d)
{
	struct fgsess *fs, **p = &d->leaving;
	bool any = false;

	while ((fs = *p) != NULL) {
		if (fs->queued > 0) {
			p = &fs->work_next;
			continue;
		}
		*p = fs->work_next;
		if (d->ops->removed != NULL)
			d->ops->removed(d->arg, fs);
		driver_session_free(fs);
		any = true;
	}
	return any;
}
