#include "mem.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define MESSAGE_MAX (1 << 20)
#define FIELDS_MAX  4096

void
mem_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

void
mem_add(struct mem_list *l, struct mem_msg msg, const char *p, size_t n)
{
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 16 : 2 * l->cap;
		l->v = realloc(l->v, l->cap * sizeof(*l->v));
	}
	msg.p = malloc(n + 1);
	if (l->v == NULL || msg.p == NULL)
		mem_fail("out of memory");
	if (n > 0)
		memcpy(msg.p, p, n);
	msg.p[n] = '\0';
	msg.len = n;
	l->v[l->n++] = msg;
}

void
mem_list_free(struct mem_list *l)
{
	while (l->n > 0)
		free(l->v[--l->n].p);
	free(l->v);
	*l = (struct mem_list){ 0 };
}

const struct mem_msg *
mem_find(const struct mem_list *l, uint32_t epoch, uint64_t seq)
{
	size_t i;

	for (i = l->n; i-- > 0;)
		if (l->v[i].epoch == epoch && l->v[i].seq == seq)
			return &l->v[i];
	return NULL;
}

bool
mem_has(const char *p, size_t n, const char *field)
{
	size_t k = strlen(field), i;

	for (i = 1; i + k < n; i++)
		if (p[i - 1] == FIX_SOH && p[i + k] == FIX_SOH &&
		    memcmp(p + i, field, k) == 0)
			return true;
	return false;
}

void
mem_open(struct mem *m, const struct sess_cfg *cfg,
    const struct sess_seqs *seqs, struct dict_scratch *scratch)
{
	*m = (struct mem){ .committed = *seqs };
	m->s = sess_new(cfg, seqs, scratch);
	if (m->s == NULL)
		mem_fail("out of memory");
	if (cfg->app != NULL)
		m->lens = dict_lens(cfg->app);
}

void
mem_close(struct mem *m)
{
	sess_free(m->s);
	buf_free(&m->stream);
	mem_list_free(&m->in);
	mem_list_free(&m->out);
	mem_list_free(&m->other);
	mem_list_free(&m->event);
	mem_list_free(&m->kept);
	mem_list_free(&m->sent);
}

/* A message without 43=Y goes out once, after its row and its state, and with
 * the bytes of the row. */
static void
check_send(struct mem *m, const struct sess_act *act, const char *p)
{
	const struct mem_msg *row;

	if (m->closed)
		mem_fail("SEND behind DISCONNECT");
	if (m->state_due)
		mem_fail("SEND of %" PRIu64 " before STATE", act->seq);
	if (mem_has(p, act->len, "43=Y"))
		return;
	row = mem_find(&m->out, act->epoch, act->seq);
	if (row == NULL)
		mem_fail("SEND of %" PRIu64 " before STORE_OUT", act->seq);
	if (row->len != act->len || memcmp(row->p, p, act->len) != 0)
		mem_fail("SEND of %" PRIu64 " is not what was stored",
		    act->seq);
	if (mem_find(&m->sent, act->epoch, act->seq) != NULL)
		mem_fail("SEND of %" PRIu64 " twice", act->seq);
}

/* Each number once, ascending, where numbers matter. */
static void
check_in(struct mem *m, const struct sess_act *act)
{
	const struct mem_msg *last;

	last = m->in.n == 0 ? NULL : &m->in.v[m->in.n - 1];
	if (last != NULL && last->epoch == act->epoch &&
	    last->seq >= act->seq && sess_config(m->s)->validate_numbers)
		mem_fail("STORE_IN of %" PRIu64 " after %" PRIu64, act->seq,
		    last->seq);
}

static void
check_out(struct mem *m, const struct sess_act *act)
{
	if (mem_find(&m->out, act->epoch, act->seq) != NULL)
		mem_fail("STORE_OUT of %" PRIu64 " twice", act->seq);
}

