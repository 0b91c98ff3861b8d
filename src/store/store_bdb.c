/*
 * store_bdb.c: the store on disk: a Berkeley DB environment in a directory of
 * its own.
 *
 *	LOCK, FORMAT                bdb_dir.c
 *	META, SESSION, DICT, TABLE  bdb_state.c
 *	TABLE.n, FIX_OUT_INDEX.n    bdb_seg.c; their values: block.c
 *	STATE.n                     the same, of commits without a row
 *	log.n                       Berkeley DB's write-ahead log
 *
 * Pages are of 4 KiB, what file systems write at once, since Berkeley DB takes
 * for granted that a page is never half written; each carries a checksum.
 * Larger blocks lie on pages of their own.
 *
 * Log files are removed at checkpoints, when neither recovery nor the last backup
 * needs them (bdb_log.c).
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "store/bdb.h"

#define PAGE_BYTES         4096
#define SEGMENT_DEFAULT    (1ULL << 30)
#define CACHE_DEFAULT      (64ULL << 20)
#define CHECKPOINT_DEFAULT (128ULL << 20)
#define LOG_KEEP_DEFAULT   (10ULL << 30)
#define RECENT_BYTES       (8u << 20)  /* of a table's newest blocks */
#define LOG_FILE_BYTES     (64u << 20)
#define LOG_BUFFER_BYTES   (512u << 10)
#define LOCKS_MAX          20000       /* pages of the largest commit */
#define FILE_MODE          0640

int
bdb_err(int ret)
{
	switch (ret) {
	case 0:
		return 0;
	case DB_NOTFOUND:
		return FG_ENOENT;
	case DB_PAGE_NOTFOUND:
	case DB_VERIFY_BAD:
		return FG_EDAMAGED;
	case DB_OLD_VERSION:
	case DB_VERSION_MISMATCH:
		return FG_EFORMAT;
	}
	return ret > 0 ? fg_errno(ret) : FG_EIO;
}

int
bdb_why(struct bdb *b, int err, const char *fmt, ...)
{
	va_list ap;

	if (b->why[0] == '\0') {
		va_start(ap, fmt);
		vsnprintf(b->why, STORE_ERR_MAX, fmt, ap);
		va_end(ap);
	}
	return err;
}

DBT
bdb_dbt(const void *p, size_t n)
{
	return (DBT){ .data = (void *)(uintptr_t)p, .size = (uint32_t)n,
		.ulen = (uint32_t)n, .flags = DB_DBT_USERMEM };
}

uint32_t
bdb_commit_flags(const struct bdb *b)
{
	return b->st.cfg.durability == STORE_WRITTEN ? DB_TXN_WRITE_NOSYNC
	    : DB_TXN_NOSYNC;
}

int
bdb_open_file(struct bdb *b, DB **out, const char *file, bool create)
{
	uint32_t flags = DB_THREAD | DB_AUTO_COMMIT | (create ? DB_CREATE : 0);
	DB *db;
	int ret = db_create(&db, b->env, 0);

	if (ret != 0)
		return bdb_err(ret);
	ret = db->set_pagesize(db, PAGE_BYTES);
	if (ret == 0)
		ret = db->set_flags(db, DB_CHKSUM);
	if (ret == 0)
		ret = db->open(db, NULL, file, NULL, DB_BTREE, flags,
		    FILE_MODE);
	if (ret != 0) {
		db->close(db, DB_NOSYNC);
		return bdb_why(b, bdb_err(ret), "store %s: file %s: %s%s%s",
		    b->path, file, db_strerror(ret),
		    b->message[0] == '\0' ? "" : ": ", b->message);
	}
	*out = db;
	return 0;
}

static void
said(const DB_ENV *env, const char *prefix, const char *msg)
{
	struct bdb *b = env->app_private;

	(void)prefix;
	if (b->damaged) /* what is said now only follows from it */
		return;
	snprintf(b->message, sizeof(b->message), "%s", msg);
	if (b->has_checkpointer)
		bdb_damage_said(b, msg);
}

