/*
 * A process dies while it archives or deletes: no row is lost, and no file is
 * left; and what is not known to be superfluous stays.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "old_rows.h"

static const char *die_at;
static unsigned die_after;

static int
die(void *arg, const char *step)
{
	(void)arg;
	if (die_at != NULL && strcmp(step, die_at) == 0 && die_after-- == 0)
		kill(getpid(), SIGKILL);
	return 0;
}

/* The child archives all, and deletes the oldest. */
static void
work(void)
{
	struct store_segment s;

	w.cfg.fault = die;
	w.cfg.notify = NULL;
	if (store_open_bdb(&w.st, &w.cfg, err) != 0)
		_exit(1);
	for (;;) {
		s = old_oldest(STORE_FIX_OUT);
		if (s.hot && store_seal(w.st, STORE_FIX_OUT) != 0)
			_exit(2);
		s = old_oldest(STORE_FIX_OUT);
		if (s.hot)
			break;
		if (store_archive(w.st, STORE_FIX_OUT, s.number, &quick, &s,
		    err) != 0)
			_exit(3);
	}
	if (store_segment(w.st, STORE_FIX_OUT, 0, &s) != 0 ||
	    store_archive_drop(w.st, STORE_FIX_OUT, s.number, err) != 0)
		_exit(4);
	store_close(w.st);
	_exit(0);
}

static bool
is_there(const char *fmt, uint64_t number)
{
	char name[100], path[256];

	snprintf(name, sizeof(name), fmt, (unsigned long long)number);
	snprintf(path, sizeof(path), "%s/%s", w.dir, name);
	return access(path, F_OK) == 0;
}

static void
make_file(const char *fmt, uint64_t number, const void *p, size_t n)
{
	char name[100], path[256];
	int fd;

	snprintf(name, sizeof(name), fmt, (unsigned long long)number);
	snprintf(path, sizeof(path), "%s/%s", w.dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);
	ck_assert(fd != -1 && write(fd, p, n) == (ssize_t)n);
	close(fd);
}

#define CHAIN_OF "CHAIN/FIX_OUT.%020llu.chain"

/* What the store does not know of is not there. */
static void
nothing_left(const char *step)
{
	uint64_t files = 0, bytes = 0, number, found = 0;
	struct dirent *e;
	char path[256];
	DIR *d;

	store_archived(w.st, STORE_FIX_OUT, &files, &bytes);
	snprintf(path, sizeof(path), "%s/ARCHIVE", w.dir);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		ck_assert_msg(strstr(e->d_name, ".tmp") == NULL, "%s: %s",
		    step, e->d_name);
		found += e->d_name[0] != '.';
	}
	if (d != NULL)
		closedir(d);
	ck_assert_msg(files == found, "%s: %u archives, %u files", step,
	    (unsigned)files, (unsigned)found);
	d = opendir(w.dir);
	while ((e = readdir(d)) != NULL) {
		ck_assert_ptr_null(strstr(e->d_name, "__db"));
		if (sscanf(e->d_name, "FIX_OUT_INDEX.%lu", &number) == 1)
			ck_assert_msg(is_there("FIX_OUT.%020llu", number),
			    "%s: %s", step, e->d_name);
	}
	closedir(d);
}

START_TEST(a_process_that_dies_loses_no_row_and_leaves_no_file)
{
	static const char *const steps[] = { "archive flush",
		"archive compare", "archive rename", "archive keep",
		"archive remove", "archive half removed", "archive removed",
		"seal", "archive forget", "archive unlink", "archive unlinked",
		"archive gone" };
	const uint64_t newest = 1000000000;
	struct store_segment s;
	uint64_t next, upto, from, first;
	size_t i;
	unsigned after;
	char path[256];
	int status;
	pid_t pid;

	old_begin(_i);
	snprintf(path, sizeof(path), "%s/CHAIN", w.dir);
	ck_assert_int_eq(0, mkdir(path, 0750));
	make_file(CHAIN_OF, newest, "", 0);
	old_put(1, ROWS + 1, 3 * ROWS);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		for (after = 0; after < (i < 7 ? 2 : 1); after++) {
			ck_assert_int_eq(0, store_segment(w.st, STORE_FIX_OUT,
			    0, &s));
			first = s.number;
			make_file(CHAIN_OF, first, "", 0);
			store_close(w.st);
			die_at = steps[i];
			die_after = after;
			pid = fork();
			if (pid == 0)
				work();
			ck_assert_int_eq(pid, waitpid(pid, &status, 0));
			ck_assert_msg(WIFSIGNALED(status), "%s: status %x",
			    steps[i], (unsigned)status);
			ck_assert_msg(store_open_bdb(&w.st, &w.cfg, err) == 0,
			    "%s: %s", steps[i], err);
			nothing_left(steps[i]);
			from = store_oldest(w.st, STORE_FIX_OUT);
			ck_assert_msg((from == first) == (i < 9), "%s: %u, "
			    "%u", steps[i], (unsigned)from, (unsigned)first);
			ck_assert_msg(is_there(CHAIN_OF, first) == (i < 9),
			    "%s", steps[i]);
			ck_assert(is_there(CHAIN_OF, newest));
			next = from;
			ck_assert_int_eq(0, store_read(w.st, STORE_FIX_OUT, 0,
			    SIZE_MAX, SIZE_MAX, old_count, &next, &upto));
			ck_assert_uint_eq(3 * ROWS + 1, next);
			next = from;
			ck_assert_int_eq(0, store_read_out(w.st, 1, 1, 1,
			    UINT64_MAX - 1, SIZE_MAX, SIZE_MAX, old_count, &next,
			    &upto));
			ck_assert_uint_eq(3 * ROWS + 1, next);
		}
	}
	world_rmdir(path);
	old_end();
}
END_TEST

