/*
 * validate.c DICTIONARY: what finding, parsing and fully validating a message
 * costs (row V1 of t/bench/run). Prints a line "kind nanoseconds" for each
 * kind of message: the median of the passes over all its messages, in processor
 * time, which other work on the machine moves least.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "dict/xml/xml.h"
#include "fix/frame.h"
#include "messages.h"

#define ROUNDS	31
#define REPEATS 20 /* passes over all messages in one measurement */
#define FIELDS	256

static struct fix_field field[FIELDS];

static void
validate(const struct dict *d, struct dict_scratch *s,
    const struct bench_message *m)
{
	struct fix_msg msg = { .field = field, .cap = FIELDS };
	struct dict_reject rej;
	struct fix_frame f;

	if (fix_frame(m->p, m->len, BENCH_BYTES_MAX, &f) != 0 ||
	    f.garble != FIX_CLEAN ||
	    fix_parse(&msg, m->p + f.skip, f.len, dict_lens(d)) != 0)
		errx(1, "a message is garbled");
	if (!dict_validate(d, d, DICT_FLAGS_DEFAULT, &msg, s, &rej))
		errx(1, "%s, tag %d: %.*s", fix_reject_text(rej.reason),
		    (int)rej.tag, (int)m->len, m->p);
}

static double
measure(const struct dict *d, struct dict_scratch *s,
    const struct bench_message *m)
{
	struct timespec a, b;
	int i, j;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (i = 0; i < REPEATS; i++)
		for (j = 0; j < BENCH_MESSAGES; j++)
			validate(d, s, &m[j]);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	return (double)((b.tv_sec - a.tv_sec) * NS_PER_S + b.tv_nsec -
		   a.tv_nsec) /
	    (REPEATS * BENCH_MESSAGES);
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int
main(int argc, char **argv)
{
	static struct bench_message m[BENCH_MESSAGES];
	struct dict_scratch *s = dict_scratch_new();
	struct dict_faults faults = { 0 };
	double ns[ROUNDS];
	struct dict *d;
	int kind, i;

	if (argc != 2 || s == NULL)
		errx(1, "usage: validate DICTIONARY");
	if (dict_xml_load(&d, argv[1], 0, &faults) != 0)
		errx(1, "%s: no dictionary", argv[1]);
	for (kind = 0; kind < BENCH_KINDS; kind++) {
		bench_messages((enum bench_kind)kind, 1, m);
		for (i = 0; i < ROUNDS; i++)
			ns[i] = measure(d, s, m);
		qsort(ns, ROUNDS, sizeof(ns[0]), compare);
		printf("%s %.1f\n", bench_kind_name((enum bench_kind)kind),
		    ns[ROUNDS / 2]);
	}
	dict_faults_free(&faults);
	dict_scratch_free(s);
	dict_free(d);
	return 0;
}
