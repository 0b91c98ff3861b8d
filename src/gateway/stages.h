/*
 * stages.h: where the time of a message goes, in and out.
 *
 *	in   socket -> parsed -> durable -> streamed -> event, acked
 *	out  event -> committed -> durable -> sent, acked
 *
 * Each stage is counted from the beginning: the start of the wake-up that read
 * the bytes. Pure.
 */
#ifndef FG_GATEWAY_STAGES_H
#define FG_GATEWAY_STAGES_H

#include "base/latency.h"

#define STAGES(X)                                                              \
	X(IN_PARSED, "in", "parsed")                                           \
	X(IN_DURABLE, "in", "durable")                                         \
	X(IN_STREAMED, "in", "streamed")                                       \
	X(IN_EVENT, "in", "event")                                             \
	X(IN_ACKED, "in", "acked")                                             \
	X(OUT_COMMITTED, "out", "committed")                                   \
	X(OUT_DURABLE, "out", "durable")                                       \
	X(OUT_SENT, "out", "sent")                                             \
	X(OUT_ACKED, "out", "acked")

enum stage {
#define X(name, path, text) STAGE_##name,
	STAGES(X)
#undef X
	STAGE_N
};

struct stage_name {
	const char *path, *text;
};
extern const struct stage_name stage_name[STAGE_N];

/* All-zero is empty. */
struct stages {
	struct latency all[STAGE_N]; /* since the start */
	struct latency_minute minute[STAGE_N];
};

/* n messages came to the stage now, which began at since. */
static inline void
stages_add(struct stages *s, enum stage stage, mono_t now, mono_t since,
    uint64_t n)
{
	latency_add(&s->all[stage], now.ns - since.ns, n);
	latency_minute_add(&s->minute[stage], now, now.ns - since.ns, n);
}

#endif
