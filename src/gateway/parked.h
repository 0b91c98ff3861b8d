/*
 * parked.h: a row of QUARANTINE: an event that was given up, or what became of
 * one. Pure.
 *
 *	store_row    here
 *	session      of the event, or 0
 *	code         state
 *	a            ref
 *	msg_seq_num  row_seq
 *	b            part in the upper 32 bits, attempt in the lower
 *	data         the texts, each with its length of 4 bytes before it
 */
#ifndef FG_GATEWAY_PARKED_H
#define FG_GATEWAY_PARKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/store.h"

/* On disk: never reuse one. All but the first are of rows that have a ref. */
enum parked_state {
	PARKED = 1,
	PARKED_RETRY = 2,   /* somebody wants it sent again by its client */
	PARKED_RETRIED = 3, /* it was done again, with success */
	PARKED_DROPPED = 4,
	PARKED_DONE = 5,    /* its client sent it again, with success */
};

/* "parked", "retry" ..., "" for a number that is none. */
const char *parked_state_text(unsigned state);

enum parked_text {
	PARKED_CONSUMER,
	PARKED_KEY,
	PARKED_SEND,
	PARKED_SOURCE,
	PARKED_PROCESS,
	PARKED_EVENT,
	PARKED_CODE,
	PARKED_REASON,
	PARKED_DETAILS, /* JSON for people, or the frame of the event */
	PARKED_TEXTS,
};

struct parked {
	enum parked_state state;
	uint64_t ref; /* the parked row that this one is about, or 0 */
	uint64_t row_seq;
	uint32_t part, attempt;
	struct {
		const char *p; /* borrowed */
		size_t len;
	} text[PARKED_TEXTS];
};

void parked_set(struct parked *k, enum parked_text which, const char *text);
/* Fill *row but for session, epoch and time; its data is in *data. 0 or
 * FG_ENOMEM. */
int parked_pack(const struct parked *k, struct store_row *row,
    struct buf *data);
/* Texts borrow from the row. 0 or FG_EDAMAGED. */
int parked_read(struct parked *k, const struct store_row *row);

/* Which event is it? By the names of its lane, its row and its part; their
 * hash. */
bool parked_is_same(const struct parked *a, const struct parked *b);
uint64_t parked_hash(const struct parked *k);

#endif
