/*
 * rejects.h: what was rejected, counted by tag and reason: custom tags are sent
 * every day, and who looks wants to know which ones, and what lets them in.
 * Pure.
 */
#ifndef FG_GATEWAY_REJECTS_H
#define FG_GATEWAY_REJECTS_H

#include <stddef.h>
#include <stdint.h>

#include "dict/dict.h"

#define REJECTS_KINDS 16 /* further ones are counted together */

struct reject_kind {
	int32_t tag; /* or DICT_NO_TAG */
	enum fix_reject reason;
	uint64_t n;
};

/* All-zero is none. */
struct rejects {
	struct reject_kind kind[REJECTS_KINDS];
	size_t nkind;
	uint64_t others;
};

void rejects_add(struct rejects *r, int32_t tag, enum fix_reject reason);
/* The most frequent kind, or NULL. */
const struct reject_kind *rejects_most(const struct rejects *r);
/* The setting that accepts what is of this kind, or NULL: none does. Static. */
const char *rejects_setting(const struct reject_kind *k);

#endif
