#include "client/settle.h"

#include <stdlib.h>

#include "base/err.h"

#define ROWS_MIN 64

struct open_row {
	uint64_t seq;
	uint32_t events; /* not answered; 0: settled, but one before is not */
};

/* A ring of rows in the order of their sequences; the first is not settled. */
struct settle {
	struct open_row *row;
	size_t first, n, cap; /* cap is a power of two */
	uint64_t seen;
};

struct settle *
settle_new(uint64_t cursor)
{
	struct settle *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->seen = cursor;
	return s;
}

void
settle_free(struct settle *s)
{
	if (s == NULL)
		return;
	free(s->row);
	free(s);
}

static struct open_row *
at(const struct settle *s, size_t i)
{
	return &s->row[(s->first + i) & (s->cap - 1)];
}

static int
grow(struct settle *s)
{
	size_t i, cap = s->cap == 0 ? ROWS_MIN : s->cap * 2;
	struct open_row *row = calloc(cap, sizeof(*row));

	if (row == NULL)
		return FG_ENOMEM;
	for (i = 0; i < s->n; i++)
		row[i] = *at(s, i);
	free(s->row);
	s->row = row;
	s->first = 0;
	s->cap = cap;
	return 0;
}

bool
settle_knows(const struct settle *s, uint64_t seq)
{
	return seq <= s->seen;
}

int
settle_row(struct settle *s, uint64_t seq, uint32_t events)
{
	if (settle_knows(s, seq))
		return FG_EEXIST;
	/* A settled row needs no entry: only open ones hold the cursor. */
	if (events > 0) {
		if (s->n == s->cap && grow(s) != 0)
			return FG_ENOMEM;
		*at(s, s->n++) = (struct open_row){ seq, events };
	}
	s->seen = seq;
	return 0;
}

int
settle_done(struct settle *s, uint64_t seq)
{
	size_t low = 0, high = s->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (at(s, mid)->seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == s->n || at(s, low)->seq != seq || at(s, low)->events == 0)
		return FG_ENOENT;
	at(s, low)->events--;
	while (s->n > 0 && at(s, 0)->events == 0) {
		s->first = (s->first + 1) & (s->cap - 1);
		s->n--;
	}
	return 0;
}

void
settle_upto(struct settle *s, uint64_t seq)
{
	if (seq > s->seen)
		s->seen = seq;
}

uint64_t
settle_cursor(const struct settle *s)
{
	/* What is between the last settled row and the first open one was left
	 * out by the stream. */
	return s->n == 0 ? s->seen : at(s, 0)->seq - 1;
}

uint64_t
settle_seen(const struct settle *s)
{
	return s->seen;
}

size_t
settle_held(const struct settle *s)
{
	return s->n;
}
