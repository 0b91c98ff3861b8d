/* index.h: the definitions of an Orchestra file by id. For libdictxml only. */
#ifndef FG_DICT_XML_INDEX_H
#define FG_DICT_XML_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include <libxml/tree.h>

struct def {
	const char *key;
	const char *scenario;
	const xmlNode *node;
	size_t order; /* in the file */
};

/* All-zero is a valid empty index. */
struct index {
	struct def *def;
	size_t n;
	size_t cap;
};

/* 0 or FG_ENOMEM. Texts and nodes are borrowed. */
int index_add(struct index *x, const char *key, const char *scenario,
    const xmlNode *node);
/* Call it once, after the last index_add. */
void index_sort(struct index *x);
void index_free(struct index *x);

/*
 * The definition with this key of the first of these scenarios that has one:
 * wanted (may be NULL), chosen, base, any. NULL: the key is unknown.
 */
const struct def *index_find(const struct index *x, const char *key,
    const char *wanted, const char *chosen);

#endif
