/* What only the back end on disk has to do. */
#include "disk.h"

#include <db.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "world.h"

static struct world w;
static struct world_rows rows;

static void
in_dir(char *path, size_t cap, const char *name)
{
	snprintf(path, cap, "%s/%s", w.dir, name);
}

static void
write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	in_dir(path, sizeof(path), name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

/* Commit a FIX_OUT row of a session with its states. */
static uint64_t
send_one(uint32_t session, uint64_t num, size_t len)
{
	static char text[4096];
	struct store_batch *b = store_begin(w.st);
	struct store_row row = { .session = session, .epoch = 1,
		.msg_seq_num = num, .data = text, .len = len };
	uint64_t commit;

	store_add(b, STORE_FIX_OUT, &row);
	store_set_state(b, &(struct store_state){ .session = session,
	    .epoch = 1, .next_in = 1, .next_out = num + 1 });
	ck_assert_int_eq(0, store_commit(b, &commit));
	return commit;
}

static uint64_t
next_out(uint32_t session)
{
	struct store_state s;

	ck_assert_int_eq(0, store_session_state(w.st, session, &s));
	return s.next_out;
}

START_TEST(a_store_that_is_opened_again_has_everything)
{
	struct buf text = { 0 };
	char uuid[37];
	uint32_t s, d;

	world_open(&w, _i);
	strcpy(uuid, store_uuid(w.st));
	ck_assert_uint_eq(36, strlen(uuid));
	s = world_session(&w, "A");
	ck_assert_int_eq(0, store_dict(w.st, "d.xml", "<fix/>", 6, &d));
	world_put(&w, STORE_FIX_IN, s, 1, "a");
	send_one(s, 1, 10);
	send_one(s, 2, 10);
	world_reopen(&w);
	ck_assert_str_eq(uuid, store_uuid(w.st));
	ck_assert_uint_eq(s, world_session(&w, "A"));
	ck_assert_uint_eq(3, next_out(s));
	ck_assert_uint_eq(3, store_durable(w.st));
	ck_assert_uint_eq(2, store_visible(w.st, STORE_FIX_OUT));
	ck_assert_uint_eq(1, store_oldest(w.st, STORE_FIX_OUT));
	ck_assert_str_eq("1:1:a ", world_read(&w, STORE_FIX_IN, 0, &rows));
	ck_assert_int_eq(0, store_dict_text(w.st, d, &text, NULL));
	ck_assert(text.len == 6 && memcmp(text.p, "<fix/>", 6) == 0);
	ck_assert_int_eq(0, store_dict(w.st, "x", "<fix/>", 6, &s));
	ck_assert_uint_eq(d, s);
	ck_assert_uint_eq(4, world_put(&w, STORE_FIX_IN, 1, 2, "b"));
	world_settle(&w, 4);
	ck_assert_str_eq("1:1:a 2:2:b ",
	    world_read(&w, STORE_FIX_IN, 0, &rows));
	buf_free(&text);
	world_close(&w);
}
END_TEST

START_TEST(a_commit_of_states_alone_survives)
{
	struct store_batch *b;
	uint64_t commit;
	uint32_t s;

	world_open(&w, _i);
	s = world_session(&w, "A");
	b = store_begin(w.st);
	store_set_state(b, &(struct store_state){ .session = s, .epoch = 4,
	    .next_in = 5, .next_out = 6 });
	ck_assert_int_eq(0, store_commit(b, &commit));
	ck_assert_uint_eq(1, commit);
	world_put(&w, STORE_FIX_IN, s, 5, "x");
	world_reopen(&w);
	ck_assert_uint_eq(6, next_out(s));
	ck_assert_uint_eq(2, store_durable(w.st));
	world_close(&w);
}
END_TEST

START_TEST(the_newest_state_counts_whatever_table_has_it)
{
	struct store_batch *b;
	struct store_row row = { .data = "x", .len = 1 };
	enum store_table t;
	uint64_t commit, i;
	uint32_t s;

	for (i = 0; i < 2; i++) {
		world_open(&w, _i);
		s = world_session(&w, "A");
		for (t = STORE_FIX_IN; t <= STORE_FIX_OUT; t++) {
			b = store_begin(w.st);
			store_add(b, i == 0 ? t : STORE_FIX_IN + STORE_FIX_OUT - t,
			    &row);
			store_set_state(b, &(struct store_state){
			    .session = s, .epoch = 1, .next_in = 1,
			    .next_out = t + 1 });
			ck_assert_int_eq(0, store_commit(b, &commit));
		}
		world_reopen(&w);
		ck_assert_uint_eq(STORE_FIX_OUT + 1, next_out(s));
		world_close(&w);
	}
}
END_TEST

/* Take the block at seq out of a segment, behind the store's back. */
static void
remove_block(const char *file, uint64_t seq)
{
	char path[128];
	DB *db;
	DBT key = { .data = &seq, .size = sizeof(seq) };

	in_dir(path, sizeof(path), file);
	seq = htobe64(seq);
	ck_assert_int_eq(0, db_create(&db, NULL, 0));
	ck_assert_int_eq(0, db->open(db, NULL, path, NULL, DB_BTREE, 0, 0));
	ck_assert_int_eq(0, db->del(db, NULL, &key, 0));
	ck_assert_int_eq(0, db->close(db, 0));
}

START_TEST(a_commit_that_is_missing_is_found)
{
	static const struct {
		const char *file, *says;
		uint64_t seq;
	} row[] = {
		{ "FIX_OUT.00000000000000000001", "commit 2 is missing", 1 },
		{ "FIX_IN.00000000000000000001", "table FIX_IN", 2 },
	};
	struct store *st;
	size_t i;

	for (i = 0; i < 2; i++) {
		world_open(&w, WORLD_WRITTEN);
		world_put(&w, STORE_FIX_IN, 0, 1, "a");
		world_put(&w, STORE_FIX_OUT, 0, 1, "b");
		world_put(&w, STORE_FIX_IN, 0, 2, "c");
		world_put(&w, STORE_FIX_IN, 0, 3, "d");
		store_close(w.st);
		remove_block(row[i].file, row[i].seq);
		ck_assert_int_eq(FG_EDAMAGED,
		    store_open_bdb(&st, &w.cfg, w.err));
		ck_assert_msg(strstr(w.err, row[i].says) != NULL, "%s", w.err);
		world_rmdir(w.dir);
	}
}
END_TEST

START_TEST(rows_and_resends_cross_segments)
{
	uint64_t i, next, commit = 0;
	uint32_t a, b;
	int pass;

	world_open(&w, _i);
	w.cfg.segment_bytes = 64 << 10;
	world_reopen(&w);
	a = world_session(&w, "A");
	b = world_session(&w, "B");
	for (i = 1; i <= 300; i++) {
		send_one(a, i, 3000);
		commit = send_one(b, 1000 + i, 40);
	}
	world_settle(&w, commit);
	for (pass = 0; pass < 2; pass++) {
		world_read(&w, STORE_FIX_OUT, 0, &rows);
		ck_assert(rows.n == 600 && rows.last == 600);
		world_read(&w, STORE_FIX_OUT, 333, &rows);
		ck_assert(rows.n == 267 && rows.last == 600);
		world_read_out(&w, a, 1, 1, 300, &rows);
		ck_assert(rows.n == 300 && rows.last == 599);
		world_read_out(&w, b, 1, 1150, 1160, &rows);
		ck_assert(rows.n == 11 && rows.last == 320);
		world_read_out(&w, b, 1, 1, 99, &rows);
		ck_assert_uint_eq(0, rows.n);
		memset(&rows, 0, sizeof(rows));
		ck_assert_int_eq(0, store_read_out(w.st, a, 1, 17, 300, 90,
		    SIZE_MAX, world_row, &rows, &next));
		ck_assert(rows.n == 90 && next == 107);
		world_reopen(&w);
	}
	ck_assert_uint_eq(301, next_out(a));
	ck_assert_uint_eq(1301, next_out(b));
	world_close(&w);
}
END_TEST

START_TEST(states_are_found_far_behind_their_checkpoint)
{
	uint64_t i, commit = 0;
	uint32_t a, b;

	world_open(&w, _i);
	a = world_session(&w, "A");
	b = world_session(&w, "B");
	send_one(b, 41, 5);
	for (i = 1; i <= 9000; i++)
		commit = send_one(a, i, 5);
	world_settle(&w, commit);
	world_reopen(&w);
	ck_assert_uint_eq(9001, next_out(a));
	ck_assert_uint_eq(42, next_out(b));
	ck_assert_uint_eq(9001, store_durable(w.st));
	world_close(&w);
}
END_TEST

START_TEST(what_was_taken_back_does_not_come_again)
{
	uint64_t i;
	uint32_t s;

	world_open(&w, _i);
	if (_i != WORLD_SYNCED) {
		world_close(&w);
		return;
	}
	w.cfg.segment_bytes = 64 << 10;
	world_reopen(&w);
	s = world_session(&w, "A");
	world_settle(&w, send_one(s, 1, 3000));
	w.fail_step = "flush";
	w.fail_err = FG_ENOSPC;
	world_hold(&w);
	for (i = 2; i < 100; i++)
		send_one(s, i, 3000);
	world_release(&w);
	ck_assert_int_eq(FG_ENOSPC, world_failed(&w));
	w.fail_step = NULL;
	ck_assert_int_eq(0, store_recover(w.st));
	ck_assert_uint_eq(2, next_out(s));
	world_reopen(&w);
	ck_assert_uint_eq(2, next_out(s));
	for (i = 2; i < 200; i++)
		send_one(s, i, 1000);
	world_reopen(&w);
	ck_assert_uint_eq(200, next_out(s));
	for (i = 0; i < 199; i++) {
		world_read(&w, STORE_FIX_OUT, i, &rows);
		ck_assert(rows.n == 199 - i && rows.last == 199);
		world_read_out(&w, s, 1, i + 1, 500, &rows);
		ck_assert(rows.n == 199 - i && rows.last == 199);
	}
	world_close(&w);
}
END_TEST

START_TEST(a_second_process_is_told_who_has_the_store)
{
	char err[STORE_ERR_MAX], pid[32];
	struct store *st;
	int status;
	pid_t child;

	world_open(&w, WORLD_WRITTEN);
	snprintf(pid, sizeof(pid), "process %d;", (int)getpid());
	child = fork();
	ck_assert_int_ne(-1, child);
	if (child == 0) {
		if (store_open_bdb(&st, &w.cfg, err) != FG_EBUSY)
			_exit(1);
		_exit(strstr(err, pid) != NULL && strstr(err, w.dir) != NULL
		    ? 0 : 2);
	}
	ck_assert_int_eq(child, waitpid(child, &status, 0));
	ck_assert_int_eq(0, status);
	ck_assert_int_eq(FG_EBUSY, store_open_bdb(&st, &w.cfg, err));
	world_put(&w, STORE_FIX_IN, 0, 1, "x");
	world_close(&w);
}
END_TEST

START_TEST(what_the_lock_file_says_does_not_matter)
{
	static const char *const texts[] = { "", "\n", "999999\n", "garbage",
		"123456789012345678901234567890\n" };
	char err[STORE_ERR_MAX];
	struct store *st;
	size_t i;

	world_open(&w, WORLD_WRITTEN);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file("LOCK", texts[i]);
		ck_assert_int_eq(FG_EBUSY, store_open_bdb(&st, &w.cfg, err));
		store_close(w.st);
		write_file("LOCK", texts[i]);
		ck_assert_int_eq(0, store_open_bdb(&w.st, &w.cfg, err));
	}
	world_close(&w);
}
END_TEST