static int
tune(struct bdb *b)
{
	DB_ENV *e = b->env;
	uint64_t cache = b->st.cfg.cache_bytes;
	uint32_t file = b->st.cfg.log_file_bytes, buffer = LOG_BUFFER_BYTES;
	int ret;

	if (buffer > file / 4)
		buffer = file / 4;
	ret = e->set_cachesize(e, (uint32_t)(cache >> 30),
	    (uint32_t)(cache & ((1u << 30) - 1)), 1);
	if (ret == 0)
		ret = e->set_lg_bsize(e, buffer);
	if (ret == 0)
		ret = e->set_lg_max(e, file);
	if (ret == 0) /* the reader gives way: it has written nothing */
		ret = e->set_lk_detect(e, DB_LOCK_MINWRITE);
	if (ret == 0)
		ret = e->set_lk_max_locks(e, LOCKS_MAX);
	if (ret == 0)
		ret = e->set_lk_max_objects(e, LOCKS_MAX);
	return ret;
}

static int
open_env(struct bdb *b, enum bdb_how how)
{
	uint32_t flags = DB_CREATE | DB_PRIVATE | DB_THREAD | DB_INIT_TXN
	    | DB_INIT_LOG | DB_INIT_MPOOL | DB_INIT_LOCK
	    | (how == BDB_FATAL ? DB_RECOVER_FATAL : DB_RECOVER);
	int ret = db_env_create(&b->env, 0);

	if (ret != 0)
		return bdb_err(ret);
	b->env->app_private = b;
	b->env->set_errcall(b->env, said);
	ret = tune(b);
	if (ret == 0)
		ret = b->env->open(b->env, b->path, flags, FILE_MODE);
	if (ret == 0)
		return 0;
	if (bdb_damage_suspect(b) != 0)
		return FG_EDAMAGED;
	return bdb_why(b, bdb_err(ret), "store %s: recovery failed: %s%s%s; "
	    "if the disk is full, make room and start again, else restore the "
	    "store from a backup", b->path, db_strerror(ret),
	    b->message[0] == '\0' ? "" : ": ", b->message);
}

static void
close_all(struct bdb *b)
{
	struct timespec began;

	bdb_threads_stop(b);
	clock_gettime(CLOCK_REALTIME, &began);
	if (b->env != NULL && b->meta != NULL && b->st.failed == 0
	    && b->env->txn_checkpoint(b->env, 0, 0, 0) == 0) {
		bdb_damage_mark(b, &began);
		bdb_log_tidy(b);
	}
	bdb_seg_close(b);
	if (b->declared != NULL)
		b->declared->close(b->declared, DB_NOSYNC);
	if (b->dict != NULL)
		b->dict->close(b->dict, DB_NOSYNC);
	if (b->session != NULL)
		b->session->close(b->session, DB_NOSYNC);
	if (b->meta != NULL)
		b->meta->close(b->meta, DB_NOSYNC);
	if (b->env != NULL)
		b->env->close(b->env, 0);
	damage_free(&b->damage);
	bdb_dir_close(b);
	store_fini(&b->st);
	pthread_mutex_destroy(&b->seg_lock);
	pthread_mutex_destroy(&b->arc_lock);
	pthread_mutex_destroy(&b->write_lock);
	pthread_mutex_destroy(&b->state_lock);
	pthread_mutex_destroy(&b->work_lock);
	pthread_mutex_destroy(&b->log_lock);
	pthread_cond_destroy(&b->work);
	pthread_cond_destroy(&b->queued);
	free(b->state);
	free(b->path);
	free(b->arc_path);
	free(b->drop);
	free(b);
}

static void
bdb_close(struct store *st)
{
	close_all((struct bdb *)st);
}

static int
write_now(struct store *st, struct store_commit *c)
{
	struct bdb *b = (struct bdb *)st;
	int err = bdb_write(st, c);

	if (err != 0 && err != FG_ENOSPC)
		store_fail(st, err, "store %s: a commit failed (%s%s%s); "
		    "restart to recover", b->path, fg_strerror(err),
		    b->message[0] == '\0' ? "" : ": ", b->message);
	return err;
}

static void
now_durable(struct store *st)
{
	store_moved(st, UINT64_MAX);
}

static void
now_queued(struct store *st)
{
	bdb_writer_wake((struct bdb *)st);
}

static int
recover(struct store *st)
{
	if (st->failed != 0 && st->failed != FG_ENOSPC)
		return st->failed;
	return TAILQ_EMPTY(&st->pending) ? 0 : bdb_undo((struct bdb *)st);
}

static const struct store_seg_ops seg_ops = {
	.next = bdb_segment_next,
	.seal = bdb_seal,
	.archive = bdb_archive,
	.drop = bdb_archive_drop,
	.archived = bdb_archived,
	.sum = bdb_archive_sum,
	.kept_from = bdb_kept_from,
};

