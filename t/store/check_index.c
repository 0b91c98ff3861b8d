/* The index: it finds what it has, goes on where it was, and is made again when
 * it is damaged, of other tags, another store's, or ahead of the store. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "store/index.h"
#include "store/segment.h"
#include "world.h"

#define ROWS       3000
#define GENERATION 1000

static struct world w;
static char log_path[80];

static void
put_rows(unsigned from, unsigned to)
{
	char text[128];
	unsigned i;

	for (i = from; i < to; i++) {
		snprintf(text, sizeof(text), "8=FIX.4.4\1" "35=D\1" "11=ID%u\1"
		    "37=O%u\1" "10=0\1", i, i % 10);
		world_put(&w, i % 2 == 0 ? STORE_FIX_IN : STORE_FIX_OUT, 1, i,
		    text);
	}
}

static void
setup(void)
{
	world_open(&w, WORLD_WRITTEN);
	world_session(&w, "A");
	put_rows(0, ROWS);
}

static void
teardown(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/INDEX", w.dir);
	world_rmdir(path);
	world_close(&w);
}

static struct store_index *
start(int32_t tag, int32_t other)
{
	struct store_index_cfg cfg = { .path = w.dir, .tag = { tag, other },
		.n_tag = 2, .generation = GENERATION };
	struct store_index *ix = store_index_open(w.st, &cfg);

	ck_assert_ptr_nonnull(ix);
	return ix;
}

/* Until it has all. */
static void
settle(struct store_index *ix)
{
	struct timespec pause = { .tv_nsec = 5000000 };

	while (store_index_upto(ix, STORE_FIX_IN) <
	    store_visible(w.st, STORE_FIX_IN) ||
	    store_index_upto(ix, STORE_FIX_OUT) <
	    store_visible(w.st, STORE_FIX_OUT))
		nanosleep(&pause, NULL);
}

static size_t
find(struct store_index *ix, enum store_table t, int32_t tag,
    const char *value, uint64_t after, uint64_t *seq, size_t max)
{
	uint64_t upto;
	size_t n;

	ck_assert_int_eq(store_index_find(ix, t, tag, value, strlen(value),
	    after, seq, max, &n, &upto), 0);
	ck_assert_uint_eq(upto, n == max ? seq[n - 1] :
	    store_visible(w.st, t));
	return n;
}

/* Row i of those that were put, in its table. */
static void
check_all(struct store_index *ix, unsigned rows)
{
	uint64_t seq[ROWS];
	char value[32];
	unsigned i;

	for (i = 0; i < rows; i++) {
		snprintf(value, sizeof(value), "ID%u", i);
		ck_assert_uint_eq(find(ix, i % 2 == 0 ? STORE_FIX_IN :
		    STORE_FIX_OUT, 11, value, 0, seq, ROWS), 1);
		ck_assert_uint_eq(seq[0], i / 2 + 1);
		ck_assert_uint_eq(find(ix, i % 2 == 0 ? STORE_FIX_OUT :
		    STORE_FIX_IN, 11, value, 0, seq, ROWS), 0);
	}
}

START_TEST(rows_are_found_by_their_values)
{
	struct store_index *ix = start(11, 37);
	uint64_t seq[ROWS], upto;
	size_t n, i;

	settle(ix);
	check_all(ix, ROWS);
	/* Rows 4, 14 ... are in FIX_IN as 3, 8 ... */
	n = find(ix, STORE_FIX_IN, 37, "O4", 0, seq, ROWS);
	ck_assert_uint_eq(n, ROWS / 10);
	for (i = 0; i < n; i++)
		ck_assert_uint_eq(seq[i], 3 + 5 * i);
	ck_assert_uint_eq(find(ix, STORE_FIX_IN, 37, "O4", 8, seq, 2), 2);
	ck_assert_uint_eq(seq[0], 13);
	ck_assert_uint_eq(find(ix, STORE_FIX_IN, 37, "O", 0, seq, 2), 0);
	ck_assert_int_eq(store_index_find(ix, STORE_FIX_IN, 55, "X", 1, 0, seq,
	    2, &n, &upto), FG_ENOENT);
	ck_assert_int_eq(store_index_find(ix, STORE_FIX_IN_OTHER, 11, "X", 1,
	    0, seq, 2, &n, &upto), FG_ENOENT);
	ck_assert_int_eq(store_index_find(NULL, STORE_FIX_IN, 11, "X", 1, 0,
	    seq, 2, &n, &upto), FG_ENOENT);
	store_index_close(ix);
}
END_TEST