static int
format_version(void)
{
	char path[128];
	int v = 0;
	FILE *f;

	in_dir(path, sizeof(path), "FORMAT");
	f = fopen(path, "r");
	ck_assert(f != NULL && fscanf(f, "fixgate store %d", &v) == 1);
	fclose(f);
	return v;
}

START_TEST(a_format_that_is_not_ours_is_refused)
{
	static const char *const texts[] = { "fixgate store 3\n",
		"fixgate store 99999999999999999999\n", "", "nothing\n" };
	struct store *st;
	size_t i;

	world_open(&w, WORLD_WRITTEN);
	store_close(w.st);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file("FORMAT", texts[i]);
		ck_assert_int_eq(FG_EFORMAT,
		    store_open_bdb(&st, &w.cfg, w.err));
		ck_assert_ptr_nonnull(strstr(w.err, w.dir));
	}
	/* An older one becomes one that no older fixgated takes. */
	write_file("FORMAT", "fixgate store 1\n");
	ck_assert_int_eq(0, store_open_bdb(&w.st, &w.cfg, w.err));
	ck_assert_int_eq(format_version(), 2);
	world_close(&w);
}
END_TEST

/* Opening path fails with err and a text that has both. */
static void
refused(const char *path, int err, const char *text)
{
	struct store_cfg cfg = { .path = path, .durability = STORE_WRITTEN };
	struct store *st;

	ck_assert_int_eq(err, store_open_bdb(&st, &cfg, w.err));
	ck_assert_ptr_nonnull(strstr(w.err, path));
	ck_assert_msg(strstr(w.err, text) != NULL, "%s", w.err);
}

