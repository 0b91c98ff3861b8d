/* Archive files: what goes in comes out, and no changed byte goes unseen. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "store/archive.h"
#include "store/block.h"
#include "store/archive_int.h"

#define FILE_NAME "archive.test"
#define BLOCKS 3000
#define ROWS   5 /* of a block */

static char err[STORE_ERR_MAX];

/* Rows of two sessions in turn, one block each; the text is not the same in
 * any two. */
static struct store_block *
block(uint64_t i)
{
	struct block_pack k = { 0 };
	struct store_block *b;
	struct store_row row;
	char text[400];
	uint64_t r;
	int n;

	for (r = 0; r < ROWS; r++) {
		n = snprintf(text, sizeof(text), "8=FIX.4.4\1" "11=ID%llu\1%0*d",
		    (unsigned long long)(i * ROWS + r), 200 + (int)(i % 100),
		    (int)(i * 7919 % 10007));
		row = (struct store_row){ .session = 1 + (uint32_t)(i % 2) * 2,
			.epoch = 1, .msg_seq_num = i / 2 * ROWS + r + 1,
			.time = { (int64_t)(1000 + i) }, .dict = 2, .data = text,
			.len = (size_t)n };
		ck_assert_int_eq(0, block_pack_add(&k, &row));
	}
	b = block_finish(&k, STORE_FIX_OUT, i * ROWS + 1, i + 1, NULL, 0);
	block_pack_free(&k);
	return b;
}

static struct archive_writer *
begin(void)
{
	struct archive_info about = { .uuid =
		"11111111-2222-3333-4444-555555555555", .table = STORE_FIX_OUT,
		.name = "FIX_OUT", .incarnation = 7, .segment = 1 };
	struct archive_writer *w;

	ck_assert_int_eq(0, archive_create(&w, FILE_NAME, &about));
	return w;
}

static void
make_file(uint64_t blocks)
{
	struct archive_writer *w = begin();
	struct store_block *b;
	uint64_t i;

	for (i = 0; i < blocks; i++) {
		b = block(i);
		ck_assert_int_eq(0, archive_add(w, b->bytes, b->len));
		block_unref(b);
	}
	ck_assert(archive_has_session(w, 1) && archive_has_dict(w, 2));
	ck_assert(!archive_has_session(w, 2) && !archive_has_dict(w, 1));
	ck_assert_int_eq(0, archive_add_session(w, 1, "FIX.4.4:A->B"));
	ck_assert_int_eq(0, archive_add_session(w, 3, "FIX.4.4:A->C"));
	ck_assert_int_eq(0, archive_add_dict(w, 2, "FIX44.xml", "<fix/>", 6));
	ck_assert_int_eq(0, archive_add_chain(w, "CHAIN", 5));
	ck_assert_int_eq(0, archive_finish(w));
}

static struct archive *
open_file(void)
{
	struct archive *a;

	ck_assert_msg(archive_open(&a, FILE_NAME, err) == 0, "%s", err);
	return a;
}

static int
same_block(void *arg, const void *p, size_t n)
{
	uint64_t *i = arg;
	struct store_block *b = block(*i);

	ck_assert_uint_eq(b->len, n);
	ck_assert_int_eq(0, memcmp(p, b->bytes, n));
	block_unref(b);
	++*i;
	return 0;
}

