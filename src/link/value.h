/*
 * value.h: MessagePack values as a tree, made in one pass over bytes that
 * nobody is trusted for: counts are believed only as far as the bytes can hold
 * them: five that announce 268 million elements take no memory.
 */
#ifndef FG_LINK_VALUE_H
#define FG_LINK_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/link.h"

#define VALUE_DEPTH_MAX  24
#define VALUE_VALUES_MAX (1u << 20) /* each takes 24 bytes when decoded */

struct link_val {
	const char *raw; /* where it begins in the message */
	enum link_kind kind;
	uint32_t n; /* bytes of a text; entries */
	union {
		uint64_t u;
		int64_t i;
		bool b;
		const char *p;
		/* n values, of a map n keys with the value behind each. */
		struct link_val *at;
	};
};

/* Memory of values, used again for the next message. All-zero is empty. */
struct value_pool {
	struct value_block *first; /* the newest */
	uint32_t used;             /* of it */
	size_t total;              /* values of all blocks */
};

void value_pool_free(struct value_pool *pool);

/*
 * Read the n bytes at p, which must be exactly one value of our subset: no
 * extension types, string keys, within the two maxima. 0 and *out, valid until
 * the next call on the pool; else FG_EGARBLED or FG_ENOMEM, and *why says what
 * is wrong (static text).
 */
int value_read(struct value_pool *pool, const void *p, size_t n,
    struct link_val *out, const char **why);

/* Where it ends in the message. */
const char *value_end(const struct link_val *v);

#endif
