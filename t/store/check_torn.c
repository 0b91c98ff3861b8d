/*
 * Damaged pages: a store that has one is not opened, the file and the page are
 * named, and the backup and the log make all of it again. Pages are damaged in
 * the ways in which disks do it. FG_SEED repeats a run.
 */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "store/backup.h"
#include "store/page.h"
#include "numbered.h"

#define ROUNDS 24
#define SOME   400 /* commits of a part of a store's life */

static struct world w;
static char base[64], why[STORE_ERR_MAX];
static uint64_t commits;
static unsigned seed;
static const char *harmed; /* how */

static unsigned
pick(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

static void
put(unsigned n)
{
	uint32_t session = world_session(&w, "A");
	char text[NUMBERED_BYTES];
	struct store_row row = { .session = session, .epoch = 1,
		.data = text };
	struct store_batch *b;
	uint64_t commit;

	while (n-- > 0) {
		row.msg_seq_num = ++commits;
		row.len = numbered_text(commits, text);
		b = store_begin(w.st);
		store_add(b, STORE_FIX_IN, &row);
		store_add(b, STORE_FIX_OUT, &row);
		store_set_state(b, &(struct store_state){ .session = session,
		    .epoch = 1, .next_in = commits + 1,
		    .next_out = commits + 1 });
		ck_assert_int_eq(0, store_commit(b, &commit));
	}
}

static void
begin(uint64_t segment, uint32_t log)
{
	commits = 0;
	numbered_open(&w, WORLD_WRITTEN, segment, log);
	strcpy(base, "torn.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(base));
}

static void
end(void)
{
	store_close(w.st);
	w.st = NULL;
	world_rmdir(w.dir);
	world_rmdir(base);
}

static void
backup(void)
{
	struct store_backup b;

	ck_assert_msg(store_backup(w.st, base, false, NULL, &b, why) == 0,
	    "%s", why);
}

/* All rows are there. */
static void
look(void)
{
	uint64_t n = 0, upto;

	ck_assert_uint_eq(commits, store_durable(w.st));
	ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, 0, SIZE_MAX,
	    SIZE_MAX, numbered_row, &n, &upto));
	ck_assert_uint_eq(commits, n);
	n = 0;
	ck_assert_int_eq(0, store_read(w.st, STORE_FIX_OUT, 0, SIZE_MAX,
	    SIZE_MAX, numbered_row, &n, &upto));
	ck_assert_uint_eq(commits, n);
	n = 0;
	ck_assert_int_eq(0, store_read_out(w.st, 1, 1, 1, commits, SIZE_MAX,
	    SIZE_MAX, numbered_row, &n, &upto));
	ck_assert_uint_eq(commits, n);
}

/* A hot file: what is not a segment, or the last one of its table. */
static void
pick_file(char out[128])
{
	static const char *const table[] = { "META", "SESSION", "FIX_IN.",
		"FIX_OUT.", "FIX_OUT_INDEX.", "FIX_IN.", "FIX_OUT." };
	const char *want = table[pick(sizeof(table) / sizeof(table[0]))];
	DIR *d = opendir(w.dir);
	struct dirent *e;

	out[0] = '\0';
	while ((e = readdir(d)) != NULL)
		if (strncmp(e->d_name, want, strlen(want)) == 0
		    && strcmp(e->d_name, out) > 0)
			snprintf(out, 128, "%.100s", e->d_name);
	closedir(d);
	ck_assert_str_ne("", out);
}

static const char *
harm(unsigned char p[PAGE_BYTES], const unsigned char other[PAGE_BYTES])
{
	unsigned at = pick(PAGE_BYTES), n;

	switch (pick(5)) {
	case 0:
		p[at] ^= (unsigned char)(1u << pick(8));
		return "a bit";
	case 1:
		memset(p + PAGE_BYTES / 2, 0, PAGE_BYTES / 2);
		return "its second half is zeros";
	case 2:
		n = PAGE_BYTES / 8 * (1 + pick(7));
		memcpy(p + PAGE_BYTES - n, other + PAGE_BYTES - n, n);
		return "its end is another page's";
	case 3:
		memcpy(p, other, PAGE_BYTES);
		return "it is another page";
	default:
		memset(p, 0, PAGE_BYTES);
		return "zeros";
	}
}

