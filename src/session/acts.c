/* acts.c: the list of actions, in memory that is used again. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "session/internal.h"

#define ACTS_FIRST 16 /* actions of the first allocation */

void
sess_acts_clear(struct sess_acts *a)
{
	a->n = 0;
	a->bytes.len = 0;
	a->err = 0;
}

void
sess_acts_free(struct sess_acts *a)
{
	free(a->act);
	a->act = NULL;
	a->n = a->cap = 0;
	buf_free(&a->bytes);
}

static struct sess_act *
next_act(struct sess_acts *a)
{
	struct sess_act *p;
	size_t cap;

	if (a->err != 0)
		return NULL;
	/* So that bytes.p + off is a pointer also when len is 0. */
	if (buf_reserve(&a->bytes, 1) != 0) {
		a->err = FG_ENOMEM;
		return NULL;
	}
	if (a->n == a->cap) {
		cap = a->cap == 0 ? ACTS_FIRST : 2 * a->cap;
		p = realloc(a->act, cap * sizeof(*p));
		if (p == NULL) {
			a->err = FG_ENOMEM;
			return NULL;
		}
		a->act = p;
		a->cap = cap;
	}
	return &a->act[a->n++];
}

static void
add(const struct sess *s, struct sess_acts *a, struct sess_act act)
{
	struct sess_act *p = next_act(a);

	if (p == NULL)
		return;
	*p = act;
	p->epoch = s->seqs.epoch;
}

void
acts_add(const struct sess *s, struct sess_acts *a, enum sess_act_kind kind,
    uint64_t seq, uint64_t seq2)
{
	add(s, a, (struct sess_act){ .kind = kind, .seq = seq, .seq2 = seq2,
	    .off = a->bytes.len });
}

void
acts_bytes(const struct sess *s, struct sess_acts *a, enum sess_act_kind kind,
    uint64_t seq, size_t off, size_t len)
{
	add(s, a, (struct sess_act){ .kind = kind, .seq = seq, .off = off,
	    .len = len });
}

void
acts_other(const struct sess *s, struct sess_acts *a, enum sess_other code,
    uint64_t seq, const char *text)
{
	size_t off = a->bytes.len;

	if (buf_puts(&a->bytes, text) != 0) {
		a->err = FG_ENOMEM;
		return;
	}
	add(s, a, (struct sess_act){ .kind = SESS_STORE_OTHER,
	    .code = (int)code, .seq = seq, .off = off,
	    .len = a->bytes.len - off });
}

void
acts_event(const struct sess *s, struct sess_acts *a, enum sess_event ev,
    uint64_t seq, uint64_t seq2, const char *fmt, ...)
{
	size_t off = a->bytes.len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || buf_reserve(&a->bytes, (size_t)n + 1) != 0) {
		a->err = FG_ENOMEM;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(a->bytes.p + off, (size_t)n + 1, fmt, ap);
	va_end(ap);
	a->bytes.len += (size_t)n;
	add(s, a, (struct sess_act){ .kind = SESS_EVENT, .code = (int)ev,
	    .seq = seq, .seq2 = seq2, .off = off, .len = (size_t)n });
}

void
acts_state(struct sess *s, struct sess_acts *a)
{
	if (!s->dirty)
		return;
	s->dirty = false;
	acts_add(s, a, SESS_STATE, s->seqs.next_in, s->seqs.next_out);
}