START_TEST(what_goes_in_comes_out)
{
	struct buf text = { 0 }, name = { 0 };
	const struct archive_info *i;
	struct archive *a;
	uint64_t n = 0;

	make_file(BLOCKS);
	a = open_file();
	ck_assert_msg(archive_check(a, err) == 0, "%s", err);
	i = archive_info(a);
	ck_assert_str_eq("11111111-2222-3333-4444-555555555555", i->uuid);
	ck_assert_str_eq("FIX_OUT", i->name);
	ck_assert(i->table == STORE_FIX_OUT && i->incarnation == 7);
	ck_assert(i->segment == 1 && i->first == 1);
	ck_assert(i->last == BLOCKS * ROWS && i->rows == BLOCKS * ROWS);
	ck_assert(i->blocks == BLOCKS && i->first_commit == 1);
	ck_assert(i->last_commit == BLOCKS && i->since.ns == 1000);
	ck_assert(i->until.ns == 1000 + BLOCKS - 1);
	ck_assert(i->bytes < i->raw / 5);
	ck_assert_int_eq(0, archive_blocks(a, 0, same_block, &n));
	ck_assert_uint_eq(BLOCKS, n);
	n = 1234;
	ck_assert_int_eq(0, archive_blocks(a, 1234 * ROWS + 3, same_block, &n));
	ck_assert_uint_eq(BLOCKS, n);
	ck_assert_str_eq("FIX.4.4:A->B", archive_session(a, 1));
	ck_assert_str_eq("FIX.4.4:A->C", archive_session(a, 3));
	ck_assert_ptr_null(archive_session(a, 2));
	ck_assert_int_eq(0, archive_dict(a, 2, &text, &name));
	ck_assert(text.len == 6 && memcmp(text.p, "<fix/>", 6) == 0);
	ck_assert(name.len == 9 && memcmp(name.p, "FIX44.xml", 9) == 0);
	ck_assert_int_eq(FG_ENOENT, archive_dict(a, 1, &text, NULL));
	ck_assert_int_eq(0, archive_chain(a, &text));
	ck_assert(text.len == 11 && memcmp(text.p, "<fix/>CHAIN", 11) == 0);
	ck_assert_str_eq("", archive_definition(a));
	buf_free(&text);
	buf_free(&name);
	archive_close(a);
	unlink(FILE_NAME);
}
END_TEST

struct seen {
	uint64_t first, last, n;
};

static int
see(void *arg, const struct store_row *row)
{
	struct seen *s = arg;

	if (s->n++ == 0)
		s->first = row->seq;
	s->last = row->seq;
	return 0;
}

START_TEST(rows_are_read_from_anywhere)
{
	struct archive *a;
	struct seen s;
	uint64_t at, upto;

	make_file(BLOCKS);
	a = open_file();
	for (at = 0; at < BLOCKS * ROWS; at += 997) {
		s = (struct seen){ 0 };
		ck_assert_int_eq(0, archive_rows(a, at, 10, SIZE_MAX, see, &s,
		    &upto));
		ck_assert(s.first == at + 1 && s.last == upto);
		ck_assert(s.n == 10 || upto == BLOCKS * ROWS);
	}
	ck_assert_int_eq(0, archive_rows(a, BLOCKS * ROWS, 10, SIZE_MAX, see,
	    &s, &upto));
	ck_assert_uint_eq(BLOCKS * ROWS, upto);
	archive_close(a);
	unlink(FILE_NAME);
}
END_TEST

static int
numbers(void *arg, const struct store_row *row)
{
	uint64_t *next = arg;

	ck_assert_uint_eq(*next, row->msg_seq_num);
	ck_assert_uint_eq(3, row->session);
	++*next;
	return 0;
}

START_TEST(resends_find_their_session_and_numbers)
{
	uint64_t next = 4001, half = BLOCKS / 2 * ROWS;
	struct store_reader r = { .max_rows = SIZE_MAX, .max_bytes = SIZE_MAX,
		.cb = numbers, .arg = &next };
	struct store_out o = { .session = 3, .epoch = 1, .next = 4001,
		.last = 5000, .visible = UINT64_MAX };
	struct archive *a;

	make_file(BLOCKS);
	a = open_file();
	ck_assert(archive_out_before(a, &o));
	ck_assert_int_eq(0, archive_read_out(a, &o, &r));
	ck_assert_uint_eq(5001, next);
	o.next = 1;
	o.last = half + 10;
	next = 1;
	ck_assert_int_eq(0, archive_read_out(a, &o, &r));
	ck_assert_uint_eq(half + 1, next);
	o.epoch = 2;
	ck_assert(!archive_out_before(a, &o));
	ck_assert_int_eq(0, archive_read_out(a, &o, &r));
	ck_assert_uint_eq(half + 1, next);
	archive_close(a);
	unlink(FILE_NAME);
}
END_TEST

/* One byte of the file is another one, or the file is cut. */
static int
look_at_damaged(void)
{
	struct archive *a;
	int rc = archive_open(&a, FILE_NAME, err);

	if (rc != 0)
		return rc;
	rc = archive_check(a, err);
	archive_close(a);
	return rc;
}

