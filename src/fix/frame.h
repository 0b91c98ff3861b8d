/*
 * frame.h: find one FIX message in a stream of bytes. Pure; allocates nothing.
 */
#ifndef FG_FIX_FRAME_H
#define FG_FIX_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FIX_SOH '\001'

/* Why a message was garbled; a garbled message is dropped without an answer
 * and uses no number (session-behaviour R6). */
#define FIX_GARBLES(X)                                                         \
	X(FIX_CLEAN, "clean")                                                  \
	X(FIX_BAD_FIRST_FIELDS, "the first three fields are not 8, 9 and 35")  \
	X(FIX_BAD_BODY_LENGTH, "BodyLength (9) is wrong")                      \
	X(FIX_BAD_CHECKSUM, "CheckSum (10) is wrong")                          \
	X(FIX_BAD_CHECKSUM_FORM, "CheckSum (10) is not three digits")          \
	X(FIX_BAD_TAG, "a field has no numeric tag")                           \
	X(FIX_BAD_DATA_LENGTH, "a data field does not have its stated length") \
	X(FIX_TOO_LONG, "longer than MaxMessageSize")                          \
	X(FIX_NO_BEGIN, "bytes without a BeginString (8)")

enum fix_garble {
#define X(name, text) name,
	FIX_GARBLES(X)
#undef X
};

const char *fix_garble_text(enum fix_garble g);

struct fix_frame {
	size_t skip; /* bytes before the message, to be dropped */
	size_t len;  /* bytes of the message, from its "8=" to its last SOH */
	enum fix_garble garble; /* of the message, or of the skipped bytes */
};

/*
 * Look at the n bytes at p, of which none was consumed yet.
 *
 * 0: consume skip + len bytes (> 0). If len > 0 they end with a message, which
 *   is good (FIX_CLEAN: first fields, BodyLength and CheckSum are right) or
 *   garbled; if len is 0 they are no part of a message (FIX_NO_BEGIN).
 * FG_EPARTIAL: the rest has not arrived; skip bytes may already be consumed.
 *
 * max bounds the bytes of a message: more is FIX_TOO_LONG. A buffer of max + 1
 * bytes is always enough: with more than max bytes it is never FG_EPARTIAL.
 *
 * The end of a message is found as every engine of the QuickFIX family does:
 * jump BodyLength bytes, then search for SOH "10=" ... SOH; so a BodyLength
 * that is too long takes what follows with it. Where that is not possible (no
 * BodyLength, or no end), everything up to the next "8=" behind a SOH is
 * dropped, as far as it has arrived.
 */
int fix_frame(const char *p, size_t n, size_t max, struct fix_frame *f);

/* The same with fewer checks: a set of enum fix_check, which says what a
 * BodyLength or a CheckSum that is wrong makes of a message. */
enum fix_check {
	FIX_CHECK_LENGTH = 1,
	FIX_CHECK_SUM = 2,
	FIX_CHECK_ALL = FIX_CHECK_LENGTH | FIX_CHECK_SUM,
};
int fix_frame_checked(const char *p, size_t n, size_t max, unsigned checks,
    struct fix_frame *f);

/* Sum of n bytes modulo 256. */
uint8_t fix_checksum(const char *p, size_t n);

#endif
