/*
 * msg.h: a message as an index of its fields. Pure; allocates nothing: the
 * index points into the caller's bytes and uses the caller's array.
 */
#ifndef FG_FIX_MSG_H
#define FG_FIX_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "fix/frame.h"

struct fix_field {
	int32_t tag;  /* 0 and less are kept: they earn a Reject */
	uint32_t off; /* of the value, from the start of the message */
	uint32_t len; /* of the value */
};

struct fix_msg {
	const char *buf; /* borrowed */
	uint32_t len;
	struct fix_field *field; /* borrowed array, in wire order */
	uint32_t nfield;
	uint32_t cap; /* of the array */
	enum fix_garble garble; /* after FG_EGARBLED */
	uint32_t garble_off;    /* where */
};

/* Data fields whose value may hold SOH, and the field with their length. */
struct fix_len_pair {
	int32_t data_tag;
	int32_t length_tag;
};

#define FIX_LENS_BITS 1024

/* pair[] is sorted by data_tag. NULL or n == 0: no data fields. */
struct fix_lens {
	const struct fix_len_pair *pair;
	size_t n;
	bool sieved; /* else each tag of a message is looked up in pair[] */
	uint64_t sieve[FIX_LENS_BITS / 64]; /* bit (data_tag mod its bits) */
};

/* Make lens of the n pairs (borrowed), with the sieve that makes it fast. */
void fix_lens_init(struct fix_lens *lens, const struct fix_len_pair *pair,
    size_t n);

/* The length field of a data field; 0 if it is no data field. */
int32_t fix_length_tag(const struct fix_lens *lens, int32_t tag);

/*
 * Index the message at buf (as fix_frame found it, or a body alone). A data
 * field whose length field stands before it is read by that length.
 * m->field and m->cap are set by the caller. The bytes must outlive m.
 * 0, FG_EGARBLED (m->garble says why) or FG_ELIMIT (more than cap fields).
 */
int fix_parse(struct fix_msg *m, const char *buf, size_t len,
    const struct fix_lens *lens);

/* The first field with this tag, or NULL. */
const struct fix_field *fix_find(const struct fix_msg *m, int32_t tag);

/* The value's bytes (no NUL at its end). f may not be NULL. */
const char *fix_value(const struct fix_msg *m, const struct fix_field *f);

/* Does the field exist and have exactly this text? */
bool fix_is(const struct fix_msg *m, const struct fix_field *f, const char *s);

/* Typed reading of the first field with this tag: 0, FG_ENOENT, or FG_EINVAL /
 * FG_EOVERFLOW if its text is no such value. */
int fix_get_u64(const struct fix_msg *m, int32_t tag, uint64_t *out);
int fix_get_time(const struct fix_msg *m, int32_t tag, wall_t *out);
/* true if the field exists and is "Y". */
bool fix_get_bool(const struct fix_msg *m, int32_t tag);

/* Is this one of the standard header's fields (any version), which must stand
 * before the body? And of the trailer: 93, 89, 10. By number, for building and
 * for sessions without a dictionary; validation asks the dictionary. */
bool fix_tag_is_header(int32_t tag);
bool fix_tag_is_trailer(int32_t tag);

/* Session-level message types: 0 1 2 3 4 5 A. */
bool fix_type_is_admin(const char *type, size_t len);

/* Overwrite with '*', same length, the values of the n tags listed in the
 * message bytes at buf, which m indexes; returns how many fields were masked.
 * The CheckSum is left as it was, and no longer fits. */
size_t fix_mask(char *buf, const struct fix_msg *m, const int32_t *tags,
    size_t n);

#endif
