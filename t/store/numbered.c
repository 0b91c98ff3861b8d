#include "numbered.h"

#include <check.h>
#include <string.h>

size_t
numbered_text(uint64_t n, char out[NUMBERED_BYTES])
{
	size_t len = 20 + (size_t)(n * 7919 % (NUMBERED_BYTES - 20));

	memset(out, (char)('a' + n % 26), len);
	memcpy(out, &n, sizeof(n));
	return len;
}

int
numbered_row(void *arg, const struct store_row *row)
{
	uint64_t *n = arg;
	char text[NUMBERED_BYTES];

	++*n;
	ck_assert_uint_eq(*n, row->seq);
	ck_assert_uint_eq(*n, row->msg_seq_num);
	ck_assert_uint_eq(numbered_text(*n, text), row->len);
	ck_assert_mem_eq(text, row->data, row->len);
	return 0;
}

void
numbered_open(struct world *w, int kind, uint64_t segment, uint32_t log)
{
	world_open(w, kind);
	w->cfg.segment_bytes = segment;
	w->cfg.log_file_bytes = log;
	w->cfg.checkpoint_bytes = 300 << 10;
	/* A log file stays as large as it was meant to be. */
	store_close(w->st);
	world_rmdir(w->dir);
	ck_assert_msg(store_open_bdb(&w->st, &w->cfg, w->err) == 0, "%s",
	    w->err);
}

int
numbered_give_up(void *arg, uint64_t done, uint64_t total)
{
	unsigned *calls = arg;

	(void)done;
	(void)total;
	return --*calls == 0;
}
