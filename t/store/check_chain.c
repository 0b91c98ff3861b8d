/* The chain: it has all rows, goes on after a stop and a crash, does not depend
 * on how it came to be, is never ahead of the store, and says what it found. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "log/log.h"
#include "store/chain.h"
#include "store/chain_file.h"
#include "store/chain_heads.h"
#include "store/impl.h"
#include "world.h"

#define ROWS 1000

static struct world w;
static struct store_chain *ch;
static char dir[128], log_path[80];

static void
put_rows(unsigned from, unsigned to)
{
	char text[128];
	unsigned i;

	for (i = from; i < to; i++) {
		snprintf(text, sizeof(text), "row %u of the chain", i);
		world_put(&w, i % 2 == 0 ? STORE_FIX_IN : STORE_FIX_OUT, 1, i,
		    text);
	}
}

/* A commit without rows. */
static void
put_state(uint64_t n)
{
	struct store_batch *b = store_begin(w.st);
	struct store_state s;
	uint64_t commit;

	store_session_state(w.st, 1, &s);
	s.pending = n;
	store_set_state(b, &s);
	ck_assert_int_eq(store_commit(b, &commit), 0);
	world_settle(&w, commit);
}

static const char *key_path, *second_path;
static int64_t head_ns;

static void
start(void)
{
	struct store_chain_cfg cfg = { .path = w.dir, .key = key_path,
		.head_file = second_path, .head_ns = head_ns };
	char err[STORE_ERR_MAX];

	ck_assert_msg(store_chain_open(&ch, w.st, &cfg, err) == 0, "%s", err);
}

static void
stop(void)
{
	store_chain_close(ch);
	ch = NULL;
}

static void
setup(void)
{
	world_open(&w, WORLD_WRITTEN);
	snprintf(dir, sizeof(dir), "%s/" CHAIN_DIR, w.dir);
	snprintf(log_path, sizeof(log_path), "%s.log", w.dir);
	ck_assert_int_eq(log_open("check", log_path), 0);
	world_session(&w, "A");
}

static void
teardown(void)
{
	stop();
	world_rmdir(dir);
	world_close(&w);
	unlink(log_path);
}

/* Until it has all, without being asked to. */
static void
settle(void)
{
	struct timespec pause = { .tv_nsec = 5000000 };
	unsigned t;

	for (t = 0; t < store_tables(w.st); t++)
		while (store_chain_upto(ch, t) < store_last_row(w.st, t))
			nanosleep(&pause, NULL);
}

/* The last run of a chain file; its rows in *rows. */
static struct chain_run
last_run(const char *table, uint64_t seg, uint64_t *rows)
{
	char name[128], path[300];
	struct chain_reader r;
	struct chain_run run = { 0 }, last = { 0 };
	bool skipped;
	int rc;

	chain_file_name(name, sizeof(name), table, seg);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_int_eq(chain_reader_open(&r, fopen(path, "r")), 0);
	ck_assert_str_eq(r.header.uuid, store_uuid(w.st));
	*rows = 0;
	while ((rc = chain_read_run(&r, &run, &skipped)) == 1) {
		last = run;
		*rows += run.rows;
	}
	ck_assert_int_eq(rc, 0);
	chain_reader_close(&r);
	return last;
}

