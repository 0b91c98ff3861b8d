/*
 * release.h: what may leave the process, and when (AMENDMENTS "release
 * discipline"). Everything that a wake-up wants to let out is queued here
 * behind the number of its commit, and is done strictly in order once that commit is
 * durable. Pure bookkeeping: the doing is the owner's.
 */
#ifndef FG_GATEWAY_RELEASE_H
#define FG_GATEWAY_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"

struct fgsess;

enum release_kind {
	RELEASE_SEND,       /* bytes to the session's connection */
	RELEASE_DISCONNECT, /* end the session's connection; bytes are why */
	RELEASE_RESEND,     /* start answering a ResendRequest */
	RELEASE_ANSWER,     /* tell whoever asked that it is done */
	RELEASE_ROWS,       /* first bytes of rows are durable now */
};

/* Where the effect of a request ended up. */
struct release_done {
	int err; /* 0, or FG_E*: nothing happened, may be tried again */
	uint64_t tx_seq;      /* FIX_OUT row; 0 when pending */
	uint64_t msg_seq_num; /* 0 when pending */
	uint32_t epoch;
};

typedef void (*release_fn)(void *arg, const struct release_done *done);

struct release_item {
	enum release_kind kind;
	struct fgsess *fs;
	uint32_t generation; /* of the connection; older ones are dropped */
	uint64_t commit;     /* set by release_close */
	mono_t at;           /* when it was queued */
	int id;              /* RESEND */
	uint64_t first, last; /* RESEND; of ROWS: bytes, messages that came */
	bool event;          /* SEND, ANSWER: of an event */
	uint32_t epoch;       /* of RESEND */
	size_t off, len;     /* bytes */
	release_fn fn;       /* ANSWER */
	void *arg;
	struct release_done done;
};

/* All-zero is an empty queue. */
struct release {
	struct release_item *item;
	size_t head, n, cap; /* items head ... n - 1 are queued */
	size_t open;         /* items from here on have no commit yet */
	struct buf bytes;
	size_t base; /* offset of bytes.p[0] in the stream of all bytes */
};

/* Queue a copy of *it with n bytes at p, for the commit of this wake-up.
 * 0 or FG_ENOMEM. */
int release_add(struct release *r, const struct release_item *it,
    const void *p, size_t n);

/* The wake-up's commit got this number: what was added since belongs to it. */
void release_close(struct release *r, uint64_t commit);

/* The oldest item whose commit is <= durable, or NULL. Its bytes are at *p,
 * until release_pop. */
const struct release_item *release_head(const struct release *r,
    uint64_t durable, const char **p);
void release_pop(struct release *r);

/* Take the oldest item, released or not: for throwing all away. */
const struct release_item *release_any(const struct release *r);

size_t release_count(const struct release *r);
size_t release_bytes(const struct release *r);
void release_free(struct release *r);

#endif
