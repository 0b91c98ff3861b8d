/*
 * compose.h: the fields of a message to send, from names and labels to tags and
 * values, by the session's dictionary. Pure.
 */
#ifndef FG_GATEWAY_COMPOSE_H
#define FG_GATEWAY_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "dict/dict.h"

#define COMPOSE_ERR_MAX  256 /* bytes of an error text */
#define COMPOSE_TYPE_MAX 32  /* bytes of a MsgType with its NUL */

struct compose {
	const struct dict *app, *transport; /* borrowed; NULL without one */
	struct buf *out; /* complete fields, each ended by SOH */
	int32_t last;    /* tag of the last field */
	int32_t routing; /* tag of SOURCE_ID */
	bool routed;     /* SOURCE_ID is there */
	char err[COMPOSE_ERR_MAX];
};

/*
 * Append one field. The name is of the dictionary: then the value may be a
 * label (Side=BUY), and must be legal; or a tag: then the value is taken as it
 * is. The length that a data field needs before it is put there if it was not
 * given. 0, FG_EINVAL (f->err says why and names the nearest name), or
 * FG_ENOMEM.
 */
int compose_field(struct compose *f, const char *name, size_t name_len,
    const char *value, size_t len);

/*
 * Where fields are being put: the body, or an entry of a group. The fields of
 * an entry may come in any order: compose_scope_end puts them into that of the
 * dictionary. All-zero knows no dictionary and leaves them as they are.
 */
struct compose_scope {
	const struct dict_scope *members; /* NULL: not known */
	const char *name;  /* of the group's counter */
	size_t number;     /* of the entry, from 1; 0: the body */
	size_t *at;        /* in f->out, where each field of the entry begins */
	size_t n, cap;
	bool failed;       /* no memory */
};

void compose_scope_body(const struct compose *f, const char *type,
    struct compose_scope *body);
/* The group whose counter was put last. */
void compose_scope_group(const struct compose *f,
    const struct compose_scope *in, struct compose_scope *entry);
void compose_scope_begin(struct compose_scope *entry, size_t number);
/* The next field begins here; its groups belong to it. */
void compose_scope_field(const struct compose *f, struct compose_scope *in);
/* 0, FG_ENOMEM, or FG_EINVAL with f->err: a field is no member of the group, or
 * the one that opens an entry is missing. */
int compose_scope_end(struct compose *f, struct compose_scope *entry);
void compose_scope_free(struct compose_scope *s);

/*
 * Append a raw body: tag=value fields between SOHs, or between '|' if it has
 * no SOH. What the session writes itself (8 9 34 35 49 52 56 10) is dropped;
 * 35 goes to type, if it is there and type is empty. As above.
 */
int compose_raw(struct compose *f, const char *p, size_t n,
    char type[COMPOSE_TYPE_MAX]);

/* The length field of a data field, or 0. */
int32_t compose_length_tag(const struct compose *f, int32_t data_tag);

/* order.c: put all of f->out in ascending order of tags: groups stay whole
 * behind their counters, data behind their lengths. Without a dictionary a
 * body with repeated tags keeps its order. 0 or FG_ENOMEM. */
int compose_order(struct compose *f, const char *type);

/* The MsgType of a message's name, or of its type, which is taken as it is. As
 * above. */
int compose_msg_type(struct compose *f, const char *name, size_t n,
    char type[COMPOSE_TYPE_MAX]);

#endif
