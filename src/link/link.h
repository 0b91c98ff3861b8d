/*
 * link.h: the messages between fixgate's processes (fixgate-link(7)): a frame
 * is a 4-byte big-endian length and one MessagePack map {MESSAGE_TYPE,
 * SOURCE_REF, DETAILS}. Pure: bytes in, bytes out.
 */
#ifndef FG_LINK_LINK_H
#define FG_LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define LINK_VERSION   1
#define LINK_FRAME_MAX (32u << 20) /* bytes of one frame's body */

/* ---- writing: appends whole frames to a buffer; errors are sticky ---- */

struct link_out;

struct link_out *link_out_new(void); /* returns owned; NULL: no memory */
void link_out_free(struct link_out *o);

/* Start a message; exactly one value, its DETAILS (a map), must follow. */
void link_begin(struct link_out *o, struct buf *to, const char *type,
    uint64_t ref);
/* 0, or FG_E*: nothing was appended to the buffer. */
int link_end(struct link_out *o);

/*
 * Values without a frame, kept to be put into one later: n of them (the keys
 * of a map count, too) are appended to the buffer between begin and end.
 * link_values puts such bytes where n values are expected.
 */
void link_values_begin(struct link_out *o, struct buf *to, uint32_t n);
int link_values_end(struct link_out *o); /* as link_end */
void link_values(struct link_out *o, const void *p, size_t len, uint32_t n);

/* Values. A map or array announces how many entries (n keys with values)
 * follow. */
void link_map(struct link_out *o, uint32_t n);
void link_array(struct link_out *o, uint32_t n);
/* An array whose length is known only at its end; one at a time. */
void link_array_open(struct link_out *o);
void link_array_close(struct link_out *o, uint32_t n);
void link_str(struct link_out *o, const char *s);
void link_strn(struct link_out *o, const char *p, size_t n);
void link_bin(struct link_out *o, const void *p, size_t n);
/* Somebody else's bytes: a str only if every client can read them as one, else
 * a bin. */
void link_text(struct link_out *o, const char *p, size_t n);
void link_u64(struct link_out *o, uint64_t v);
void link_i64(struct link_out *o, int64_t v);
void link_bool(struct link_out *o, bool v);
void link_nil(struct link_out *o);
/* A value of a message that came, as it is; NULL: nil. The same bytes: a client
 * may have written them longer than we would. */
struct link_val;
void link_copy(struct link_out *o, const struct link_val *v);
/* n values of an array that came, from index i on; it has as many. */
void link_copy_from(struct link_out *o, const struct link_val *array,
    size_t i, size_t n);
/* A key and its value in one. */
void link_key_str(struct link_out *o, const char *key, const char *s);
void link_key_strn(struct link_out *o, const char *key, const char *p,
    size_t n);
void link_key_u64(struct link_out *o, const char *key, uint64_t v);
void link_key_bool(struct link_out *o, const char *key, bool v);

/* ---- reading ---- */

/* A struct link_val is a value inside a decoded message; borrowed from it. */

struct link_in; /* memory of one decoded message, used again for the next */

struct link_in *link_in_new(void); /* returns owned; NULL: no memory */
void link_in_free(struct link_in *in);

struct link_msg {
	const char *type; /* NUL-terminated */
	uint64_t ref;
	const struct link_val *details; /* a map */
};

/*
 * Decode the first frame of n bytes at p. > 0: bytes used, *m valid until the
 * next call on in (values may point into p: keep the bytes). FG_EPARTIAL: more
 * bytes are needed. FG_EGARBLED: *why (static text) says what is wrong; the
 * connection is beyond repair. FG_ENOMEM, with *why. Counts (2^20 values),
 * depth (24) and size are checked before anything is allocated.
 */
int64_t link_decode(struct link_in *in, const char *p, size_t n,
    struct link_msg *m, const char **why);

enum link_kind { LINK_NIL, LINK_BOOL, LINK_U64, LINK_I64, LINK_STR, LINK_BIN,
	LINK_ARRAY, LINK_MAP, LINK_FLOAT };

enum link_kind link_kind(const struct link_val *v);
size_t link_count(const struct link_val *v); /* of an array or map */
size_t link_size(const struct link_val *v);  /* its bytes in the message */
const struct link_val *link_at(const struct link_val *array, size_t i);
const struct link_val *link_map_at(const struct link_val *map, size_t i,
    const char **key, size_t *len);
/* The value of a key, or NULL. */
const struct link_val *link_find(const struct link_val *map, const char *key);

/* false if the value is NULL or not of that kind. Strings have no NUL at their
 * end; str takes bin, too. */
bool link_get_str(const struct link_val *v, const char **p, size_t *n);
bool link_get_u64(const struct link_val *v, uint64_t *out);
bool link_get_i64(const struct link_val *v, int64_t *out);
bool link_get_bool(const struct link_val *v, bool *out);

/* link_get_* (link_find(map, key)), with a copy for strings: false if absent,
 * not a string, with a NUL inside, or longer than cap - 1. */
bool link_find_str(const struct link_val *map, const char *key, char *out,
    size_t cap);
uint64_t link_find_u64(const struct link_val *map, const char *key,
    uint64_t dflt);
bool link_find_bool(const struct link_val *map, const char *key, bool dflt);

#endif