START_TEST(places_that_cannot_be_a_store_are_named)
{
	char path[160];

	world_open(&w, WORLD_WRITTEN);
	in_dir(path, sizeof(path), "FORMAT");
	refused(path, FG_EINVAL, "is a file");
	in_dir(path, sizeof(path), "no/such");
	refused(path, FG_ENOENT, "make it first");
	store_close(w.st);
	in_dir(path, sizeof(path), "FORMAT");
	unlink(path);
	refused(w.dir, FG_EFORMAT, "not a store");
	write_file("FORMAT", "fixgate store 1\n");
	ck_assert_int_eq(0, store_open_bdb(&w.st, &w.cfg, w.err));
	world_close(&w);
}
END_TEST

START_TEST(a_directory_without_rights_is_named)
{
	int status;
	pid_t child;

	world_open(&w, WORLD_WRITTEN);
	store_close(w.st);
	ck_assert_int_eq(0, chmod(w.dir, 0500));
	child = fork();
	ck_assert_int_ne(-1, child);
	if (child == 0) {
		/* root may write everywhere */
		if (geteuid() == 0 && (setgid(65534) != 0
		    || setuid(65534) != 0))
			_exit(0);
		_exit(store_open_bdb(&w.st, &w.cfg, w.err) == FG_EACCES
		    && strstr(w.err, w.dir) != NULL ? 0 : 1);
	}
	ck_assert_int_eq(child, waitpid(child, &status, 0));
	ck_assert_int_eq(0, status);
	chmod(w.dir, 0700);
	ck_assert_int_eq(0, store_open_bdb(&w.st, &w.cfg, w.err));
	world_close(&w);
}
END_TEST

