/*
 * messages.h: the FIX.4.4 messages that the benchmarks share: valid, of three
 * kinds, and varied in values, lengths and optional fields by a seed, so that
 * no run profits from seeing the same bytes again. Usable from C++.
 */
#ifndef FG_T_BENCH_MESSAGES_H
#define FG_T_BENCH_MESSAGES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_MESSAGES  256  /* of each kind */
#define BENCH_BYTES_MAX 1024 /* of one message, and what building it needs */

enum bench_kind {
	BENCH_ORDER,  /* NewOrderSingle, about 180 bytes */
	BENCH_REPORT, /* ExecutionReport, about 324 bytes */
	BENCH_MARKET, /* MarketDataSnapshot, 10 entries, about 687 bytes */
	BENCH_KINDS
};

struct bench_message {
	const char *p; /* from 8= to the last SOH */
	size_t len;
};

/* "order", "report", "market data". */
const char *bench_kind_name(enum bench_kind kind);

/* Fill all BENCH_MESSAGES of out. The bytes are in static storage and stay
 * until the next call for this kind. */
void bench_messages(enum bench_kind kind, uint64_t seed,
    struct bench_message *out);

/* Mean length of these messages. */
double bench_mean_length(const struct bench_message *m);

#ifdef __cplusplus
}
#endif
#endif
