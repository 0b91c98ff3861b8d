/*
 * bench.h: what the measuring programs share. They speak FIX by themselves:
 * nothing of the code under test is in them.
 */
#ifndef FG_T_BENCH_BENCH_H
#define FG_T_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_MSG_MAX 1024 /* bytes of a message that bench_msg builds */

/* Who speaks to whom. */
struct bench_id {
	const char *begin, *sender, *target;
};

double bench_now(void); /* seconds, monotonic */

/* A blocking TCP connection over loopback, without Nagle; exits on failure. */
int bench_connect(uint16_t port);
/* A listening socket on a free port; *port is it. */
int bench_listen(uint16_t *port);

/* A complete message with SendingTime now into out[BENCH_MSG_MAX]; body is
 * fields, each ended by SOH. Returns its length. */
size_t bench_msg(char *out, const struct bench_id *id, unsigned long seq,
    const char *msg_type, const char *body);

/* Write all, or exit. */
void bench_write(int fd, const void *p, size_t len);

/* Logon as number 1 and wait for the answer, or exit. */
void bench_logon(int fd, const struct bench_id *id);

/* Sorts v; bench_quantile wants it sorted, q from 0 to 1. */
void bench_sort(double *v, size_t n);
double bench_quantile(const double *v, size_t n, double q);

#endif
