/*
 * What a commit costs, beside what the bare system takes for the same bytes:
 * rows of 200 bytes, in batches, in each durability; then write() alone and
 * write() with fdatasync(). Ratios of one run count, the times drift.
 *
 *	store [directory [seconds for each line]]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/store.h"

#define ROW_BYTES 200
#define PENDING_MAX 2000 /* synced: commits that may wait for the disk */

static const char *base = ".";
static double seconds = 2;
static char text[ROW_BYTES];

static double
read_clock(clockid_t which)
{
	struct timespec ts;

	clock_gettime(which, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double
now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* What this thread, the loop, has used: other work on the machine adds little. */
static double
cpu(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

static int
by_value(const void *a, const void *b)
{
	const float *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

#define SAMPLES (1 << 20)
static float sample[SAMPLES];

static void
report(const char *what, unsigned batch, size_t commits, double took,
    double used)
{
	size_t n = commits < SAMPLES ? commits : SAMPLES;

	qsort(sample, n, sizeof(*sample), by_value);
	printf("%-22s %4u rows  %9.0f rows/s  commit: cpu %7.2f us  p50 %7.2f  "
	    "p99 %8.2f  p99.9 %8.1f  worst %8.0f\n", what, batch,
	    (double)(commits * batch) / took,
	    used / (double)commits * 1e6, (double)sample[n / 2] * 1e6,
	    (double)sample[n * 99 / 100] * 1e6,
	    (double)sample[n * 999 / 1000] * 1e6,
	    (double)sample[n - 1] * 1e6);
	fflush(stdout);
}

static void
fill(struct store *st, uint32_t session, unsigned batch, uint64_t *num,
    uint64_t *commit)
{
	struct store_batch *b = store_begin(st);
	struct store_row row = { .session = session, .epoch = 1,
		.data = text, .len = sizeof(text) };
	unsigned i;

	for (i = 0; i < batch; i++) {
		row.msg_seq_num = ++*num;
		store_add(b, STORE_FIX_IN, &row);
	}
	store_set_state(b, &(struct store_state){ .session = session,
	    .epoch = 1, .next_in = *num + 1, .next_out = 1 });
	if (store_commit(b, commit) != 0)
		abort();
}

static void
bench_store(const char *what, enum store_durability d, unsigned batch,
    uint64_t pending_max)
{
	struct store_cfg cfg = { .durability = d };
	struct timespec nap = { 0, 50000 };
	char dir[4096], cmd[4200], err[STORE_ERR_MAX];
	struct store_state s;
	struct store *st;
	uint64_t num = 0, commit = 0;
	size_t n = 0;
	double start, t, end, used;
	uint32_t id;
	bool is_new;

	snprintf(dir, sizeof(dir), "%s/bench.XXXXXX", base);
	if (mkdtemp(dir) == NULL)
		abort();
	cfg.path = dir;
	if (store_open_bdb(&st, &cfg, err) != 0
	    || store_session(st, "A", &id, &s, &is_new) != 0) {
		fprintf(stderr, "%s\n", err);
		exit(1);
	}
	used = cpu();
	start = now();
	do {
		t = now();
		fill(st, id, batch, &num, &commit);
		while (pending_max != 0
		    && commit - store_durable(st) >= pending_max)
			nanosleep(&nap, NULL);
		end = now();
		sample[n++ % SAMPLES] = (float)(end - t);
	} while (end - start < seconds);
	used = cpu() - used;
	while (store_durable(st) < commit)
		nanosleep(&nap, NULL);
	end = now();
	store_close(st);
	report(what, batch, n, end - start, used);
	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	if (system(cmd) != 0)
		abort();
}

static void
bench_floor(const char *what, unsigned batch, int sync)
{
	char path[4096], *bytes = calloc(batch, ROW_BYTES);
	double start, t, end, used;
	size_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/bench.XXXXXX", base);
	fd = mkstemp(path);
	if (fd == -1 || bytes == NULL)
		abort();
	used = cpu();
	start = now();
	do {
		t = now();
		if (write(fd, bytes, (size_t)batch * ROW_BYTES) == -1
		    || (sync && fdatasync(fd) == -1))
			abort();
		end = now();
		sample[n++ % SAMPLES] = (float)(end - t);
	} while (end - start < seconds);
	used = cpu() - used;
	report(what, batch, n, end - start, used);
	close(fd);
	unlink(path);
	free(bytes);
}

int
main(int argc, char **argv)
{
	static const unsigned batches[] = { 1, 16, 64, 256 };
	size_t i;

	if (argc > 1)
		base = argv[1];
	if (argc > 2)
		seconds = atof(argv[2]);
	memset(text, 'x', sizeof(text));
	for (i = 0; i < sizeof(batches) / sizeof(batches[0]); i++) {
		bench_floor("write()", batches[i], 0);
		bench_store("none", STORE_NONE, batches[i], 0);
		bench_store("written", STORE_WRITTEN, batches[i], 0);
		bench_floor("write() + fdatasync()", batches[i], 1);
		bench_store("synced, one at a time", STORE_SYNCED,
		    batches[i], 1);
		bench_store("synced, many waiting", STORE_SYNCED, batches[i],
		    PENDING_MAX);
	}
	return 0;
}