static char *
path_of(const char *table, uint64_t seg)
{
	static char path[300];
	char name[128];

	chain_file_name(name, sizeof(name), table, seg);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

START_TEST(all_tables_are_chained)
{
	struct chain_run run;
	uint64_t rows;

	put_rows(0, ROWS);
	start();
	put_rows(ROWS, 2 * ROWS);
	put_state(7);
	put_state(8);
	settle();
	run = last_run("FIX_IN", 1, &rows);
	ck_assert_uint_eq(rows, ROWS);
	ck_assert_uint_eq(run.last, ROWS);
	run = last_run("FIX_OUT", 1, &rows);
	ck_assert_uint_eq(rows, ROWS);
	ck_assert_uint_eq(run.last, ROWS);
	ck_assert_uint_eq(run.commit, 2 * ROWS);
	run = last_run("STATE", 2 * ROWS + 1, &rows);
	ck_assert_uint_eq(rows, 2);
	ck_assert_uint_eq(run.last, 2 * ROWS + 2);
	ck_assert_uint_eq(run.commit, 2 * ROWS + 2);
	ck_assert_ptr_null(store_chain_trouble(ch));
}
END_TEST

/* The same rows give the same hash, however they were taken. */
START_TEST(the_hash_is_of_the_rows_alone)
{
	struct chain_run bit, whole;
	uint64_t rows;
	int i;

	start();
	for (i = 0; i < 10; i++) {
		put_rows(i * 100, (i + 1) * 100);
		settle();
		if (i % 3 != 2)
			continue;
		stop();
		world_reopen(&w);
		start();
	}
	stop();
	bit = last_run("FIX_IN", 1, &rows);
	world_rmdir(dir);
	world_reopen(&w);
	start();
	settle();
	whole = last_run("FIX_IN", 1, &rows);
	ck_assert_uint_eq(bit.last, whole.last);
	ck_assert_mem_eq(bit.hash, whole.hash, CHAIN_HASH);
}
END_TEST

START_TEST(a_stop_chains_the_rest)
{
	uint64_t rows;

	start();
	put_rows(0, ROWS);
	stop();
	last_run("FIX_OUT", 1, &rows);
	ck_assert_uint_eq(rows, ROWS / 2);
}
END_TEST

START_TEST(each_segment_has_its_file)
{
	struct chain_run a, b;
	struct chain_reader r;
	uint64_t rows, seg;

	w.cfg.segment_bytes = 64 * 1024;
	world_reopen(&w);
	start();
	put_rows(0, 2 * ROWS);
	settle();
	seg = w.st->ops->segment(w.st, STORE_FIX_IN, ROWS);
	ck_assert_uint_gt(seg, 1);
	a = last_run("FIX_IN", seg, &rows);
	ck_assert_uint_eq(a.last, ROWS);
	seg = w.st->ops->segment(w.st, STORE_FIX_IN, a.last - rows);
	b = last_run("FIX_IN", seg, &rows);
	ck_assert_int_eq(chain_reader_open(&r, fopen(path_of("FIX_IN",
	    b.last + 1), "r")), 0);
	ck_assert_uint_eq(r.header.last, b.last);
	ck_assert_uint_eq(r.header.commit, b.commit);
	ck_assert_mem_eq(r.header.hash, b.hash, CHAIN_HASH);
	chain_reader_close(&r);
}
END_TEST

/* What a crash leaves at the end of a file is cut, and made again. */
START_TEST(a_torn_end_is_cut)
{
	struct chain_run before, after;
	uint64_t rows;
	struct stat s;
	int cut;

	put_rows(0, ROWS);
	start();
	settle();
	before = last_run("FIX_IN", 1, &rows);
	for (cut = 1; cut < 100; cut += 33) {
		stop();
		ck_assert_int_eq(stat(path_of("FIX_IN", 1), &s), 0);
		ck_assert_int_eq(truncate(path_of("FIX_IN", 1),
		    s.st_size - cut), 0);
		start();
		ck_assert_ptr_null(store_chain_trouble(ch));
		settle();
		after = last_run("FIX_IN", 1, &rows);
		ck_assert_uint_eq(rows, ROWS / 2);
		ck_assert_mem_eq(before.hash, after.hash, CHAIN_HASH);
	}
	/* Zeros, too: a file system may leave them after a loss of power. */
	stop();
	ck_assert_int_eq(stat(path_of("FIX_IN", 1), &s), 0);
	ck_assert_int_eq(truncate(path_of("FIX_IN", 1), s.st_size + 500), 0);
	start();
	ck_assert_ptr_null(store_chain_trouble(ch));
	settle();
	last_run("FIX_IN", 1, &rows);
	ck_assert_uint_eq(rows, ROWS / 2);
}
END_TEST

static void
flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	char c;

	ck_assert_int_eq(pread(fd, &c, 1, at), 1);
	c ^= 1;
	ck_assert_int_eq(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

START_TEST(a_damaged_file_is_kept_and_said)
{
	uint64_t rows;

	put_rows(0, ROWS);
	start();
	settle();
	stop();
	flip(path_of("FIX_IN", 1), CHAIN_HEADER + 40);
	start();
	ck_assert_ptr_nonnull(strstr(store_chain_trouble(ch), "is damaged"));
	ck_assert_ptr_nonnull(strstr(store_chain_trouble(ch), "(row 1)"));
	ck_assert_ptr_nonnull(strstr(store_chain_trouble(ch), "ASIDE."));
	settle();
	last_run("FIX_IN", 1, &rows);
	ck_assert_uint_eq(rows, ROWS / 2);
}
END_TEST

/* Two stores with the same names; the longer chain comes to the shorter one. */
START_TEST(a_chain_ahead_of_the_store_is_kept_and_said)
{
	char copy[128], command[600];
	uint64_t rows;

	put_rows(0, 100);
	store_close(w.st);
	snprintf(copy, sizeof(copy), "%s.copy", w.dir);
	snprintf(command, sizeof(command), "cp -r %s %s", w.dir, copy);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(store_open_bdb(&w.st, &w.cfg, w.err), 0);
	put_rows(100, 200);
	start();
	settle();
	stop();
	store_close(w.st);
	snprintf(command, sizeof(command), "mv %s/CHAIN %s/CHAIN && rm -r %s "
	    "&& mv %s %s", w.dir, copy, w.dir, copy, w.dir);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(store_open_bdb(&w.st, &w.cfg, w.err), 0);
	start();
	ck_assert_ptr_nonnull(store_chain_trouble(ch));
	ck_assert_ptr_nonnull(strstr(store_chain_trouble(ch),
	    "has rows that the store has not (row 51)"));
	put_rows(100, 200);
	settle();
	ck_assert_uint_eq(last_run("FIX_IN", 1, &rows).last, 100);
	ck_assert_uint_eq(rows, 100);
}
END_TEST

START_TEST(the_chain_of_another_store_is_kept_and_said)
{
	char copy[128], command[600];
	uint64_t rows;

	put_rows(0, 100);
	start();
	settle();
	stop();
	snprintf(copy, sizeof(copy), "%s.chain", w.dir);
	snprintf(command, sizeof(command), "cp -r %s %s", dir, copy);
	ck_assert_int_eq(system(command), 0);
	world_rmdir(dir);
	world_close(&w);
	unlink(log_path);
	setup();
	snprintf(command, sizeof(command), "mv %s %s", copy, dir);
	ck_assert_int_eq(system(command), 0);
	put_rows(0, 200);
	start();
	ck_assert_ptr_nonnull(strstr(store_chain_trouble(ch),
	    "is of another store"));
	settle();
	ck_assert_uint_eq(last_run("FIX_IN", 1, &rows).last, 100);
}
END_TEST

/* Nothing that a loss of power could take: with the log held back, not one row
 * more is chained. */
START_TEST(only_what_is_on_the_disk_is_chained)
{
	struct timespec pause = { .tv_nsec = 250000000 };
	uint64_t commit;

	start();
	put_rows(0, 10);
	settle();
	world_hold(&w);
	put_rows(10, 20);
	ck_assert_uint_eq(store_last_row(w.st, STORE_FIX_IN), 10);
	ck_assert_int_eq(store_flushed(w.st, false, &commit), 0);
	ck_assert_uint_le(commit, 10);
	nanosleep(&pause, NULL); /* room to do wrong */
	ck_assert_uint_eq(store_chain_upto(ch, STORE_FIX_IN), 5);
	world_release(&w);
	settle();
	ck_assert_uint_eq(store_chain_upto(ch, STORE_FIX_IN), 10);
}
END_TEST

/* ---- heads ---- */

static struct heads
read_heads(const char *path, const struct head_key *k)
{
	struct heads hs = { 0 };
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(heads_read(&hs, f, k), 0);
	ck_assert_uint_eq(hs.garbled, 0);
	fclose(f);
	return hs;
}

static const struct head *
newest(const struct heads *hs, const char *table)
{
	const struct head *h = NULL;
	size_t i;

	for (i = 0; i < hs->n; i++)
		if (strcmp(hs->v[i].table, table) == 0)
			h = &hs->v[i];
	return h;
}

static char *
heads_path(void)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/" HEAD_FILE, dir);
	return path;
}

/* Twice: a second chain with another head_ns only says more. */
START_TEST(heads_are_put_down_in_time_and_at_the_end)
{
	struct timespec pause = { .tv_nsec = 5000000 };
	char second[128];
	struct heads hs, more;
	const struct head *h;
	uint64_t rows, n;

	snprintf(second, sizeof(second), "%s/second", w.dir);
	second_path = second;
	head_ns = 20 * 1000000;
	start();
	put_rows(0, 10);
	settle();
	do {
		nanosleep(&pause, NULL);
		hs = read_heads(heads_path(), NULL);
		h = newest(&hs, "FIX_IN");
		n = h == NULL ? 0 : h->seq;
		heads_free(&hs);
	} while (n < 5);
	stop();
	head_ns = 0;
	start();
	put_rows(10, 20);
	stop();
	second_path = NULL;
	hs = read_heads(heads_path(), NULL);
	more = read_heads(second, NULL);
	ck_assert_uint_eq(hs.n, more.n);
	h = newest(&hs, "FIX_IN");
	ck_assert_uint_eq(h->seq, 10);
	ck_assert_mem_eq(h->hash, last_run("FIX_IN", 1, &rows).hash,
	    CHAIN_HASH);
	ck_assert_str_eq(hs.v[hs.n - 1].table, HEAD_CLOSED);
	ck_assert_uint_eq(hs.v[hs.n - 1].commit, 20);
	ck_assert_str_eq(hs.v[0].table, HEAD_OPENED);
	ck_assert(!h->has_signature);
	heads_free(&hs);
	heads_free(&more);
}
END_TEST

static void
run(const char *command)
{
	ck_assert_int_eq(system(command), 0);
}

START_TEST(a_signature_is_of_each_byte_of_a_head)
{
	char key[100], public[100], command[600], line[HEAD_LINE_MAX], c;
	char err[STORE_ERR_MAX];
	struct head_key *k, *other;
	struct head h;
	struct buf pem = { 0 };
	size_t n, i;
	FILE *f;

	snprintf(key, sizeof(key), "%s/key", w.dir);
	snprintf(public, sizeof(public), "%s/public", w.dir);
	snprintf(command, sizeof(command), "openssl genpkey -algorithm ed25519 "
	    "-out %s && openssl pkey -in %s -pubout -out %s", key, key, public);
	run(command);
	key_path = key;
	start();
	put_rows(0, 10);
	stop();
	key_path = NULL;
	ck_assert_int_eq(head_key_public(&k, public, err), 0);
	ck_assert_int_eq(head_key_pem(k, &pem), 0);
	ck_assert_int_eq(head_key_from_pem(&other, pem.p, pem.len), 0);
	f = fopen(heads_path(), "r");
	while (fgets(line, sizeof(line), f) != NULL) {
		n = strcspn(line, "\n");
		ck_assert_int_eq(head_parse(&h, line, n, k), 0);
		ck_assert(h.has_signature && h.good);
		ck_assert_int_eq(head_parse(&h, line, n, other), 0);
		ck_assert(h.good);
	}
	fclose(f);
	n = strcspn(line, "\n");
	for (i = 0; i < n; i++) {
		c = line[i];
		line[i] = c == '1' ? '2' : '1';
		ck_assert(head_parse(&h, line, n, k) != 0 || !h.good);
		line[i] = c;
	}
	ck_assert(head_parse(&h, line, n, k) == 0 && h.good);
	head_key_free(k);
	head_key_free(other);
	buf_free(&pem);
}
END_TEST

/* A chain that was cut is made again; of other rows, the head tells. */
START_TEST(rows_that_were_changed_do_not_fit_an_old_head)
{
	char command[600];
	struct timespec pause = { .tv_nsec = 5000000 };
	char line[512];
	bool said = false;
	FILE *f;

	put_rows(0, 10);
	start();
	stop();
	/* Another store with the same name and number of rows. */
	snprintf(command, sizeof(command), "rm %s/*.chain && sed -i "
	    "'s/\\( FIX_IN . 5 9 \\).../\\1abc/' %s", dir, heads_path());
	run(command);
	start();
	while (!said) {
		nanosleep(&pause, NULL);
		f = fopen(log_path, "r");
		while (fgets(line, sizeof(line), f) != NULL)
			said = said || strstr(line, "table FIX_IN: a head in")
			    != NULL;
		fclose(f);
	}
}
END_TEST

START_TEST(a_store_with_fewer_rows_than_a_head_is_said)
{
	char command[600];

	put_rows(0, 10);
	start();
	stop();
	snprintf(command, sizeof(command), "rm %s/*.chain && sed -i "
	    "'s/\\( FIX_IN .\\) 5 9 /\\1 6 9 /' %s", dir, heads_path());
	run(command);
	start();
	ck_assert_ptr_nonnull(store_chain_trouble(ch));
	ck_assert_ptr_nonnull(strstr(store_chain_trouble(ch),
	    "says row 6, and the store has fewer rows"));
}
END_TEST

START_TEST(a_change_while_it_was_closed_is_said)
{
	put_rows(0, 10);
	start();
	stop();
	start();
	ck_assert_ptr_null(store_chain_trouble(ch));
	put_rows(10, 12);
	stop();
	put_rows(12, 13);
	start();
	ck_assert_ptr_nonnull(strstr(store_chain_trouble(ch),
	    "closed as of commit 12, and now has commit 13"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("chain");
	TCase *tc = tcase_create("chain");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, all_tables_are_chained);
	tcase_add_test(tc, the_hash_is_of_the_rows_alone);
	tcase_add_test(tc, a_stop_chains_the_rest);
	tcase_add_test(tc, each_segment_has_its_file);
	tcase_add_test(tc, a_torn_end_is_cut);
	tcase_add_test(tc, a_damaged_file_is_kept_and_said);
	tcase_add_test(tc, a_chain_ahead_of_the_store_is_kept_and_said);
	tcase_add_test(tc, the_chain_of_another_store_is_kept_and_said);
	tcase_add_test(tc, only_what_is_on_the_disk_is_chained);
	tcase_add_test(tc, heads_are_put_down_in_time_and_at_the_end);
	tcase_add_test(tc, a_signature_is_of_each_byte_of_a_head);
	tcase_add_test(tc, rows_that_were_changed_do_not_fit_an_old_head);
	tcase_add_test(tc, a_store_with_fewer_rows_than_a_head_is_said);
	tcase_add_test(tc, a_change_while_it_was_closed_is_said);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