/* What was logged: lines with the word. */
static unsigned
logged(const char *word)
{
	char line[512];
	FILE *f = fopen(log_path, "r");
	unsigned n = 0;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, word) != NULL;
	fclose(f);
	return n;
}

START_TEST(it_goes_on_where_it_was)
{
	struct store_index *ix = start(11, 37);

	settle(ix);
	store_index_close(ix);
	put_rows(ROWS, ROWS + 600);
	ix = start(11, 37);
	settle(ix);
	check_all(ix, ROWS + 600);
	store_index_close(ix);
	ck_assert_uint_eq(logged("made again"), 0);
}
END_TEST

START_TEST(other_tags_make_it_new)
{
	struct store_index *ix = start(37, 41);
	uint64_t seq[4];

	settle(ix);
	store_index_close(ix);
	ix = start(11, 37);
	settle(ix);
	check_all(ix, ROWS);
	ck_assert_uint_eq(find(ix, STORE_FIX_IN, 37, "O2", 0, seq, 4), 4);
	store_index_close(ix);
	ck_assert_uint_eq(logged("of other tags or another store"), 1);
}
END_TEST

START_TEST(one_that_is_ahead_is_thrown_away)
{
	struct store_index *ix;
	char from[80], to[80], command[500];

	/* As after a power cut: the store of before, the index of now. */
	snprintf(from, sizeof(from), "%s", w.dir);
	snprintf(to, sizeof(to), "%.60s.before", w.dir);
	world_reopen(&w);
	snprintf(command, sizeof(command), "cp -r %s %s", from, to);
	ck_assert_int_eq(system(command), 0);
	put_rows(ROWS, ROWS + 200);
	ix = start(11, 37);
	settle(ix);
	store_index_close(ix);
	store_close(w.st);
	snprintf(command, sizeof(command), "mv %s/INDEX %s/ && rm -rf %s && "
	    "mv %s %s", from, to, from, to, from);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(store_open_bdb(&w.st, &w.cfg, w.err), 0);
	ix = start(11, 37);
	settle(ix);
	check_all(ix, ROWS);
	store_index_close(ix);
	ck_assert_uint_eq(logged("more rows than the store"), 1);
}
END_TEST

/* Any of its files, damaged or gone. */
static void
damage(const char *name, bool gone)
{
	char path[200];
	long size, at;
	FILE *f;

	snprintf(path, sizeof(path), "%s/INDEX/%s", w.dir, name);
	if (gone) {
		ck_assert_int_eq(unlink(path), 0);
		return;
	}
	f = fopen(path, "r+");
	ck_assert_ptr_nonnull(f);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	for (at = 100; at < size; at += 1000) {
		fseek(f, at, SEEK_SET);
		fputs("damage", f);
	}
	fclose(f);
}

START_TEST(a_damaged_one_is_made_again)
{
	static const char *const names[] = { "KEYS.1", "KEYS.3", "META" };
	const char *name = names[_i / 2];
	struct timespec pause = { .tv_nsec = 5000000 };
	struct store_index *ix = start(11, 37);
	uint64_t seq[4], upto;
	size_t n;

	settle(ix);
	store_index_close(ix);
	world_reopen(&w);
	damage(name, _i % 2 == 1);
	ix = start(11, 37);
	/* It may be a question that sees it; then there is no answer. */
	settle(ix);
	while (logged("made again") == 0 && logged("damaged") == 0) {
		store_index_find(ix, STORE_FIX_IN, 11, "ID2", 3, 0, seq, 4, &n,
		    &upto);
		store_index_find(ix, STORE_FIX_IN, 11, "ID2500", 6, 0, seq, 4,
		    &n, &upto);
		nanosleep(&pause, NULL);
	}
	while (store_index_find(ix, STORE_FIX_IN, 11, "ID2500", 6, 0, seq, 4,
	    &n, &upto) != 0)
		nanosleep(&pause, NULL);
	settle(ix);
	check_all(ix, ROWS);
	store_index_close(ix);
}
END_TEST