START_TEST(a_failed_write_other_than_a_full_disk_is_final)
{
	struct store_batch *b;
	struct store_row row = { .data = "x", .len = 1 };
	char err[STORE_ERR_MAX];
	uint64_t commit;

	world_open(&w, _i);
	w.fail_err = FG_EIO;
	w.fail_step = _i == WORLD_SYNCED ? "flush" : "commit";
	b = store_begin(w.st);
	store_add(b, STORE_FIX_IN, &row);
	ck_assert_int_eq(_i == WORLD_SYNCED ? 0 : FG_EIO,
	    store_commit(b, &commit));
	ck_assert_int_eq(FG_EIO, world_failed(&w));
	w.fail_step = NULL;
	store_failed(w.st, err);
	ck_assert_ptr_nonnull(strstr(err, w.dir));
	ck_assert_ptr_nonnull(strstr(err, "restart"));
	ck_assert_int_eq(FG_EIO, store_recover(w.st));
	ck_assert_int_eq(FG_EIO, store_commit(store_begin(w.st), &commit));
	world_reopen(&w);
	world_put(&w, STORE_FIX_IN, 0, 1, "y");
	world_close(&w);
}
END_TEST

/* A disk that is full, or broken, below Berkeley DB. */
static _Atomic int disk_errno;

static ssize_t
disk_pwrite(int fd, const void *p, size_t n, off_t at)
{
	if (disk_errno != 0) {
		errno = disk_errno;
		return -1;
	}
	return pwrite(fd, p, n, at);
}

static ssize_t
disk_write(int fd, const void *p, size_t n)
{
	if (disk_errno != 0) {
		errno = disk_errno;
		return -1;
	}
	return write(fd, p, n);
}

static int
disk_fsync(int fd)
{
	if (disk_errno != 0) {
		errno = disk_errno;
		return -1;
	}
	return fdatasync(fd);
}

static void
disk_hook(void)
{
	db_env_set_func_pwrite(disk_pwrite);
	db_env_set_func_write(disk_write);
	db_env_set_func_fsync(disk_fsync);
}