START_TEST(no_changed_byte_goes_unseen)
{
	unsigned seed = (unsigned)time(NULL), i;
	struct stat st;
	off_t at;
	char was, is;
	int fd;

	printf("seed %u\n", seed);
	srandom(seed);
	make_file(300);
	ck_assert_int_eq(0, stat(FILE_NAME, &st));
	fd = open(FILE_NAME, O_RDWR);
	for (i = 0; i < 400; i++) {
		/* the ends, too: header, index, trailer */
		at = i < 100 ? (off_t)i : i < 300 ? st.st_size - (off_t)i + 99
		    : (off_t)((unsigned long)random() % (unsigned long)
		    st.st_size);
		ck_assert_int_eq(1, pread(fd, &was, 1, at));
		is = (char)(was ^ (1 << random() % 8));
		ck_assert_int_eq(1, pwrite(fd, &is, 1, at));
		ck_assert_msg(look_at_damaged() != 0, "byte %lld of %lld",
		    (long long)at, (long long)st.st_size);
		ck_assert_ptr_nonnull(strstr(err, FILE_NAME));
		ck_assert_int_eq(1, pwrite(fd, &was, 1, at));
	}
	ck_assert_int_eq(0, look_at_damaged());
	for (i = 0; i < 50; i++) {
		ck_assert_int_eq(0, ftruncate(fd, (off_t)((unsigned long)
		    random() % (unsigned long)st.st_size)));
		ck_assert_int_ne(0, look_at_damaged());
		make_file(300);
	}
	close(fd);
	unlink(FILE_NAME);
}
END_TEST

/* Whoever writes a whole archive can make its hash fit, but not its ranges another
 * than those of its rows. */
START_TEST(ranges_that_are_not_those_of_the_rows_are_seen)
{
	struct archive *a;

	make_file(300);
	ck_assert_int_eq(archive_open(&a, FILE_NAME, err), 0);
	ck_assert_int_eq(archive_check(a, err), 0);
	ck_assert_uint_gt(a->n_range, 1);
	a->range[1].last++;
	ck_assert_int_eq(archive_check(a, err), FG_EDAMAGED);
	a->range[1].last--;
	a->n_range--;
	ck_assert_int_eq(archive_check(a, err), FG_EDAMAGED);
	a->n_range++;
	a->frame[0].last--;
	ck_assert_int_eq(archive_check(a, err), FG_EDAMAGED);
	archive_close(a);
	unlink(FILE_NAME);
}
END_TEST

START_TEST(blocks_out_of_order_or_of_another_table_are_refused)
{
	struct archive_writer *w = begin();
	struct store_block *a = block(1), *b = block(2);
	char *other = malloc(b->len);

	memcpy(other, b->bytes, b->len);
	other[1] = STORE_FIX_IN;
	ck_assert_int_eq(0, archive_add(w, a->bytes, a->len));
	ck_assert_int_eq(FG_EDAMAGED, archive_add(w, a->bytes, a->len));
	ck_assert_int_eq(FG_EDAMAGED, archive_finish(w));
	ck_assert_int_eq(-1, access(FILE_NAME, F_OK));
	w = begin();
	ck_assert_int_eq(FG_EDAMAGED, archive_add(w, other, b->len));
	archive_abandon(w);
	ck_assert_int_eq(-1, access(FILE_NAME, F_OK));
	free(other);
	block_unref(a);
	block_unref(b);
}
END_TEST

START_TEST(what_is_no_archive_is_said)
{
	struct archive *a;
	FILE *f = fopen(FILE_NAME, "w");

	ck_assert_int_eq(FG_ENOENT, archive_open(&a, "nowhere.arc", err));
	ck_assert_ptr_nonnull(strstr(err, "nowhere.arc"));
	fprintf(f, "%0200d", 0);
	fclose(f);
	ck_assert_int_eq(FG_EINVAL, archive_open(&a, FILE_NAME, err));
	ck_assert_ptr_nonnull(strstr(err, "is not an archive file"));
	unlink(FILE_NAME);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("archive");
	TCase *tc = tcase_create("file");
	SRunner *sr;
	char dir[] = "archive.XXXXXX";
	int failed;

	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		return EXIT_FAILURE;
	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, what_goes_in_comes_out);
	tcase_add_test(tc, rows_are_read_from_anywhere);
	tcase_add_test(tc, resends_find_their_session_and_numbers);
	tcase_add_test(tc, no_changed_byte_goes_unseen);
	tcase_add_test(tc, ranges_that_are_not_those_of_the_rows_are_seen);
	tcase_add_test(tc,
	    blocks_out_of_order_or_of_another_table_are_refused);
	tcase_add_test(tc, what_is_no_archive_is_said);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	if (chdir("..") == 0)
		rmdir(dir);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
