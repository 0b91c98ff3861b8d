#include "dict/seen.h"

#include <stdlib.h>

#define CAP_FIRST 256 /* a power of two, as all that follow */

static struct seen_entry *
place(struct seen_entry *entry, size_t cap, const void *a, const void *b)
{
	uint64_t h = (uint64_t)(uintptr_t)a * UINT64_C(0x9e3779b97f4a7c15) ^
	    (uint64_t)(uintptr_t)b * UINT64_C(0xc2b2ae3d27d4eb4f);
	size_t i = (size_t)(h >> 20) & (cap - 1);

	while (entry[i].a != NULL && (entry[i].a != a || entry[i].b != b))
		i = (i + 1) & (cap - 1);
	return &entry[i];
}

static int
grow(struct seen *s)
{
	size_t i, cap = s->cap == 0 ? CAP_FIRST : s->cap * 2;
	struct seen_entry *entry = calloc(cap, sizeof(*entry));

	if (entry == NULL)
		return -1;
	for (i = 0; i < s->cap; i++)
		if (s->entry[i].a != NULL)
			*place(entry, cap, s->entry[i].a, s->entry[i].b) =
			    s->entry[i];
	free(s->entry);
	s->entry = entry;
	s->cap = cap;
	return 0;
}

uint32_t *
seen_at(struct seen *s, const void *a, const void *b)
{
	struct seen_entry *e;

	if (s->used >= s->cap / 2 && grow(s) != 0)
		return NULL;
	e = place(s->entry, s->cap, a, b);
	if (e->a == NULL) {
		e->a = a;
		e->b = b;
		s->used++;
	}
	return &e->n;
}

void
seen_free(struct seen *s)
{
	free(s->entry);
	*s = (struct seen){ 0 };
}
