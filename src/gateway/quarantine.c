#include "gateway/quarantine.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "log/log.h"

#define SCAN_ROWS  1000
#define SCAN_BYTES (1u << 20)

struct quarantine {
	struct driver *driver;
	struct quarantine_entry *v; /* ascending */
	size_t n, cap;
	unsigned repairs; /* of the driver, when it was read */
	uint64_t upto;    /* rows read */
	bool read;        /* once: what we settled since is known, too */
	int err; /* of reading */
};

static struct quarantine_entry *
find(const struct quarantine *q, uint64_t seq)
{
	size_t lo = 0, hi = q->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (q->v[mid].seq < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < q->n && q->v[lo].seq == seq ? &q->v[lo] : NULL;
}

static int
add(struct quarantine *q, uint64_t seq, const struct parked *k)
{
	struct quarantine_entry *v;
	size_t cap, i;

	if (q->n == q->cap) {
		cap = q->cap == 0 ? 16 : q->cap * 2;
		v = realloc(q->v, cap * sizeof(*v));
		if (v == NULL)
			return FG_ENOMEM;
		q->v = v;
		q->cap = cap;
	}
	for (i = q->n++; i > 0 && q->v[i - 1].seq > seq; i--)
		q->v[i] = q->v[i - 1];
	q->v[i] = (struct quarantine_entry){ seq, PARKED, k->attempt,
		parked_hash(k) };
	return 0;
}

static int
scan_row(void *arg, const struct store_row *row)
{
	struct quarantine *q = arg;
	struct quarantine_entry *e = NULL;
	struct parked k;

	if (parked_read(&k, row) != 0)
		log_event(LOG_LEVEL_WARN, "quarantine", NULL, "QUARANTINE row "
		    "%llu is damaged", (unsigned long long)row->seq);
	if (k.ref == 0 && find(q, row->seq) == NULL) {
		q->err = add(q, row->seq, &k);
	} else if (!q->read && (e = find(q, k.ref)) != NULL) {
		e->state = k.state;
		e->attempt = k.attempt;
	}
	return q->err;
}

/* From the store: all, at first and when something was taken back; then what
 * the driver parked by itself. */
static void
refresh(struct quarantine *q)
{
	struct store *st = driver_store(q->driver);
	uint64_t after;
	int err;

	if (q->repairs != driver_repairs(q->driver))
		q->read = false;
	if (!q->read) {
		after = store_oldest(st, STORE_QUARANTINE);
		q->upto = after - (after != 0);
		q->n = 0;
		q->repairs = driver_repairs(q->driver);
	}
	q->err = 0;
	do {
		after = q->upto;
		err = store_read(st, STORE_QUARANTINE, after, SCAN_ROWS,
		    SCAN_BYTES, scan_row, q, &q->upto);
	} while (err == 0 && q->err == 0 && q->upto != after);
	if (err == 0 && q->err == 0)
		q->read = true;
	else
		log_event(LOG_LEVEL_ERROR, "quarantine", NULL,
		    "QUARANTINE cannot be read: %s",
		    fg_strerror(err != 0 ? err : q->err));
}

struct quarantine *
quarantine_new(struct driver *d)
{
	struct quarantine *q = calloc(1, sizeof(*q));

	if (q != NULL)
		q->driver = d;
	return q;
}

void
quarantine_free(struct quarantine *q)
{
	if (q == NULL)
		return;
	free(q->v);
	free(q);
}

size_t
quarantine_count(struct quarantine *q)
{
	refresh(q);
	return q->n;
}

size_t
quarantine_open(struct quarantine *q)
{
	size_t i, n = 0;

	refresh(q);
	for (i = 0; i < q->n; i++)
		n += q->v[i].state == PARKED || q->v[i].state == PARKED_RETRY;
	return n;
}

const struct quarantine_entry *
quarantine_at(struct quarantine *q, size_t i)
{
	return &q->v[i];
}

const struct quarantine_entry *
quarantine_find(struct quarantine *q, uint64_t seq)
{
	refresh(q);
	return find(q, seq);
}

struct same {
	const struct parked *event;
	bool differs;
};

static int
compare(void *arg, const struct store_row *row)
{
	struct same *s = arg;
	struct parked k;

	s->differs = parked_read(&k, row) != 0 || !parked_is_same(&k, s->event);
	return 0;
}

/* The hash is the same. A row that is not durable yet cannot be read. */
static bool
is_same(struct quarantine *q, uint64_t seq, const struct parked *k)
{
	struct same s = { k, false };
	uint64_t upto;

	(void)store_read(driver_store(q->driver), STORE_QUARANTINE, seq - 1, 1,
	    SCAN_BYTES, compare, &s, &upto);
	return !s.differs;
}

uint64_t
quarantine_row_of(struct quarantine *q, const struct parked *k)
{
	uint64_t hash = parked_hash(k);
	size_t i;

	refresh(q);
	for (i = q->n; i > 0; i--)
		if (q->v[i - 1].hash == hash && is_same(q, q->v[i - 1].seq, k))
			return q->v[i - 1].seq;
	return 0;
}

int
quarantine_note(struct quarantine *q, uint64_t seq, const struct parked *k)
{
	refresh(q);
	return find(q, seq) != NULL ? 0 : add(q, seq, k);
}

int
quarantine_settle(struct quarantine *q, uint64_t seq, enum parked_state state,
    uint32_t attempt, const char *code, const char *reason)
{
	struct parked k = { .state = state, .ref = seq, .attempt = attempt };
	struct quarantine_entry *e = find(q, seq);
	struct store_row row = { 0 };
	struct buf data = { 0 };
	uint64_t settling;
	int err;

	parked_set(&k, PARKED_CODE, code);
	parked_set(&k, PARKED_REASON, reason);
	err = parked_pack(&k, &row, &data);
	if (err == 0)
		err = driver_append(q->driver, STORE_QUARANTINE, &row,
		    &settling);
	buf_free(&data);
	if (err == 0 && e != NULL) {
		e->state = state;
		e->attempt = attempt;
	}
	return err;
}
