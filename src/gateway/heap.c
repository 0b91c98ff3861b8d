#include "gateway/heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static void
set(struct heap *h, size_t i, struct fgsess *fs)
{
	h->at[i] = fs;
	fs->heap_at = i;
}

static void
up(struct heap *h, size_t i)
{
	struct fgsess *fs = h->at[i];

	while (i > 0 && mono_before(fs->due, h->at[(i - 1) / 2]->due)) {
		set(h, i, h->at[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	set(h, i, fs);
}

static void
down(struct heap *h, size_t i)
{
	struct fgsess *fs = h->at[i];
	size_t kid;

	while ((kid = 2 * i + 1) < h->n) {
		if (kid + 1 < h->n &&
		    mono_before(h->at[kid + 1]->due, h->at[kid]->due))
			kid++;
		if (!mono_before(h->at[kid]->due, fs->due))
			break;
		set(h, i, h->at[kid]);
		i = kid;
	}
	set(h, i, fs);
}

static void
take_out(struct heap *h, struct fgsess *fs)
{
	size_t i = fs->heap_at;

	fs->heap_at = HEAP_NOWHERE;
	if (i == --h->n)
		return;
	set(h, i, h->at[h->n]);
	up(h, i);
	down(h, h->at[i]->heap_at);
}

int
heap_reserve(struct heap *h, size_t n)
{
	struct fgsess **at;

	if (n <= h->cap)
		return 0;
	at = realloc(h->at, n * 2 * sizeof(*at));
	if (at == NULL)
		return FG_ENOMEM;
	h->at = at;
	h->cap = n * 2;
	return 0;
}

void
heap_update(struct heap *h, struct fgsess *fs, mono_t due)
{
	mono_t was = fs->due;

	if (fs->heap_at != HEAP_NOWHERE && due.ns == was.ns)
		return;
	fs->due = due;
	if (due.ns == MONO_NEVER.ns) {
		if (fs->heap_at != HEAP_NOWHERE)
			take_out(h, fs);
	} else if (fs->heap_at == HEAP_NOWHERE) {
		set(h, h->n, fs);
		up(h, h->n++);
	} else if (mono_before(due, was)) {
		up(h, fs->heap_at);
	} else {
		down(h, fs->heap_at);
	}
}

struct fgsess *
heap_top(const struct heap *h)
{
	return h->n == 0 ? NULL : h->at[0];
}

void
heap_free(struct heap *h)
{
	free(h->at);
	memset(h, 0, sizeof(*h));
}