static bool
has_file(unsigned number)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/INDEX/KEYS.%u", w.dir, number);
	return access(path, F_OK) == 0;
}

/* Rows of a segment that is sealed now go for good. */
static void
delete_all(enum store_table t)
{
	static const struct store_archive_how how;
	struct store_segment s;

	ck_assert_int_eq(0, store_seal(w.st, t));
	ck_assert_int_eq(0, store_segment(w.st, t, 0, &s));
	ck_assert_msg(store_archive(w.st, t, s.number, &how, &s, w.err) == 0,
	    "%s", w.err);
	ck_assert_int_eq(0, store_archive_drop(w.st, t, s.number, w.err));
}

static void
remove_archives(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/ARCHIVE", w.dir);
	world_rmdir(path);
}

START_TEST(files_of_rows_that_are_deleted_go)
{
	struct timespec pause = { .tv_nsec = 5000000 };
	struct store_index *ix = start(11, 37);
	unsigned i, again = logged("made again");
	char kept[80], command[500];
	uint64_t seq[ROWS];

	settle(ix);
	store_index_close(ix);
	ck_assert(has_file(1) && has_file(2) && has_file(3) && !has_file(4));
	snprintf(kept, sizeof(kept), "%.60s.kept", w.dir);
	snprintf(command, sizeof(command), "cp %s/INDEX/KEYS.3 %s", w.dir,
	    kept);
	ck_assert_int_eq(system(command), 0);
	ix = start(11, 37);
	delete_all(STORE_FIX_IN);
	put_rows(ROWS, ROWS + 1200);
	settle(ix);
	/* Rows of FIX_OUT are in them, too. */
	ck_assert(has_file(2) && has_file(3) && has_file(4));
	delete_all(STORE_FIX_OUT);
	while (has_file(1) || has_file(2) || has_file(3))
		nanosleep(&pause, NULL);
	for (i = 0; i < 2; i++) {
		ck_assert(has_file(4));
		settle(ix);
		/* Rows of FIX_OUT beyond the last file that is gone. */
		ck_assert_uint_eq(find(ix, STORE_FIX_IN, 11, "ID4", 0, seq,
		    ROWS), 0);
		ck_assert_uint_eq(find(ix, STORE_FIX_IN, 11, "ID3004", 0, seq,
		    ROWS), 1);
		ck_assert_uint_eq(seq[0], 1503);
		store_index_close(ix);
		/* As it is when it was ended before the file was removed. */
		snprintf(command, sizeof(command), "mv %s %s/INDEX/KEYS.3",
		    kept, w.dir);
		ck_assert(i == 1 || system(command) == 0);
		ix = start(11, 37);
		settle(ix);
		ck_assert(!has_file(3));
	}
	store_index_close(ix);
	ck_assert_uint_eq(logged("made again"), again);
	ck_assert_uint_eq(logged("of rows that were deleted"), 2);
	/* One that begins behind all that is deleted is not behind. */
	delete_all(STORE_FIX_IN);
	ix = start(37, 41);
	settle(ix);
	store_index_close(ix);
	remove_archives();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("index");
	TCase *c = tcase_create("index");
	SRunner *sr;
	int failed;

	snprintf(log_path, sizeof(log_path), "/tmp/fg.index.%ld",
	    (long)getpid());
	if (freopen(log_path, "w+", stderr) == NULL)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 600);
	tcase_add_test(c, rows_are_found_by_their_values);
	tcase_add_test(c, it_goes_on_where_it_was);
	tcase_add_test(c, other_tags_make_it_new);
	tcase_add_test(c, one_that_is_ahead_is_thrown_away);
	tcase_add_test(c, files_of_rows_that_are_deleted_go);
	tcase_add_loop_test(c, a_damaged_one_is_made_again, 0, 6);
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	unlink(log_path);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