/* Damage a page of a file; returns its number. */
static uint32_t
damage(const char *name)
{
	unsigned char p[PAGE_BYTES], old[PAGE_BYTES], other[PAGE_BYTES];
	char path[256];
	struct stat s;
	uint32_t number, n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", w.dir, name);
	fd = open(path, O_RDWR);
	ck_assert_int_ne(-1, fd);
	ck_assert_int_eq(0, fstat(fd, &s));
	n = (uint32_t)(s.st_size / PAGE_BYTES);
	do {
		number = pick(n);
		ck_assert_int_eq(PAGE_BYTES, pread(fd, old, PAGE_BYTES,
		    (off_t)number * PAGE_BYTES));
		ck_assert_int_eq(PAGE_BYTES, pread(fd, other, PAGE_BYTES,
		    (off_t)pick(n) * PAGE_BYTES));
		memcpy(p, old, PAGE_BYTES);
		harmed = harm(p, other);
	} while (memcmp(p, old, PAGE_BYTES) == 0);
	ck_assert_int_eq(PAGE_BYTES, pwrite(fd, p, PAGE_BYTES,
	    (off_t)number * PAGE_BYTES));
	close(fd);
	printf("%s, page %u of %u: %s\n", name, number, n, harmed);
	return number;
}

/* It is refused, and named. False: it was a page that the log fills again. */
static bool
check_refused(const char *name, uint32_t page)
{
	char file[160], number[32];
	int err = store_open_bdb(&w.st, &w.cfg, why);

	if (err == 0) {
		ck_assert_str_eq("zeros", harmed);
		look();
		return false;
	}
	ck_assert_msg(err == FG_EDAMAGED, "%s", why);
	snprintf(file, sizeof(file), "file %s:", name);
	snprintf(number, sizeof(number), "page %u is damaged", page);
	ck_assert_msg(strstr(why, file) != NULL, "%s", why);
	ck_assert_msg(strstr(why, number) != NULL, "%s", why);
	ck_assert_ptr_nonnull(strstr(why, "fixgatectl recover"));
	return true;
}

START_TEST(a_damaged_page_is_found_and_put_back)
{
	struct store_repair r;
	char name[128], uuid[40];
	uint32_t page;
	unsigned i;

	/* So many segments that the last ones are younger than the backup. */
	begin(100 << 10, 256 << 10);
	put(SOME);
	backup();
	strcpy(uuid, store_uuid(w.st));
	for (i = 0; i < ROUNDS; i++) {
		put(SOME / 4);
		store_close(w.st);
		pick_file(name);
		page = damage(name);
		if (!check_refused(name, page))
			continue;
		ck_assert_ptr_nonnull(strstr(why, base));
		ck_assert_msg(store_repair(w.dir, base, NULL, &r, why) == 0,
		    "%s", why);
		ck_assert_uint_eq(1, r.files);
		ck_assert_str_eq(name, r.first);
		ck_assert_uint_eq(page, r.page);
		ck_assert_uint_eq(commits, r.commit);
		ck_assert_msg(store_open_bdb(&w.st, &w.cfg, why) == 0, "%s",
		    why);
		ck_assert_str_eq(uuid, store_uuid(w.st));
		look();
		if (i % 8 == 7)
			backup();
	}
	end();
}
END_TEST

static void
damage_until_refused(const char *name)
{
	while (!check_refused(name, damage(name)))
		store_close(w.st);
}

