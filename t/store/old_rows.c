#include "old_rows.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

struct world w;
char err[STORE_ERR_MAX];
const struct store_archive_how quick;

void
old_put(uint32_t session, uint64_t from, uint64_t to)
{
	static char text[600];
	struct store_batch *b;
	struct store_row row;
	uint64_t i, commit = 0;

	for (i = from; i <= to; i++) {
		memset(text, 'a' + (int)(i % 26), sizeof(text));
		row = (struct store_row){ .session = session, .epoch = 1,
			.msg_seq_num = i, .time = { (int64_t)i * 1000 },
			.data = text, .len = 100 + i * 7 % 500 };
		b = store_begin(w.st);
		store_add(b, STORE_FIX_IN, &row);
		store_add(b, STORE_FIX_OUT, &row);
		store_set_state(b, &(struct store_state){ .session = session,
		    .epoch = 1, .next_in = i + 1, .next_out = i + 1 });
		ck_assert_int_eq(0, store_commit(b, &commit));
		b = store_begin(w.st);
		store_set_state(b, &(struct store_state){ .session = session,
		    .epoch = 1, .next_in = i + 1, .next_out = i + 1,
		    .pending = i });
		ck_assert_int_eq(0, store_commit(b, &commit));
	}
	world_settle(&w, commit);
}

void
old_begin(int kind)
{
	world_open(&w, kind);
	store_close(w.st);
	w.cfg.segment_bytes = 128 << 10;
	ck_assert_int_eq(0, store_open_bdb(&w.st, &w.cfg, err));
	old_put(world_session(&w, "A"), 1, ROWS);
}

void
old_end(void)
{
	char path[128];

	store_close(w.st);
	snprintf(path, sizeof(path), "%s/ARCHIVE", w.dir);
	world_rmdir(path);
	w.st = NULL;
	world_close(&w);
}

/* The oldest that is not archived. */
struct store_segment
old_oldest(enum store_table t)
{
	struct store_segment s = { 0 };
	uint64_t number = 0;

	do
		ck_assert_int_eq(0, store_segment(w.st, t, number, &s));
	while (s.archived && (number = s.number + 1) != 0);
	return s;
}

/* All that are sealed; returns how many. */
unsigned
old_archive_all(unsigned t)
{
	struct store_segment s;
	unsigned n = 0;

	for (;; n++) {
		s = old_oldest(t);
		if (s.hot)
			return n;
		ck_assert_msg(store_archive(w.st, t, s.number, &quick, &s,
		    err) == 0, "%s", err);
		ck_assert_msg(s.archived && s.rows != 0 && s.bytes != 0,
		    "table %u, segment %u: rows %u to %u (%u), %u bytes", t,
		    (unsigned)s.number, (unsigned)s.first, (unsigned)s.last,
		    (unsigned)s.rows, (unsigned)s.bytes);
	}
}

int
old_count(void *arg, const struct store_row *row)
{
	uint64_t *next = arg;

	ck_assert_uint_eq(*next, row->seq);
	ck_assert_uint_eq(*next, row->msg_seq_num);
	ck_assert_uint_eq(100 + *next * 7 % 500, row->len);
	ck_assert_int_eq('a' + (int)(*next % 26), row->data[row->len - 1]);
	++*next;
	return 0;
}

/* All rows are there, from anywhere, in pieces, and as resends. */
void
old_all_there(uint64_t from, uint64_t to)
{
	uint64_t next, upto, after;

	for (next = from; next <= to;) {
		after = next - 1;
		ck_assert_int_eq(0, store_read(w.st, STORE_FIX_IN, after, 1000,
		    SIZE_MAX, old_count, &next, &upto));
		ck_assert_uint_eq(next - 1, upto);
		ck_assert_uint_gt(upto, after);
	}
	for (next = from; next <= to; next += 499) {
		after = next;
		ck_assert_int_eq(0, store_read(w.st, STORE_FIX_OUT, next - 1,
		    1, 1, old_count, &after, &upto));
		ck_assert_uint_eq(next, upto);
	}
	next = from;
	ck_assert_int_eq(0, store_read_out(w.st, 1, 1, 1, to, SIZE_MAX,
	    SIZE_MAX, old_count, &next, &upto));
	ck_assert_uint_eq(to + 1, next);
	next = to - 20;
	ck_assert_int_eq(0, store_read_out(w.st, 1, 1, next, to - 3, SIZE_MAX,
	    SIZE_MAX, old_count, &next, &upto));
	ck_assert_uint_eq(to - 2, next);
	ck_assert_uint_eq(from, store_oldest(w.st, STORE_FIX_IN));
}