static void
recall(struct mem *m, uint64_t seq)
{
	struct fix_field field[FIELDS_MAX];
	struct fix_msg msg = { .field = field, .cap = FIELDS_MAX };
	struct sess_acts a = { 0 };
	struct mem_msg k;
	size_t i;

	for (i = 0; i < m->kept.n && m->kept.v[i].seq != seq; i++)
		;
	if (i == m->kept.n)
		return;
	k = m->kept.v[i];
	m->kept.v[i] = m->kept.v[--m->kept.n];
	if (fix_parse(&msg, k.p, k.len, m->lens) != 0)
		mem_fail("a kept message is garbled");
	sess_recv(m->s, m->now, &msg, k.arrived, SESS_RECALLED, &a);
	mem_run(m, &a, &msg, k.arrived);
	sess_acts_free(&a);
	free(k.p);
}

static void
run_send(struct mem *m, const struct sess_act *act, const char *p)
{
	struct mem_msg msg = { .seq = act->seq };

	check_send(m, act, p);
	/* Repetitions do not count as "sent once". */
	msg.epoch = mem_has(p, act->len, "43=Y") ? UINT32_MAX :
	    act->epoch;
	mem_add(&m->sent, msg, p, act->len);
	sess_released(m->s, m->now);
}

static void
run_one(struct mem *m, const struct sess_act *act, const char *p,
    const struct fix_msg *msg, wall_t arrived, uint64_t *recalled)
{
	struct mem_msg row = { .seq = act->seq,
	    .epoch = act->epoch, .arrived = arrived };

	switch (act->kind) {
	case SESS_STORE_IN:
		check_in(m, act);
		m->state_due = true;
		mem_add(&m->in, row, msg->buf, msg->len);
		break;
	case SESS_STORE_OTHER:
		row.seq = (uint64_t)act->code;
		mem_add(&m->other, row, p, act->len);
		break;
	case SESS_STORE_OUT:
		check_out(m, act);
		m->state_due = true;
		mem_add(&m->out, row, p, act->len);
		break;
	case SESS_SEND:
		run_send(m, act, p);
		break;
	case SESS_STATE:
		m->state_due = false;
		m->committed = sess_seqs(m->s);
		break;
	case SESS_EVENT:
		row.seq = (uint64_t)act->code;
		mem_add(&m->event, row, p, act->len);
		break;
	case SESS_RESEND:
		if (m->row_last != 0 && m->row_id + 1 == act->code)
			mem_fail("RESEND while one runs");
		m->row_next = act->seq;
		m->row_last = act->seq2;
		m->row_id = act->code;
		break;
	case SESS_KEEP:
		mem_add(&m->kept, row, msg->buf, msg->len);
		break;
	case SESS_RECALL:
		*recalled = act->seq;
		break;
	case SESS_FORGET:
		mem_list_free(&m->kept);
		break;
	case SESS_DISCONNECT:
		m->closed = true;
		break;
	}
}

static uint64_t
run_list(struct mem *m, const struct sess_acts *a, const struct fix_msg *msg,
    wall_t arrived)
{
	uint64_t recalled = 0;
	size_t i;

	if (a->err != 0)
		mem_fail("actions: %s", fg_strerror(a->err));
	for (i = 0; i < a->n; i++)
		run_one(m, &a->act[i], a->bytes.p + a->act[i].off, msg,
		    arrived, &recalled);
	if (m->state_due)
		mem_fail("a STORE without STATE");
	return recalled;
}

void
mem_run(struct mem *m, const struct sess_acts *a, const struct fix_msg *msg,
    wall_t arrived)
{
	uint64_t recalled = run_list(m, a, msg, arrived);

	if (!m->pause_rows && m->row_last != 0)
		mem_rows(m, SIZE_MAX);
	if (recalled != 0)
		recall(m, recalled);
}