/* All but for who writes. */
#define BDB_OPS                                                                \
	.add_session = bdb_add_session, .add_dict = bdb_add_dict,              \
	.dict_text = bdb_dict_text, .put_table = bdb_put_table,                \
	.put_def = bdb_put_def, .read = bdb_read, .read_out = bdb_read_out,    \
	.blocks = bdb_blocks, .records = bdb_records,                          \
	.next_file = bdb_next_file, .segment = bdb_segment,                    \
	.flushed = bdb_flushed, .backup = bdb_backup, .seg = &seg_ops,         \
	.recover = recover, .close = bdb_close

/* The thread that commits writes, too. */
static const struct store_ops direct_ops = {
	.write = write_now,
	.accepted = now_durable,
	BDB_OPS,
};

/* A thread of the store does. */
static const struct store_ops queued_ops = {
	.accepted = now_queued,
	BDB_OPS,
};

static int
init(struct bdb *b, const struct store_cfg *cfg, char *why)
{
	int err = store_init(&b->st, cfg->durability == STORE_SYNCED
	    ? &queued_ops : &direct_ops, cfg);

	if (err != 0)
		return err;
	pthread_mutex_init(&b->seg_lock, NULL);
	pthread_mutex_init(&b->arc_lock, NULL);
	pthread_mutex_init(&b->write_lock, NULL);
	pthread_mutex_init(&b->state_lock, NULL);
	pthread_mutex_init(&b->work_lock, NULL);
	pthread_mutex_init(&b->log_lock, NULL);
	pthread_cond_init(&b->work, NULL);
	pthread_cond_init(&b->queued, NULL);
	b->lock_fd = -1;
	b->why = why;
	b->st.recent_bytes = RECENT_BYTES;
	if (cfg->segment_bytes == 0)
		b->st.cfg.segment_bytes = SEGMENT_DEFAULT;
	if (cfg->cache_bytes == 0)
		b->st.cfg.cache_bytes = CACHE_DEFAULT;
	if (cfg->checkpoint_bytes == 0)
		b->st.cfg.checkpoint_bytes = CHECKPOINT_DEFAULT;
	if (cfg->log_file_bytes == 0)
		b->st.cfg.log_file_bytes = LOG_FILE_BYTES;
	if (cfg->log_keep_bytes == 0)
		b->st.cfg.log_keep_bytes = LOG_KEEP_DEFAULT;
	b->path = strdup(cfg->path);
	b->st.cfg.path = b->path;
	if (cfg->archive_path != NULL)
		b->arc_path = strdup(cfg->archive_path);
	else if (b->path != NULL && asprintf(&b->arc_path, "%s/ARCHIVE",
	    b->path) == -1)
		b->arc_path = NULL;
	b->st.cfg.archive_path = b->arc_path;
	return b->path == NULL || b->arc_path == NULL ? FG_ENOMEM : 0;
}

int
bdb_open(struct bdb **out, const struct store_cfg *cfg, enum bdb_how how,
    char *why)
{
	static char nowhere[STORE_ERR_MAX] = "?";
	struct bdb *b = calloc(1, sizeof(*b));
	int err;

	why[0] = '\0';
	if (b == NULL || (err = init(b, cfg, why)) != 0) {
		free(b);
		snprintf(why, STORE_ERR_MAX, "store: out of memory");
		return FG_ENOMEM;
	}
	err = bdb_dir_open(b, how);
	if (err == 0 && how == BDB_NORMAL)
		err = bdb_damage_before(b);
	if (err == 0)
		err = open_env(b, how);
	if (err == 0)
		err = bdb_damage_after(b);
	if (err == 0)
		err = bdb_state_load(b);
	if (err == 0)
		err = bdb_kept_load(b);
	if (err == 0)
		err = bdb_seg_find(b);
	if (err == 0)
		err = bdb_scan(b);
	if (err == 0)
		bdb_seg_know_old(b);
	if (err == 0 && how == BDB_NORMAL)
		bdb_left_over(b);
	if (err == 0)
		err = bdb_threads_start(b);
	if (err != 0) {
		bdb_why(b, err, "store %s: %s", b->path, fg_strerror(err));
		close_all(b);
		return err;
	}
	b->why = nowhere; /* from now on errors are said by store_failed */
	*out = b;
	return 0;
}

int
store_open_bdb(struct store **out, const struct store_cfg *cfg,
    char why[STORE_ERR_MAX])
{
	struct bdb *b;
	int err = bdb_open(&b, cfg, BDB_NORMAL, why);

	if (err == 0)
		*out = &b->st;
	return err;
}