START_TEST(without_a_backup_the_whole_log_will_do)
{
	struct store_repair r;
	char name[128];

	begin(10 << 20, 2 << 20);
	put(SOME / 8);
	store_close(w.st);
	pick_file(name);
	damage_until_refused(name);
	ck_assert_msg(store_repair(w.dir, NULL, NULL, &r, why) == 0, "%s", why);
	ck_assert_msg(store_open_bdb(&w.st, &w.cfg, why) == 0, "%s", why);
	look();
	put(20 * SOME);
	world_reopen(&w);
	world_reopen(&w);
	store_close(w.st);
	pick_file(name);
	damage_until_refused(name);
	ck_assert_int_eq(FG_ENOENT, store_repair(w.dir, NULL, NULL, &r, why));
	ck_assert_ptr_nonnull(strstr(why, "a backup is needed"));
	w.st = NULL;
	end();
}
END_TEST

/* Of sealed segments that were written long ago nothing is read at start. */
START_TEST(what_is_sealed_is_not_read_at_start)
{
	struct timespec old[2] = { { 1000000000, 0 }, { 1000000000, 0 } };
	static const char name[] = "FIX_IN.00000000000000000001";
	struct store_repair r;
	char path[256];

	begin(100 << 10, 256 << 10);
	put(2 * SOME);
	backup();
	put(2 * SOME);
	store_close(w.st);
	damage(name);
	snprintf(path, sizeof(path), "%s/%s", w.dir, name);
	ck_assert_int_eq(0, utimensat(AT_FDCWD, path, old, 0));
	ck_assert_msg(store_open_bdb(&w.st, &w.cfg, why) == 0, "%s", why);
	store_close(w.st);
	/* Recover looks at everything. */
	ck_assert_msg(store_repair(w.dir, base, NULL, &r, why) == 0, "%s", why);
	ck_assert_str_eq(name, r.first);
	ck_assert_msg(store_open_bdb(&w.st, &w.cfg, why) == 0, "%s", why);
	look();
	end();
}
END_TEST

/* ---- at run time ---- */

/* Berkeley DB does not give back what it has of a damaged file. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libdb-5.3.so\n";
}

#define MANY 30000 /* more than is in memory */

/* Pages of the file that are not in memory any more. */
static void
damage_some(const char *name)
{
	char path[256];
	int fd, i;

	snprintf(path, sizeof(path), "%s/%s", w.dir, name);
	fd = open(path, O_WRONLY);
	ck_assert_int_ne(-1, fd);
	for (i = 20; i < 40; i++)
		ck_assert_int_eq(6, pwrite(fd, "damage", 6, (off_t)i *
		    PAGE_BYTES + 1000));
	close(fd);
}

START_TEST(a_page_that_is_damaged_while_the_store_is_open_is_named)
{
	static const char want[] = "file FIX_IN.00000000000000000001: page ";
	uint64_t n = 0, upto, commit;
	struct store_batch *b;

	begin(1 << 30, 16 << 20);
	put(MANY);
	damage_some("FIX_IN.00000000000000000001");
	ck_assert_int_ne(0, store_read(w.st, STORE_FIX_IN, 0, SIZE_MAX,
	    SIZE_MAX, numbered_row, &n, &upto));
	ck_assert_int_eq(FG_EDAMAGED, store_failed(w.st, why));
	ck_assert_msg(strstr(why, want) != NULL, "%s", why);
	ck_assert_msg(strstr(why, "fixgatectl recover") != NULL, "%s", why);
	b = store_begin(w.st);
	store_set_state(b, &(struct store_state){ .session = 1, .epoch = 1,
	    .next_in = 1, .next_out = 1 });
	ck_assert_int_ne(0, store_commit(b, &commit));
	store_close(w.st);
	ck_assert_int_eq(FG_EDAMAGED, store_open_bdb(&w.st, &w.cfg, why));
	ck_assert_msg(strstr(why, want) != NULL, "%s", why);
	world_rmdir(w.dir);
	world_rmdir(base);
}
END_TEST

