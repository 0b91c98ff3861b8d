/*
 * rows: all rows of a table of a store, read in bulk: what replay can reach at
 * best. Prints "rows-per-second bytes-per-row".
 *
 *	rows folder table
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "store/store.h"

struct sum {
	uint64_t rows, bytes;
};

static int
add(void *arg, const struct store_row *row)
{
	struct sum *s = arg;

	s->rows++;
	s->bytes += row->len;
	return 0;
}

int
main(int argc, char **argv)
{
	struct store_cfg cfg = { .durability = STORE_WRITTEN };
	char why[STORE_ERR_MAX];
	struct sum s = { 0 };
	enum store_table t;
	struct store *st;
	uint64_t upto;
	double start;

	if (argc != 3)
		errx(2, "usage: rows folder table");
	cfg.path = argv[1];
	if (store_open_bdb(&st, &cfg, why) != 0)
		errx(1, "%s", why);
	t = store_table_by_name(st, argv[2]);
	start = bench_now();
	if (store_read(st, t, 0, SIZE_MAX, SIZE_MAX, add, &s, &upto) != 0 ||
	    upto != store_visible(st, t))
		errx(1, "%s cannot be read", argv[2]);
	printf("%.0f %.1f\n", (double)s.rows / (bench_now() - start),
	    (double)s.bytes / (double)s.rows);
	store_close(st);
	return EXIT_SUCCESS;
}
