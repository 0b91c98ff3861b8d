/*
 * pingpong: the round trip TestRequest -> Heartbeat, one outstanding.
 *
 *	pingpong [-r] [-n count] [-b begin] -s sender -t target port
 *
 * -r: the other side echoes bytes, there is no session. Prints microseconds:
 * "p50 P99 mean".
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define WARM_UP 200 /* round trips before those that count */

/* Read until name has come; the rest of a message may come with it or not. */
static void
wait_for(int fd, const char *name)
{
	char in[4 * BENCH_MSG_MAX];
	size_t have = 0, len = strlen(name);
	ssize_t n;

	do {
		if (have == sizeof(in))
			errx(1, "no answer in %zu bytes", have);
		if ((n = read(fd, in + have, sizeof(in) - have)) <= 0)
			errx(1, "connection closed");
		have += (size_t)n;
	} while (memmem(in, have, name, len) == NULL || in[have - 1] != '\001');
}

static double
round_trip(int fd, const struct bench_id *id, unsigned long seq)
{
	char body[32], msg[BENCH_MSG_MAX];
	double start;
	size_t len;

	snprintf(body, sizeof(body), "112=P%lu\001", seq);
	len = bench_msg(msg, id, seq, "1", body);
	start = bench_now();
	bench_write(fd, msg, len);
	wait_for(fd, body);
	return (bench_now() - start) * 1e6;
}

int
main(int argc, char **argv)
{
	struct bench_id id = {"FIX.4.4", "CLIENT", "SERVER"};
	size_t count = 5000;
	bool raw = false;
	double *us, sum = 0;
	int fd, ch;

	while ((ch = getopt(argc, argv, "rn:b:s:t:")) != -1)
		switch (ch) {
		case 'r':
			raw = true;
			break;
		case 'n':
			count = strtoul(optarg, NULL, 10);
			break;
		case 'b':
			id.begin = optarg;
			break;
		case 's':
			id.sender = optarg;
			break;
		case 't':
			id.target = optarg;
			break;
		default:
			return 2;
		}
	if (optind + 1 != argc || count == 0)
		errx(2, "usage: pingpong [-r] [-n count] [-b begin] "
			"[-s sender] [-t target] port");
	if ((us = calloc(count, sizeof(*us))) == NULL)
		err(1, NULL);
	fd = bench_connect((uint16_t)atoi(argv[optind]));
	if (!raw)
		bench_logon(fd, &id);
	for (size_t i = 0; i < WARM_UP; i++)
		round_trip(fd, &id, i + 2);
	for (size_t i = 0; i < count; i++) {
		us[i] = round_trip(fd, &id, WARM_UP + i + 2);
		sum += us[i];
	}
	bench_sort(us, count);
	printf("%.2f %.2f %.2f\n", bench_quantile(us, count, 0.5),
	    bench_quantile(us, count, 0.99), sum / (double)count);
	free(us);
	return 0;
}