/* A checkpoint is done that began behind now. */
static void
wait_for_checkpoint(void)
{
	struct timespec now, pause = { .tv_nsec = 5000000 };
	char path[256];
	struct stat s;

	snprintf(path, sizeof(path), "%s/CHECKPOINT", w.dir);
	clock_gettime(CLOCK_REALTIME, &now);
	put(MANY / 5); /* it comes with the end of a segment */
	while (stat(path, &s) == -1 || s.st_mtim.tv_sec < now.tv_sec ||
	    (s.st_mtim.tv_sec == now.tv_sec && s.st_mtim.tv_nsec <=
	    now.tv_nsec))
		nanosleep(&pause, NULL);
}

START_TEST(one_of_a_segment_that_was_sealed_since_costs_its_rows_only)
{
	uint64_t n = 0, upto;

	begin(1 << 20, 16 << 20);
	put(MANY);
	wait_for_checkpoint();
	damage_some("FIX_IN.00000000000000000001");
	ck_assert_int_ne(0, store_read(w.st, STORE_FIX_IN, 0, SIZE_MAX,
	    SIZE_MAX, numbered_row, &n, &upto));
	ck_assert_uint_lt(n, MANY / 5);
	ck_assert_msg(store_failed(w.st, why) == 0, "%s", why);
	put(1);
	n = upto = MANY / 5;
	ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, upto, SIZE_MAX,
	    SIZE_MAX, numbered_row, &n, &upto));
	ck_assert_uint_eq(commits, n);
	n = 0;
	ck_assert_int_eq(0, store_read(w.st, STORE_FIX_OUT, 0, SIZE_MAX,
	    SIZE_MAX, numbered_row, &n, &upto));
	ck_assert_uint_eq(commits, n);
	end();
}
END_TEST

START_TEST(a_recovery_that_was_broken_off_is_begun_again)
{
	unsigned calls = 3; /* the log of the backup was looked at before */
	struct store_work work = { numbered_give_up, &calls };
	struct store_repair r;
	char name[] = "SESSION";

	begin(10 << 20, 256 << 10);
	put(SOME);
	backup();
	put(SOME);
	store_close(w.st);
	damage(name);
	ck_assert_int_eq(FG_ECLOSED, store_repair(w.dir, base, &work, &r,
	    why));
	ck_assert_int_eq(FG_ESTATE, store_open_bdb(&w.st, &w.cfg, why));
	ck_assert_msg(strstr(why, "again: fixgatectl recover") != NULL, "%s",
	    why);
	ck_assert_msg(store_repair(w.dir, base, NULL, &r, why) == 0, "%s", why);
	ck_assert_msg(store_open_bdb(&w.st, &w.cfg, why) == 0, "%s", why);
	look();
	/* Nothing to do. */
	store_close(w.st);
	ck_assert_int_eq(0, store_repair(w.dir, base, NULL, &r, why));
	ck_assert_uint_eq(0, r.files);
	ck_assert_msg(store_open_bdb(&w.st, &w.cfg, why) == 0, "%s", why);
	end();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("torn");
	TCase *tc = tcase_create("torn");
	const char *text = getenv("FG_SEED");
	SRunner *sr;
	int failed;

	seed = text != NULL ? (unsigned)strtoul(text, NULL, 10)
	    : (unsigned)time(NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("seed %u\n", seed);
	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, a_damaged_page_is_found_and_put_back);
	tcase_add_test(tc, without_a_backup_the_whole_log_will_do);
	tcase_add_test(tc, what_is_sealed_is_not_read_at_start);
	tcase_add_test(tc,
	    a_page_that_is_damaged_while_the_store_is_open_is_named);
	tcase_add_test(tc,
	    one_of_a_segment_that_was_sealed_since_costs_its_rows_only);
	tcase_add_test(tc, a_recovery_that_was_broken_off_is_begun_again);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
