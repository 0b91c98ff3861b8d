/*
 * Backups of a store that is written to, and stores made of them.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "store/backup.h"
#include "store/segment.h"
#include "numbered.h"

#define PACE_US 500 /* between two commits under load */
#define LOADED  300 /* commits between two backups, at least */

/* A store, and a thread that is its loop. */
static struct work {
	struct world w;
	char base[64];
	pthread_t thread;
	_Atomic bool stop;
	_Atomic uint64_t durable; /* as the thread saw it */
	_Atomic uint64_t written;
} k;

static char why[STORE_ERR_MAX];

static void
commit_one(uint64_t n, uint32_t session, enum store_table orders)
{
	struct store_batch *b = store_begin(k.w.st);
	char text[NUMBERED_BYTES];
	struct store_row row = { .session = session, .epoch = 1,
		.msg_seq_num = n, .data = text, .len = numbered_text(n, text) };
	uint64_t commit;

	store_add(b, STORE_FIX_IN, &row);
	store_add(b, STORE_FIX_OUT, &row);
	store_add(b, orders, &row);
	store_set_state(b, &(struct store_state){ .session = session,
	    .epoch = 1, .next_in = n + 1, .next_out = n + 1, .pending = 1 });
	ck_assert_int_eq(0, store_commit(b, &commit));
	ck_assert_uint_eq(n, commit);
	k.written = n;
	k.durable = store_durable(k.w.st);
}

static void *
load(void *arg)
{
	uint32_t session = world_session(&k.w, "A");
	enum store_table orders;
	uint64_t n;

	(void)arg;
	ck_assert_int_eq(0, store_table_define(k.w.st, "ORDERS", "", &orders));
	for (n = k.written + 1; !k.stop; n++) {
		commit_one(n, session, orders);
		usleep(PACE_US);
	}
	return NULL;
}

static void
start(void)
{
	k.stop = false;
	ck_assert_int_eq(0, pthread_create(&k.thread, NULL, load, NULL));
}

/* Returns the last commit. */
static uint64_t
stop(void)
{
	k.stop = true;
	pthread_join(k.thread, NULL);
	world_settle(&k.w, k.written);
	return k.written;
}

/* So many commits, no more. */
static void
put(uint64_t n)
{
	uint32_t session = world_session(&k.w, "A");
	enum store_table orders;

	ck_assert_int_eq(0, store_table_define(k.w.st, "ORDERS", "", &orders));
	while (n-- > 0)
		commit_one(k.written + 1, session, orders);
	world_settle(&k.w, k.written);
}

static void
wait_commits(uint64_t more)
{
	uint64_t until = k.durable + more;
	int tries = 0;

	while (k.durable < until) {
		ck_assert_int_lt(tries++, 200000);
		usleep(1000);
	}
}

