/*
 * out.h: build a message. Pure; writes into the caller's bytes. Errors are
 * sticky: after the first one calls do nothing and fix_out_end returns it.
 */
#ifndef FG_FIX_OUT_H
#define FG_FIX_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

/* Room that BeginString, BodyLength and CheckSum need beside the fields. */
#define FIX_OUT_OVERHEAD 64

struct fix_out {
	char *buf; /* borrowed */
	size_t cap;
	size_t at;  /* next byte */
	int err;    /* first error: FG_ELIMIT (no room), FG_EINVAL */
};

/* Start a message in cap bytes at buf. 8, 9 and 10 are added at the end. */
void fix_out_begin(struct fix_out *o, char *buf, size_t cap);

/* Append tag=value (tag > 0). A value with SOH, or an empty one, is the
 * caller's affair. */
void fix_out_bytes(struct fix_out *o, int32_t tag, const char *p, size_t n);
void fix_out_str(struct fix_out *o, int32_t tag, const char *s);
void fix_out_char(struct fix_out *o, int32_t tag, char c);
void fix_out_u64(struct fix_out *o, int32_t tag, uint64_t v);
void fix_out_i64(struct fix_out *o, int32_t tag, int64_t v);
void fix_out_time(struct fix_out *o, int32_t tag, wall_t t, unsigned digits);

/* Append n bytes that are already complete fields, each ended by SOH. */
void fix_out_fields(struct fix_out *o, const char *p, size_t n);

/* Put 8= and 9= in front and 10= behind. On success 0, and *msg, *len is the
 * message, inside buf (not at its start). */
int fix_out_end(struct fix_out *o, const char *begin_string, const char **msg,
    size_t *len);

#endif
