#include "world.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#define WAIT_S 120 /* longest wait for a thread of the store */

static void
notify(void *arg)
{
	struct world *w = arg;

	pthread_mutex_lock(&w->lock);
	pthread_cond_broadcast(&w->moved);
	pthread_mutex_unlock(&w->lock);
}

static int
fault(void *arg, const char *step)
{
	struct world *w = arg;
	int err = 0;

	pthread_mutex_lock(&w->lock);
	while (w->held && (strcmp(step, "flush") == 0 ||
	    strcmp(step, "log") == 0))
		pthread_cond_wait(&w->moved, &w->lock);
	if (w->fail_step != NULL && strcmp(step, w->fail_step) == 0) {
		if (w->fail_after == 0)
			err = w->fail_err;
		else
			w->fail_after--;
	}
	pthread_mutex_unlock(&w->lock);
	return err;
}

static int
open_store(struct world *w)
{
	return w->kind == WORLD_MEM ? store_open_mem(&w->st, &w->cfg, w->err)
	    : store_open_bdb(&w->st, &w->cfg, w->err);
}

void
world_open(struct world *w, int kind)
{
	static const enum store_durability d[] = { [WORLD_MEM] = STORE_SYNCED,
		[WORLD_NONE] = STORE_NONE, [WORLD_WRITTEN] = STORE_WRITTEN,
		[WORLD_SYNCED] = STORE_SYNCED };

	memset(w, 0, sizeof(*w));
	w->kind = kind;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->moved, NULL);
	strcpy(w->dir, "store.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(w->dir));
	w->cfg = (struct store_cfg){ .path = w->dir, .durability = d[kind],
		.notify = notify, .notify_arg = w, .fault = fault,
		.fault_arg = w, .cache_bytes = 4 << 20 };
	ck_assert_msg(open_store(w) == 0, "%s", w->err);
}

void
world_reopen(struct world *w)
{
	store_close(w->st);
	ck_assert_msg(open_store(w) == 0, "%s", w->err);
}

void
world_rmdir(const char *dir)
{
	char path[512];
	struct stat s;
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (lstat(path, &s) == 0 && S_ISDIR(s.st_mode))
			world_rmdir(path);
		else
			unlink(path);
	}
	if (d != NULL)
		closedir(d);
	rmdir(dir);
}

void
world_close(struct world *w)
{
	world_release(w);
	store_close(w->st);
	world_rmdir(w->dir);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->moved);
}

bool
world_can_hold(const struct world *w)
{
	return w->kind == WORLD_MEM || w->kind == WORLD_SYNCED;
}

void
world_hold(struct world *w)
{
	pthread_mutex_lock(&w->lock);
	w->held = true;
	pthread_mutex_unlock(&w->lock);
	if (w->kind == WORLD_MEM)
		store_mem_hold(w->st);
}

void
world_release(struct world *w)
{
	pthread_mutex_lock(&w->lock);
	w->held = false;
	pthread_cond_broadcast(&w->moved);
	pthread_mutex_unlock(&w->lock);
	if (w->kind == WORLD_MEM)
		store_mem_release(w->st, UINT64_MAX);
}

/* Wait until a commit is durable (0: never) or the store failed. */
static int
wait_for(struct world *w, uint64_t commit)
{
	char text[STORE_ERR_MAX];
	struct timespec until;
	int err = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	pthread_mutex_lock(&w->lock);
	while ((commit == 0 || store_durable(w->st) < commit)
	    && (err = store_failed(w->st, text)) == 0)
		ck_assert_int_eq(0, pthread_cond_timedwait(&w->moved,
		    &w->lock, &until));
	pthread_mutex_unlock(&w->lock);
	return err;
}

void
world_settle(struct world *w, uint64_t commit)
{
	if (commit != 0)
		wait_for(w, commit);
}

int
world_failed(struct world *w)
{
	return wait_for(w, 0);
}

uint64_t
world_put(struct world *w, enum store_table t, uint32_t session, uint64_t num,
    const char *text)
{
	struct store_batch *b = store_begin(w->st);
	struct store_row row = { .session = session, .epoch = 1,
		.msg_seq_num = num, .data = text, .len = strlen(text) };
	uint64_t commit;

	store_add(b, t, &row);
	ck_assert_int_eq(0, store_commit(b, &commit));
	return commit;
}

uint32_t
world_session(struct world *w, const char *name)
{
	struct store_state s;
	uint32_t id;
	bool is_new;

	ck_assert_int_eq(0, store_session(w->st, name, &id, &s, &is_new));
	return id;
}

int
world_row(void *arg, const struct store_row *row)
{
	struct world_rows *r = arg;
	size_t at = strlen(r->text);

	if (row->len <= 32)
		snprintf(r->text + at, sizeof(r->text) - at,
		    "%llu:%llu:%.*s ", (unsigned long long)row->seq,
		    (unsigned long long)row->msg_seq_num, (int)row->len,
		    row->data);
	r->n++;
	r->last = row->seq;
	return r->stop_at != 0 && r->n == r->stop_at;
}

const char *
world_read(struct world *w, enum store_table t, uint64_t after,
    struct world_rows *r)
{
	uint64_t upto;

	memset(r, 0, sizeof(*r));
	ck_assert_int_eq(0, store_read(w->st, t, after, SIZE_MAX, SIZE_MAX,
	    world_row, r, &upto));
	return r->text;
}

const char *
world_read_out(struct world *w, uint32_t session, uint32_t epoch,
    uint64_t first, uint64_t last, struct world_rows *r)
{
	uint64_t next;

	memset(r, 0, sizeof(*r));
	ck_assert_int_eq(0, store_read_out(w->st, session, epoch, first, last,
	    SIZE_MAX, SIZE_MAX, world_row, r, &next));
	ck_assert(next == last + 1);
	return r->text;
}