static void
begin(int kind)
{
	memset(&k, 0, sizeof(k));
	numbered_open(&k.w, kind, 100 << 10, 256 << 10);
	strcpy(k.base, "backup.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(k.base));
}

static const char *
in_base(const char *name)
{
	static char path[4][256];
	static unsigned at;
	char *p = path[at++ % 4];

	snprintf(p, 256, "%s/%s", k.base, name);
	return p;
}

static void
end(void)
{
	world_close(&k.w);
	world_rmdir(k.base);
}

static struct store_backup
backup(const char *to, bool logs)
{
	struct store_backup b;

	ck_assert_msg(store_backup(k.w.st, to, logs, NULL, &b, why) == 0, "%s",
	    why);
	ck_assert_str_eq(store_uuid(k.w.st), b.uuid);
	return b;
}

static struct store_backup
restore(const char *from, const char *to, const char *logs)
{
	struct store_restore r = { .backup = from, .to = to, .logs = logs };
	struct store_backup b;

	ck_assert_msg(store_restore(&r, NULL, &b, why) == 0, "%s", why);
	return b;
}

static void
check_table(struct store *st, enum store_table t, uint64_t last)
{
	uint64_t n = 0, upto;

	ck_assert_uint_eq(last, store_visible(st, t));
	ck_assert_int_eq(0, store_read(st, t, 0, SIZE_MAX, SIZE_MAX, numbered_row,
	    &n, &upto));
	ck_assert_uint_eq(last, n);
}

/* A store has all of commits 1 ... and nothing else, and goes on. Returns how
 * many. */
static uint64_t
look(const char *dir, const char *uuid, bool complete)
{
	struct store_cfg cfg = k.w.cfg;
	struct store_origin o;
	struct store_state s;
	enum store_table orders;
	uint64_t last, n = 0, next;
	struct store *st;
	uint32_t id;
	bool is_new;

	cfg.path = dir;
	ck_assert_msg(store_open_bdb(&st, &cfg, why) == 0, "%s", why);
	ck_assert_str_eq(uuid, store_uuid(st));
	store_origin(st, &o);
	ck_assert_str_eq(store_uuid(k.w.st), o.uuid);
	ck_assert(complete == o.complete);
	last = store_durable(st);
	ck_assert_uint_eq(last, o.commit);
	ck_assert_int_eq(0, store_session(st, "A", &id, &s, &is_new));
	ck_assert(!is_new);
	ck_assert_uint_eq(last + 1, s.next_in);
	ck_assert_uint_eq(last + 1, s.next_out);
	orders = store_table_by_name(st, "ORDERS");
	ck_assert_int_ne(0, orders);
	check_table(st, STORE_FIX_IN, last);
	check_table(st, STORE_FIX_OUT, last);
	check_table(st, orders, last);
	ck_assert_int_eq(0, store_read_out(st, id, 1, 1, last, SIZE_MAX,
	    SIZE_MAX, numbered_row, &n, &next));
	ck_assert_uint_eq(last, n);
	ck_assert_uint_eq(store_table_incarnation(k.w.st, STORE_FIX_IN) + 1,
	    store_table_incarnation(st, STORE_FIX_IN));
	ck_assert_uint_eq(store_table_incarnation(k.w.st, orders) + 1,
	    store_table_incarnation(st, orders));
	store_close(st);
	return last;
}

static void
backup_under_load(int kind)
{
	const char *to = in_base("b");
	struct store_backup b, r;
	uint64_t before, last;
	unsigned i;

	begin(kind);
	to = in_base("b");
	start();
	wait_commits(LOADED);
	b = backup(to, false);
	for (i = 0; i < 3; i++) {
		wait_commits(LOADED);
		before = k.durable;
		b = backup(to, false);
		ck_assert_uint_ge(b.commit, before);
		/* What is sealed was there. */
		ck_assert_uint_lt(b.copied, b.bytes);
	}
	wait_commits(LOADED);
	last = stop();
	ck_assert_uint_gt(last, b.commit);

	r = restore(to, in_base("r"), NULL);
	before = look(in_base("r"), r.uuid, false);
	ck_assert_uint_ge(before, b.commit);
	ck_assert_uint_le(before, last);
	ck_assert_uint_eq(before, r.commit);
	ck_assert_str_ne(r.uuid, b.uuid);

	/* Point in time: what came up to now. */
	b = backup(to, true);
	ck_assert_uint_eq(last, b.commit);
	r = restore(to, in_base("p"), NULL);
	ck_assert_uint_eq(last, look(in_base("p"), r.uuid, false));
	end();
}

START_TEST(a_backup_under_load_when_written)
{
	backup_under_load(WORLD_WRITTEN);
}
END_TEST

START_TEST(a_backup_under_load_when_synced)
{
	backup_under_load(WORLD_SYNCED);
}
END_TEST

/* The log files that the dead store has are kept since its backup. */
START_TEST(a_backup_and_the_stores_own_log_are_all_of_it)
{
	struct store_restore r = { 0 };
	struct store_backup b, n;
	uint64_t last;

	begin(WORLD_WRITTEN);
	start();
	wait_commits(LOADED);
	b = backup(in_base("b"), false);
	wait_commits(10 * LOADED); /* several log files, and checkpoints */
	last = stop();

	r.backup = in_base("b");
	r.to = in_base("r");
	r.logs = k.w.dir;
	ck_assert_int_eq(FG_EBUSY, store_restore(&r, NULL, &n, why));
	ck_assert_ptr_nonnull(strstr(why, "stop it first"));
	world_rmdir(in_base("r"));
	store_close(k.w.st);
	n = restore(in_base("b"), in_base("r"), k.w.dir);
	ck_assert_msg(store_open_bdb(&k.w.st, &k.w.cfg, why) == 0, "%s", why);
	ck_assert_uint_eq(last, n.commit);
	ck_assert_uint_gt(last, b.commit);
	ck_assert_uint_eq(last, look(in_base("r"), n.uuid, true));
	end();
}
END_TEST

/* Change a byte in the middle of a file. */
static void
spoil(const char *path)
{
	struct stat s;
	char c;
	int fd = open(path, O_RDWR);

	ck_assert_int_ne(-1, fd);
	ck_assert_int_eq(0, fstat(fd, &s));
	ck_assert_int_eq(1, pread(fd, &c, 1, s.st_size / 2));
	c ^= 1;
	ck_assert_int_eq(1, pwrite(fd, &c, 1, s.st_size / 2));
	close(fd);
}

START_TEST(a_changed_backup_is_refused)
{
	static const char *const file[] = { "BACKUP",
		"FIX_IN.00000000000000000001" };
	struct store_restore r = { 0 };
	struct store_backup b;
	size_t i;

	begin(WORLD_WRITTEN);
	put(5 * LOADED);
	for (i = 0; i < sizeof(file) / sizeof(file[0]); i++) {
		char path[512];

		world_rmdir(in_base("b"));
		world_rmdir(in_base("r"));
		backup(in_base("b"), false);
		snprintf(path, sizeof(path), "%s/%s", in_base("b"), file[i]);
		spoil(path);
		r.backup = in_base("b");
		r.to = in_base("r");
		ck_assert_int_eq(FG_EDAMAGED, store_restore(&r, NULL, &b,
		    why));
		ck_assert_msg(strstr(why, file[i]) != NULL, "%s", why);
	}
	end();
}
END_TEST

START_TEST(a_backup_that_was_given_up_leaves_the_one_before)
{
	unsigned calls = 3;
	struct store_work work = { numbered_give_up, &calls };
	struct store_backup b, r;

	begin(WORLD_WRITTEN);
	start();
	wait_commits(LOADED);
	b = backup(in_base("b"), false);
	wait_commits(LOADED);
	ck_assert_int_eq(FG_ECLOSED, store_backup(k.w.st, in_base("b"), false,
	    &work, &r, why));
	stop();
	r = restore(in_base("b"), in_base("r"), NULL);
	ck_assert_uint_ge(look(in_base("r"), r.uuid, false), b.commit);
	end();
}
END_TEST

START_TEST(a_directory_that_is_something_else_is_left_alone)
{
	struct store_restore r = { 0 };
	struct store_backup b;
	char path[512];
	int fd;

	begin(WORLD_WRITTEN);
	put(LOADED);
	backup(in_base("b"), false);
	snprintf(path, sizeof(path), "%s/file", k.base);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	close(fd);
	ck_assert_int_eq(FG_EEXIST, store_backup(k.w.st, k.base, false, NULL,
	    &b, why));
	ck_assert_ptr_nonnull(strstr(why, "has files and no backup"));
	ck_assert_int_eq(FG_ENOENT, store_backup(k.w.st, in_base("n"), true,
	    NULL, &b, why));
	ck_assert_ptr_nonnull(strstr(why, "take a whole one first"));
	r.backup = in_base("b");
	r.to = k.base;
	ck_assert_int_eq(FG_EEXIST, store_restore(&r, NULL, &b, why));
	r.backup = in_base("n");
	r.to = in_base("r");
	ck_assert_int_eq(FG_ENOENT, store_restore(&r, NULL, &b, why));
	ck_assert_ptr_nonnull(strstr(why, "there is no file BACKUP"));

	/* The backup of another store. */
	b = restore(in_base("b"), in_base("r"), NULL);
	world_close(&k.w);
	world_open(&k.w, WORLD_WRITTEN);
	ck_assert_int_eq(FG_EEXIST, store_backup(k.w.st, in_base("b"), false,
	    NULL, &b, why));
	ck_assert_ptr_nonnull(strstr(why, "is of another store"));
	end();
}
END_TEST

START_TEST(what_is_half_restored_cannot_be_opened)
{
	unsigned calls = 3;
	struct store_work work = { numbered_give_up, &calls };
	struct store_restore r = { 0 };
	struct store_cfg cfg;
	struct store_backup b;
	struct store *st;

	begin(WORLD_WRITTEN);
	put(LOADED);
	backup(in_base("b"), false);
	r.backup = in_base("b");
	r.to = in_base("r");
	ck_assert_int_eq(FG_ECLOSED, store_restore(&r, &work, &b, why));
	cfg = k.w.cfg;
	cfg.path = in_base("r");
	ck_assert_int_eq(FG_ESTATE, store_open_bdb(&st, &cfg, why));
	ck_assert_ptr_nonnull(strstr(why, "restore again"));
	end();
}
END_TEST

/* The later log files have to be those of the store, without a hole. */
START_TEST(log_files_that_do_not_go_on_are_refused)
{
	struct store_restore r = { 0 };
	struct store_backup b, n;
	char path[512];

	begin(WORLD_WRITTEN);
	put(LOADED);
	b = backup(in_base("b"), false);
	put(6 * LOADED);
	store_close(k.w.st);
	snprintf(path, sizeof(path), "%s/log.%010u", k.w.dir, b.last_log + 1);
	ck_assert_int_eq(0, unlink(path));
	r.backup = in_base("b");
	r.to = in_base("r");
	r.logs = k.w.dir;
	ck_assert_int_eq(FG_ENOENT, store_restore(&r, NULL, &n, why));
	ck_assert_ptr_nonnull(strstr(why, "what is behind it cannot be used"));
	world_rmdir(in_base("r"));
	snprintf(path, sizeof(path), "%s/log.%010u", k.w.dir, b.last_log);
	ck_assert_int_eq(0, unlink(path));
	ck_assert_int_eq(FG_ENOENT, store_restore(&r, NULL, &n, why));
	ck_assert_ptr_nonnull(strstr(why, "do not go on from"));
	world_rmdir(k.w.dir);
	ck_assert_msg(store_open_bdb(&k.w.st, &k.w.cfg, why) == 0, "%s", why);
	end();
}
END_TEST

static unsigned
log_files(void)
{
	DIR *d = opendir(k.w.dir);
	struct dirent *e;
	unsigned n = 0;

	while ((e = readdir(d)) != NULL)
		if (strncmp(e->d_name, "log.", 4) == 0)
			n++;
	closedir(d);
	return n;
}

static void
archive_oldest(void)
{
	const struct store_archive_how quick = { 0 };
	struct store_segment s;
	uint64_t number = 0;

	do
		ck_assert_int_eq(0, store_segment(k.w.st, STORE_FIX_IN,
		    number, &s));
	while (s.archived && (number = s.number + 1) != 0);
	ck_assert_msg(store_archive(k.w.st, STORE_FIX_IN, s.number, &quick, &s,
	    why) == 0, "%s", why);
}

START_TEST(archived_segments_come_along)
{
	struct store_backup r;

	begin(WORLD_WRITTEN);
	put(3 * LOADED);
	archive_oldest();
	backup(in_base("b"), false);
	r = restore(in_base("b"), in_base("r"), NULL);
	ck_assert_uint_eq(3 * LOADED, look(in_base("r"), r.uuid, false));
	/* Those of later, with the log: of the backup, and of the store. */
	archive_oldest();
	backup(in_base("b"), true);
	r = restore(in_base("b"), in_base("p"), NULL);
	ck_assert_uint_eq(3 * LOADED, look(in_base("p"), r.uuid, false));
	archive_oldest();
	store_close(k.w.st);
	r = restore(in_base("b"), in_base("s"), k.w.dir);
	ck_assert_msg(store_open_bdb(&k.w.st, &k.w.cfg, why) == 0, "%s", why);
	ck_assert_uint_eq(3 * LOADED, look(in_base("s"), r.uuid, true));
	end();
}
END_TEST

START_TEST(log_files_are_kept_since_the_last_backup)
{
	struct store_covered c;
	struct store_backup b;

	begin(WORLD_WRITTEN);
	k.w.cfg.log_keep_bytes = 6 << 20;
	world_reopen(&k.w);
	store_backed_up(k.w.st, &c);
	ck_assert_int_eq(0, c.time.ns);
	put(6 * LOADED);
	/* Without a backup: what recovery needs, back to the checkpoint before
	 * the last one. */
	world_reopen(&k.w);
	world_reopen(&k.w);
	ck_assert_uint_le(log_files(), 3);

	b = backup(in_base("b"), false);
	store_backed_up(k.w.st, &c);
	ck_assert_int_eq(b.time.ns, c.time.ns);
	ck_assert_uint_eq(b.last_log, c.log);
	put(3 * LOADED);
	world_reopen(&k.w);
	world_reopen(&k.w);
	store_backed_up(k.w.st, &c);
	ck_assert_int_eq(b.time.ns, c.time.ns);
	ck_assert_uint_eq(b.commit, c.commit);
	ck_assert(!c.gone);
	ck_assert_uint_gt(log_files(), 3);

	/* No more than so many, but for those that recovery needs. */
	put(12 * LOADED);
	world_reopen(&k.w);
	world_reopen(&k.w);
	world_reopen(&k.w);
	store_backed_up(k.w.st, &c);
	ck_assert(c.gone);
	ck_assert_uint_le(c.kept_bytes, 6 << 20);
	ck_assert_uint_le(log_files(), 25);
	ck_assert_int_eq(FG_ESTATE, store_backup(k.w.st, in_base("b"), true,
	    NULL, &b, why));
	ck_assert_ptr_nonnull(strstr(why, "take a whole backup"));
	backup(in_base("b"), false);
	store_backed_up(k.w.st, &c);
	ck_assert(!c.gone);
	end();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("backup");
	TCase *tc = tcase_create("backup");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, a_backup_under_load_when_written);
	tcase_add_test(tc, a_backup_under_load_when_synced);
	tcase_add_test(tc, a_backup_and_the_stores_own_log_are_all_of_it);
	tcase_add_test(tc, a_changed_backup_is_refused);
	tcase_add_test(tc, a_backup_that_was_given_up_leaves_the_one_before);
	tcase_add_test(tc, a_directory_that_is_something_else_is_left_alone);
	tcase_add_test(tc, what_is_half_restored_cannot_be_opened);
	tcase_add_test(tc, log_files_that_do_not_go_on_are_refused);
	tcase_add_test(tc, archived_segments_come_along);
	tcase_add_test(tc, log_files_are_kept_since_the_last_backup);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
