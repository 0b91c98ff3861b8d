#include "gateway/release.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define ITEMS_FIRST  64
#define SHIFT_BYTES  (256 * 1024) /* dead bytes in front, worth a move */

static int
reserve_item(struct release *r)
{
	struct release_item *item;
	size_t cap;

	if (r->n < r->cap)
		return 0;
	if (r->head > r->cap / 2) {
		r->n -= r->head;
		r->open -= r->head;
		memmove(r->item, r->item + r->head, r->n * sizeof(*r->item));
		r->head = 0;
		return 0;
	}
	cap = r->cap == 0 ? ITEMS_FIRST : r->cap * 2;
	item = realloc(r->item, cap * sizeof(*item));
	if (item == NULL)
		return FG_ENOMEM;
	r->item = item;
	r->cap = cap;
	return 0;
}

int
release_add(struct release *r, const struct release_item *it, const void *p,
    size_t n)
{
	struct release_item *new;

	if (reserve_item(r) != 0)
		return FG_ENOMEM;
	new = &r->item[r->n];
	*new = *it;
	new->off = r->base + r->bytes.len;
	new->len = n;
	new->commit = UINT64_MAX;
	if (buf_add(&r->bytes, p, n) != 0)
		return FG_ENOMEM;
	r->n++;
	return 0;
}

void
release_close(struct release *r, uint64_t commit)
{
	for (; r->open < r->n; r->open++)
		r->item[r->open].commit = commit;
}

const struct release_item *
release_head(const struct release *r, uint64_t durable, const char **p)
{
	const struct release_item *it;

	if (r->head == r->open || r->item[r->head].commit > durable)
		return NULL;
	it = &r->item[r->head];
	*p = r->bytes.p == NULL ? "" : r->bytes.p + (it->off - r->base);
	return it;
}

void
release_pop(struct release *r)
{
	size_t dead;

	assert(r->head < r->n);
	if (r->open == r->head)
		r->open++;
	r->head++;
	if (r->head == r->n) {
		r->base += r->bytes.len;
		r->bytes.len = 0;
		r->head = r->n = r->open = 0;
		return;
	}
	dead = r->item[r->head].off - r->base;
	if (dead > SHIFT_BYTES && dead > r->bytes.len / 2) {
		buf_shift(&r->bytes, dead);
		r->base += dead;
	}
}

const struct release_item *
release_any(const struct release *r)
{
	return r->head == r->n ? NULL : &r->item[r->head];
}

size_t
release_count(const struct release *r)
{
	return r->n - r->head;
}

size_t
release_bytes(const struct release *r)
{
	return r->bytes.len;
}

void
release_free(struct release *r)
{
	free(r->item);
	buf_free(&r->bytes);
	memset(r, 0, sizeof(*r));
}