void
mem_rows(struct mem *m, size_t n)
{
	struct sess_acts a = { 0 };
	const struct mem_msg *row;
	uint32_t epoch = m->committed.epoch;
	uint64_t seq, last = m->row_last;

	if (last == 0)
		return;
	if (m->row_id != sess_resend_id(m->s)) {
		m->row_last = 0; /* given up */
		return;
	}
	while (m->row_next <= last && n-- > 0) {
		seq = m->row_next++;
		row = mem_find(&m->out, epoch, seq);
		if (row == NULL)
			continue;
		sess_stored(m->s, m->now, seq, row->p, row->len, &a);
	}
	run_list(m, &a, NULL, m->now.wall);
	sess_acts_clear(&a);
	if (m->row_next > last) {
		m->row_last = 0;
		sess_stored_end(m->s, m->now, &a);
		mem_run(m, &a, NULL, m->now.wall);
	}
	sess_acts_free(&a);
}

/* A call into the machine with its actions run. */
#define CALL(m, call)                                                          \
	do {                                                                   \
		struct sess_acts a = { 0 };                                    \
									       \
		call;                                                          \
		mem_run(m, &a, NULL, (m)->now.wall);                           \
		sess_acts_free(&a);                                            \
	} while (0)

void
mem_connect(struct mem *m)
{
	m->closed = false;
	m->stream.len = 0;
	CALL(m, sess_connected(m->s, m->now, &a));
}

void
mem_disconnect(struct mem *m)
{
	m->row_last = 0;
	CALL(m, sess_disconnected(m->s, m->now, "closed", &a));
	m->closed = false;
}

int
mem_send(struct mem *m, const char *type, const char *fields, uint64_t *seq)
{
	int err;

	CALL(m, err = sess_send(m->s, m->now, type, fields, strlen(fields),
	    &a, seq));
	return err;
}

void
mem_pass(struct mem *m, int64_t ns)
{
	mono_t end = mono_add(m->now.mono, ns), due;
	int64_t step;

	for (;;) {
		due = sess_due(m->s);
		if (mono_before(end, due))
			break;
		if (mono_before(m->now.mono, due)) {
			step = due.ns - m->now.mono.ns;
			m->now.mono.ns += step;
			m->now.wall.ns += step;
		}
		CALL(m, sess_tick(m->s, m->now, &a));
		if (!mono_before(m->now.mono, sess_due(m->s)))
			mem_fail("sess_due stays behind after sess_tick");
	}
	step = end.ns - m->now.mono.ns;
	m->now.mono.ns += step;
	m->now.wall.ns += step;
}

static void
receive_one(struct mem *m, const char *p, const struct fix_frame *f)
{
	struct fix_field field[FIELDS_MAX];
	struct fix_msg msg = { .field = field, .cap = FIELDS_MAX };

	if (f->garble != FIX_CLEAN) {
		(void)fix_parse(&msg, p, f->skip + f->len, m->lens);
		CALL(m, sess_garbled(m->s, m->now, &msg, f->garble, &a));
	} else if (fix_parse(&msg, p + f->skip, f->len, m->lens) != 0) {
		CALL(m, sess_garbled(m->s, m->now, &msg, msg.garble, &a));
	} else {
		struct sess_acts a = { 0 };

		sess_recv(m->s, m->now, &msg, m->now.wall, 0, &a);
		mem_run(m, &a, &msg, m->now.wall);
		sess_acts_free(&a);
	}
}

void
mem_receive(struct mem *m, const char *p, size_t n)
{
	struct fix_frame f;

	if (buf_add(&m->stream, p, n) != 0)
		mem_fail("out of memory");
	while (m->stream.len > 0 && !m->closed && fix_frame(m->stream.p,
	    m->stream.len, MESSAGE_MAX, &f) == 0) {
		receive_one(m, m->stream.p, &f);
		buf_shift(&m->stream, f.skip + f.len);
	}
}

const struct mem_msg *
mem_taken(struct mem *m)
{
	return m->sent_at == m->sent.n ? NULL : &m->sent.v[m->sent_at++];
}