/* What is not known to be superfluous may be the only copy of its rows. */
START_TEST(strange_files_beside_the_archives_stay)
{
	static const char head[] = "fgarc\r\n\032\0\0\0\1\0\0\0\0"
	    "11111111-2222-4333-8444-555555555555";
	struct store_segment s, got;

	old_begin(_i);
	old_archive_all(STORE_FIX_IN);
	s = old_oldest(STORE_FIX_IN);
	store_close(w.st);
	/* of another store, also where one of ours is to go */
	make_file("ARCHIVE/.FIX_IN.%020llu.arc.tmp", 77, head, 52);
	make_file("ARCHIVE/FIX_IN.%020llu.arc", 78, head, 52);
	make_file("ARCHIVE/FIX_IN.%020llu.arc", s.number, head, 52);
	make_file("ARCHIVE/FIX_IN.%020llu.arc.gz", 79, "", 0);
	make_file("ARCHIVE/OTHER.%020llu.arc", 80, "", 0);
	/* not even as far as its name */
	make_file("ARCHIVE/.FIX_IN.%020llu.arc.tmp", 81, head, 20);
	ck_assert_int_eq(0, store_open_bdb(&w.st, &w.cfg, err));
	ck_assert(is_there("ARCHIVE/.FIX_IN.%020llu.arc.tmp", 77));
	ck_assert(is_there("ARCHIVE/FIX_IN.%020llu.arc", 78));
	ck_assert(is_there("ARCHIVE/FIX_IN.%020llu.arc.gz", 79));
	ck_assert(is_there("ARCHIVE/OTHER.%020llu.arc", 80));
	ck_assert(!is_there("ARCHIVE/.FIX_IN.%020llu.arc.tmp", 81));
	ck_assert_int_eq(0, store_seal(w.st, STORE_FIX_IN));
	ck_assert_int_eq(FG_EEXIST, store_archive(w.st, STORE_FIX_IN,
	    s.number, &quick, &got, err));
	ck_assert_ptr_nonnull(strstr(err, "11111111-2222"));
	ck_assert_ptr_nonnull(strstr(err, "an ArchivePath of its own"));
	ck_assert(is_there("ARCHIVE/FIX_IN.%020llu.arc", s.number));
	old_all_there(1, ROWS);
	old_end();
}
END_TEST

/* One of ours that META does not know of, with rows that are nowhere else. */
START_TEST(an_archive_with_rows_that_the_store_has_not_stays)
{
	char copy[128], path[128];
	struct store_segment s;

	old_begin(_i);
	s = old_oldest(STORE_FIX_IN);
	old_archive_all(STORE_FIX_IN);
	snprintf(path, sizeof(path), "%s/ARCHIVE/FIX_IN.%020u.arc", w.dir, 1);
	snprintf(copy, sizeof(copy), "%s/copy", w.dir);
	ck_assert_int_eq(0, link(path, copy));
	ck_assert_int_eq(0, store_archive_drop(w.st, STORE_FIX_IN, s.number,
	    err));
	ck_assert(!is_there("ARCHIVE/FIX_IN.%020llu.arc", 1));
	ck_assert_int_eq(0, rename(copy, path));
	world_reopen(&w);
	ck_assert(is_there("ARCHIVE/FIX_IN.%020llu.arc", 1));
	ck_assert_uint_eq(s.last + 1, store_oldest(w.st, STORE_FIX_IN));
	old_end();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_process_that_dies_loses_no_row_and_leaves_no_file,
		strange_files_beside_the_archives_stay,
		an_archive_with_rows_that_the_store_has_not_stays,
	};
	Suite *s = suite_create("left");
	TCase *tc = tcase_create("left");
	SRunner *sr;
	size_t i;
	int failed;

	tcase_set_timeout(tc, 240);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_loop_test(tc, tests[i], WORLD_WRITTEN,
		    WORLD_SYNCED + 1);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