/* Try to commit row num of session s; the error, wherever it shows. */
static int
try_row(uint32_t s, uint64_t num)
{
	struct store_batch *b = store_begin(w.st);
	struct store_row row = { .session = s, .epoch = 1,
		.msg_seq_num = num, .data = "lost", .len = 4 };
	uint64_t commit;
	int err;

	store_add(b, STORE_FIX_OUT, &row);
	store_set_state(b, &(struct store_state){ .session = s, .epoch = 1,
	    .next_in = 1, .next_out = num + 1 });
	err = store_commit(b, &commit);
	return err != 0 ? err : world_failed(&w);
}

START_TEST(a_full_disk_takes_nothing_and_goes_on_when_there_is_room)
{
	uint32_t s;
	int round;

	disk_hook();
	world_open(&w, _i);
	s = world_session(&w, "A");
	world_settle(&w, send_one(s, 1, 10));
	for (round = 0; round < 3; round++) {
		disk_errno = ENOSPC;
		ck_assert_int_eq(FG_ENOSPC, try_row(s, 2));
		if (_i == WORLD_SYNCED)
			ck_assert_int_eq(FG_ENOSPC, store_recover(w.st));
		disk_errno = 0;
		ck_assert_int_eq(0, store_recover(w.st));
		ck_assert_uint_eq(2, next_out(s));
		ck_assert_uint_eq(1, store_visible(w.st, STORE_FIX_OUT));
	}
	world_settle(&w, send_one(s, 2, 10));
	world_reopen(&w);
	ck_assert_uint_eq(3, next_out(s));
	ck_assert_uint_eq(2, store_durable(w.st));
	world_read_out(&w, s, 1, 1, 9, &rows);
	ck_assert(rows.n == 2 && rows.last == 2);
	world_close(&w);
}
END_TEST

START_TEST(a_disk_that_fails_ends_the_store_until_it_is_opened_again)
{
	char err[STORE_ERR_MAX];
	uint64_t durable;
	uint32_t s;

	disk_hook();
	world_open(&w, _i);
	s = world_session(&w, "A");
	world_settle(&w, send_one(s, 1, 10));
	durable = store_durable(w.st);
	disk_errno = EIO;
	ck_assert_int_eq(FG_EIO, try_row(s, 2));
	ck_assert_int_eq(FG_EIO, store_failed(w.st, err));
	ck_assert_int_eq(FG_EIO, store_recover(w.st));
	ck_assert_uint_eq(durable, store_durable(w.st));
	store_close(w.st);
	disk_errno = 0;
	ck_assert_msg(store_open_bdb(&w.st, &w.cfg, w.err) == 0, "%s", w.err);
	ck_assert_uint_ge(store_durable(w.st), durable);
	ck_assert_uint_eq(store_visible(w.st, STORE_FIX_OUT) + 1, next_out(s));
	world_close(&w);
}
END_TEST

TCase *
disk_case(void)
{
	const TTest *const each[] = {
		a_store_that_is_opened_again_has_everything,
		a_commit_of_states_alone_survives,
		the_newest_state_counts_whatever_table_has_it,
		rows_and_resends_cross_segments,
		states_are_found_far_behind_their_checkpoint,
		what_was_taken_back_does_not_come_again,
		a_failed_write_other_than_a_full_disk_is_final,
	};
	const TTest *const once[] = {
		a_second_process_is_told_who_has_the_store,
		what_the_lock_file_says_does_not_matter,
		a_format_that_is_not_ours_is_refused,
		a_commit_that_is_missing_is_found,
		places_that_cannot_be_a_store_are_named,
		a_directory_without_rights_is_named,
	};
	const TTest *const written[] = {
		a_full_disk_takes_nothing_and_goes_on_when_there_is_room,
		a_disk_that_fails_ends_the_store_until_it_is_opened_again,
	};
	TCase *tc = tcase_create("disk");
	size_t i;

	tcase_set_timeout(tc, 600);
	for (i = 0; i < sizeof(each) / sizeof(each[0]); i++)
		tcase_add_loop_test(tc, each[i], WORLD_NONE, WORLDS);
	for (i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		tcase_add_test(tc, once[i]);
	for (i = 0; i < sizeof(written) / sizeof(written[0]); i++)
		tcase_add_loop_test(tc, written[i], WORLD_WRITTEN, WORLDS);
	return tc;
}
