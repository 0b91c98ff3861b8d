/*
 * codec.c: what parsing to an index and building cost, against the bytes
 * themselves: the floor of parsing is the CheckSum and the places of all SOHs,
 * that of building a copy and the CheckSum. All rows of a round run one after
 * the other, so that a drifting machine drifts for all; medians are printed.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "fix/frame.h"
#include "fix/msg.h"
#include "fix/out.h"
#include "fix/scan.h"
#include "messages.h"

#define ROUNDS  31
#define REPEATS 20 /* passes over all messages in one measurement */
#define FIELDS  128

/* One message with its index, which building starts from. */
struct item {
	struct bench_message m;
	struct fix_msg index;
	struct fix_field field[FIELDS];
	wall_t time;
	uint64_t seq;
};

static struct item items[BENCH_MESSAGES];
static struct fix_lens lens;

/* Data fields of FIX.4.4, so that the sieve has its usual work. */
static const struct fix_len_pair pairs[] = { { 89, 93 }, { 91, 90 },
	{ 96, 95 }, { 213, 212 }, { 349, 348 }, { 351, 350 }, { 353, 352 },
	{ 355, 354 }, { 357, 356 }, { 359, 358 }, { 361, 360 }, { 363, 362 },
	{ 365, 364 }, { 446, 445 }, { 619, 618 }, { 622, 621 } };

static size_t
parse_floor(const struct item *it)
{
	uint32_t place[FIELDS];
	size_t at, n = 0;
	uint64_t mask;

	for (at = 0; at + SCAN_BLOCK <= it->m.len; at += SCAN_BLOCK)
		for (mask = scan_soh(it->m.p + at); mask != 0; mask &= mask - 1)
			place[n++] = (uint32_t)at +
			    (uint32_t)__builtin_ctzll(mask);
	for (; at < it->m.len; at++)
		if (it->m.p[at] == FIX_SOH)
			place[n++] = (uint32_t)at;
	__asm__ volatile("" : : "r"(place) : "memory");
	return n + fix_checksum(it->m.p, it->m.len);
}

static size_t
parse_ours(const struct item *it)
{
	struct fix_field field[FIELDS];
	struct fix_msg m = { .field = field, .cap = FIELDS };
	struct fix_frame f;

	if (fix_frame(it->m.p, it->m.len, BENCH_BYTES_MAX, &f) != 0 ||
	    f.garble != FIX_CLEAN ||
	    fix_parse(&m, it->m.p, f.len, &lens) != 0)
		errx(1, "a message is garbled");
	__asm__ volatile("" : : "r"(field) : "memory");
	return m.nfield;
}

static size_t
build_floor(const struct item *it)
{
	char buf[BENCH_BYTES_MAX];

	memcpy(buf, it->m.p, it->m.len);
	__asm__ volatile("" : : "r"(buf) : "memory");
	return fix_checksum(buf, it->m.len);
}

/* MsgSeqNum and SendingTime are new each time; the rest is text already. */
static size_t
build_ours(const struct item *it)
{
	char buf[BENCH_BYTES_MAX];
	const struct fix_field *f = it->index.field + 2;
	const struct fix_field *end = it->index.field + it->index.nfield - 1;
	const char *msg;
	struct fix_out o;
	size_t len;

	fix_out_begin(&o, buf, sizeof(buf));
	for (; f < end; f++)
		if (f->tag == 34)
			fix_out_u64(&o, 34, it->seq);
		else if (f->tag == 52)
			fix_out_time(&o, 52, it->time, 3);
		else
			fix_out_bytes(&o, f->tag, it->m.p + f->off, f->len);
	if (fix_out_end(&o, "FIX.4.4", &msg, &len) != 0 || len != it->m.len)
		errx(1, "a message was not built");
	__asm__ volatile("" : : "r"(buf) : "memory");
	return len;
}

static const struct row {
	const char *name;
	size_t (*run)(const struct item *);
	int floor; /* row to compare with */
} rows[] = {
	{ "parse, floor", parse_floor, 0 },
	{ "parse", parse_ours, 0 },
	{ "build, floor", build_floor, 2 },
	{ "build", build_ours, 2 },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static double
measure(size_t (*run)(const struct item *))
{
	static volatile size_t sink;
	struct timespec from, to;
	size_t sum = 0;
	int i, r;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (r = 0; r < REPEATS; r++)
		for (i = 0; i < BENCH_MESSAGES; i++)
			sum += run(&items[i]);
	clock_gettime(CLOCK_MONOTONIC, &to);
	sink = sum;
	(void)sink;
	return ((double)(to.tv_sec - from.tv_sec) * 1e9 +
	    (double)(to.tv_nsec - from.tv_nsec)) / REPEATS / BENCH_MESSAGES;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v)
{
	qsort(v, ROUNDS, sizeof(*v), compare);
	return v[ROUNDS / 2];
}

static void
prepare(enum bench_kind kind, uint64_t seed)
{
	static struct bench_message all[BENCH_MESSAGES];
	struct item *it;
	int i;

	bench_messages(kind, seed, all);
	for (i = 0; i < BENCH_MESSAGES; i++) {
		it = &items[i];
		it->m = all[i];
		it->index = (struct fix_msg){ .field = it->field,
			.cap = FIELDS };
		if (fix_parse(&it->index, all[i].p, all[i].len, &lens) != 0 ||
		    fix_get_u64(&it->index, 34, &it->seq) != 0 ||
		    fix_get_time(&it->index, 52, &it->time) != 0)
			errx(1, "%s: not parsed", bench_kind_name(kind));
	}
	printf("%s, %.0f bytes\n", bench_kind_name(kind),
	    bench_mean_length(all));
}

int
main(int argc, char **argv)
{
	static double ns[ROWS][ROUNDS], ratio[ROWS][ROUNDS];
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	int kind, round;
	size_t i;

	fix_lens_init(&lens, pairs, sizeof(pairs) / sizeof(pairs[0]));
	printf("seed %llu, median of %d rounds\n", (unsigned long long)seed,
	    ROUNDS);
	for (kind = 0; kind < BENCH_KINDS; kind++) {
		prepare((enum bench_kind)kind, seed);
		for (round = 0; round < ROUNDS; round++) {
			for (i = 0; i < ROWS; i++)
				ns[i][round] = measure(rows[i].run);
			for (i = 0; i < ROWS; i++)
				ratio[i][round] = ns[i][round] /
				    ns[rows[i].floor][round];
		}
		for (i = 0; i < ROWS; i++)
			printf("  %-14s %7.1f ns  %5.2f\n", rows[i].name,
			    median(ns[i]), median(ratio[i]));
	}
	return 0;
}
