#include "gateway/early.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define EARLY_FIRST 16

/* The place of the first entry with a number >= seq. */
static size_t
place(const struct early *e, uint64_t seq)
{
	size_t lo = e->head, hi = e->n, mid;

	if (lo < hi && e->msg[hi - 1].seq < seq)
		return hi;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (e->msg[mid].seq < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int
make_room(struct early *e)
{
	struct early_msg *msg;
	size_t cap;

	if (e->n < e->cap)
		return 0;
	if (e->head > 0) {
		e->n -= e->head;
		memmove(e->msg, e->msg + e->head, e->n * sizeof(*e->msg));
		e->head = 0;
		return 0;
	}
	cap = e->cap == 0 ? EARLY_FIRST : e->cap * 2;
	msg = realloc(e->msg, cap * sizeof(*msg));
	if (msg == NULL)
		return FG_ENOMEM;
	e->msg = msg;
	e->cap = cap;
	return 0;
}

int
early_keep(struct early *e, uint64_t seq, wall_t arrived, const char *p,
    size_t len)
{
	size_t at = place(e, seq);
	char *copy;

	if (at < e->n && e->msg[at].seq == seq)
		return 0;
	if (make_room(e) != 0)
		return FG_ENOMEM;
	copy = malloc(len);
	if (copy == NULL)
		return FG_ENOMEM;
	memcpy(copy, p, len);
	at = place(e, seq);
	memmove(e->msg + at + 1, e->msg + at, (e->n - at) * sizeof(*e->msg));
	e->msg[at] = (struct early_msg){ .seq = seq, .arrived = arrived,
		.p = copy, .len = len };
	e->n++;
	return 0;
}

int
early_take(struct early *e, uint64_t seq, struct early_msg *out)
{
	for (; e->head < e->n && e->msg[e->head].seq < seq; e->head++)
		free(e->msg[e->head].p);
	if (e->head == e->n || e->msg[e->head].seq != seq) {
		if (e->head == e->n)
			early_clear(e);
		return 0;
	}
	*out = e->msg[e->head++];
	return 1;
}

void
early_clear(struct early *e)
{
	for (; e->head < e->n; e->head++)
		free(e->msg[e->head].p);
	free(e->msg);
	memset(e, 0, sizeof(*e));
}
