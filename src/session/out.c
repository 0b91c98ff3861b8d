/*
 * out.c: messages of ours, built in the bytes of the action list:
 *
 *	8 9 | 35 | other header fields, ascending | body, ascending | 10
 *
 * The body of an application's message stays in its order. [R1]
 */
#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "fix/out.h"
#include "session/internal.h"

#define FIELD_ROOM 16 /* tag, '=' and SOH of one field, generously */
#define HEADER_OWN 11 /* header fields that we may add (put_header, 43, 122) */

/* The hops group keeps its inner order; MsgType leads. */
static int32_t
sort_key(int32_t tag)
{
	if (tag == 35)
		return 0;
	return tag >= 628 && tag <= 630 ? 627 : tag;
}

static void
list_add(struct out_msg *o, struct out_list *l, struct out_field f)
{
	size_t i;

	if (l->n == OUT_FIELDS) {
		o->err = FG_ELIMIT;
		return;
	}
	i = l->n++;
	while (i > 0 && sort_key(l->f[i - 1].tag) > sort_key(f.tag)) {
		l->f[i] = l->f[i - 1];
		i--;
	}
	l->f[i] = f;
}

static bool
list_has(const struct out_list *l, int32_t tag)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->f[i].tag == tag)
			return true;
	return false;
}

void
out_start(struct out_msg *o, const char *type)
{
	o->type = type;
	o->type_len = strlen(type);
	o->head.n = o->body.n = 0;
	o->nrun = 0;
	o->nnumber = 0;
	o->err = 0;
}

void
out_head(struct out_msg *o, int32_t tag, const char *p, size_t n)
{
	list_add(o, &o->head, (struct out_field){ .tag = tag, .len = n,
	    .p = p });
}

/* A run that goes on where the last one ended becomes a part of it. */
void
out_run(struct out_msg *o, const char *p, size_t n)
{
	struct out_run *last = o->nrun == 0 ? NULL : &o->run[o->nrun - 1];

	if (last != NULL && last->p + last->n == p)
		last->n += n;
	else if (o->nrun == OUT_FIELDS + 1)
		o->err = FG_ELIMIT;
	else
		o->run[o->nrun++] = (struct out_run){ p, n };
}

void
out_bytes(struct out_msg *o, int32_t tag, const char *p, size_t n)
{
	list_add(o, &o->body, (struct out_field){ .tag = tag, .len = n,
	    .p = p });
}

void
out_str(struct out_msg *o, int32_t tag, const char *text)
{
	out_bytes(o, tag, text, strlen(text));
}

void
out_u64(struct out_msg *o, int32_t tag, uint64_t v)
{
	char *p;

	assert(o->nnumber < OUT_NUMBERS);
	p = o->number[o->nnumber++];
	list_add(o, &o->body, (struct out_field){ .tag = tag,
	    .len = num_format_u64(p, v), .p = p });
}

void
out_i64(struct out_msg *o, int32_t tag, int64_t v)
{
	char *p;

	assert(o->nnumber < OUT_NUMBERS);
	p = o->number[o->nnumber++];
	list_add(o, &o->body, (struct out_field){ .tag = tag,
	    .len = num_format_i64(p, v), .p = p });
}

void
out_whole(struct out_msg *o, int32_t tag, const char *p, size_t n)
{
	list_add(o, &o->body, (struct out_field){ .tag = tag, .whole = true,
	    .len = n, .p = p });
}

unsigned
out_digits(const struct sess *s)
{
	return s->ver->fractions ? s->cfg.timestamp_digits : 0;
}

static size_t
room_for(const struct sess *s, const struct out_msg *o)
{
	size_t i, n;

	n = FIX_OUT_OVERHEAD + strlen(s->cfg.begin_string) + FIELD_ROOM +
	    o->type_len;
	for (i = 0; i < o->head.n; i++)
		n += o->head.f[i].len + FIELD_ROOM;
	for (i = 0; i < o->body.n; i++)
		n += o->body.f[i].len + FIELD_ROOM;
	for (i = 0; i < o->nrun; i++)
		n += o->run[i].n;
	return n;
}

static void
write_list(struct fix_out *w, const struct out_list *l)
{
	const struct out_field *f;

	for (f = l->f; f < l->f + l->n; f++) {
		if (f->whole)
			fix_out_fields(w, f->p, f->len);
		else
			fix_out_bytes(w, f->tag, f->p, f->len);
	}
}

/* Write the message behind the bytes that a already has. */
static int
write_msg(struct sess *s, const struct out_msg *o, struct sess_acts *a,
    size_t *off, size_t *len)
{
	struct fix_out w;
	const char *msg;
	size_t i, room;

	if (o->err != 0)
		return o->err;
	room = room_for(s, o);
	if (buf_reserve(&a->bytes, room) != 0) {
		a->err = FG_ENOMEM;
		return FG_ENOMEM;
	}
	fix_out_begin(&w, a->bytes.p + a->bytes.len, room);
	fix_out_bytes(&w, 35, o->type, o->type_len);
	write_list(&w, &o->head);
	write_list(&w, &o->body);
	for (i = 0; i < o->nrun; i++)
		fix_out_fields(&w, o->run[i].p, o->run[i].n);
	if (fix_out_end(&w, s->cfg.begin_string, &msg, len) != 0) {
		a->err = FG_ENOMEM;
		return w.err;
	}
	*off = (size_t)(msg - a->bytes.p);
	a->bytes.len = *off + *len;
	return 0;
}

static void
identity_field(struct out_msg *o, int32_t tag, const char *id)
{
	if (id != NULL && !list_has(&o->head, tag))
		out_head(o, tag, id, strlen(id));
}

/* 369: what this message leaves behind is committed before it is sent. */
static void
put_last_processed(const struct sess *s, struct out_msg *o)
{
	char *p;

	if (!s->cfg.last_msg_seq_num_processed || !s->ver->last_processed)
		return;
	assert(o->nnumber < OUT_NUMBERS);
	p = o->number[o->nnumber++];
	out_head(o, 369, p, num_format_u64(p, s->seqs.next_in - 1));
}

/* What every header of ours has; the text is the caller's. */
static void
put_header(struct sess *s, struct out_msg *o, const char *seq, size_t seq_len,
    const char *time, size_t time_len)
{
	out_head(o, 34, seq, seq_len);
	out_head(o, 52, time, time_len);
	identity_field(o, 49, s->cfg.sender_comp_id);
	identity_field(o, 50, s->cfg.sender_sub_id);
	identity_field(o, 56, s->cfg.target_comp_id);
	identity_field(o, 57, s->cfg.target_sub_id);
	identity_field(o, 142, s->cfg.sender_location_id);
	identity_field(o, 143, s->cfg.target_location_id);
	put_last_processed(s, o);
}

void
out_send(struct sess *s, struct now now, struct out_msg *o, bool hold,
    struct sess_acts *a)
{
	char seq_text[NUM_TEXT_MAX], time[WALL_TEXT_MAX];
	uint64_t seq = s->seqs.next_out;
	size_t off, len;

	put_header(s, o, seq_text, num_format_u64(seq_text, seq), time,
	    wall_format(time, now.wall, out_digits(s)));
	if (write_msg(s, o, a, &off, &len) != 0)
		return;
	s->seqs.next_out++;
	s->dirty = true;
	if (!fix_type_is_admin(o->type, o->type_len))
		s->last_app = seq;
	acts_bytes(s, a, SESS_STORE_OUT, seq, off, len);
	acts_state(s, a);
	if (hold)
		return;
	acts_bytes(s, a, SESS_SEND, seq, off, len);
	s->last_out = now.mono;
}

void
out_send_app(struct sess *s, struct now now, struct out_msg *o,
    struct sess_acts *a)
{
	bool hold = resend_running(s);

	if (hold)
		resend_hold(s, s->seqs.next_out);
	out_send(s, now, o, hold, a);
}

void
out_repeat(struct sess *s, struct now now, struct out_msg *o, uint64_t seq,
    const char *orig, size_t orig_len, struct sess_acts *a)
{
	char seq_text[NUM_TEXT_MAX], time[WALL_TEXT_MAX];
	size_t off, len, time_len;

	time_len = wall_format(time, now.wall, out_digits(s));
	put_header(s, o, seq_text, num_format_u64(seq_text, seq), time,
	    time_len);
	out_head(o, 43, "Y", 1);
	if (orig != NULL)
		out_head(o, 122, orig, orig_len);
	else
		out_head(o, 122, time, time_len);
	if (write_msg(s, o, a, &off, &len) != 0)
		return;
	acts_state(s, a);
	acts_bytes(s, a, SESS_SEND, seq, off, len);
	s->last_out = now.mono;
}

/* Fields that the session alone writes. */
static bool
is_reserved(const struct sess *s, int32_t tag)
{
	if (tag == 369)
		return s->cfg.last_msg_seq_num_processed;
	return tag == 8 || tag == 9 || tag == 10 || tag == 34 || tag == 35 ||
	    tag == 49 || tag == 52 || tag == 56;
}

static bool
is_header(const struct sess *s, int32_t tag)
{
	return fix_tag_is_header(tag) || tag == s->cfg.header_tag ||
	    (s->cfg.transport != NULL &&
	    dict_tag_is_header(s->cfg.transport, tag));
}

/* Header fields may stand anywhere among those of the body, which keep their
 * order. */
static int
split_fields(const struct sess *s, struct out_msg *o, const char *p, size_t len)
{
	struct fields w = fields_over(s, p, len);
	struct field f;
	int r;

	while ((r = fields_next(&w, &f)) == 1) {
		if (is_reserved(s, f.tag))
			return FG_EINVAL;
		if ((f.tag == 43 || f.tag == 122) && !s->cfg.allow_poss_dup)
			continue;
		if (is_header(s, f.tag))
			out_head(o, f.tag, f.value, f.len);
		else
			out_run(o, f.whole, f.whole_len);
	}
	if (r == 0 && o->head.n > OUT_FIELDS - HEADER_OWN)
		return FG_ELIMIT;
	return r != 0 ? r : o->err;
}

static int
read_request(const struct sess *s, const char *msg_type, const char *fields,
    size_t len, struct out_msg *o)
{
	if (msg_type[0] == '\0' || strchr(msg_type, FIX_SOH) != NULL ||
	    fix_type_is_admin(msg_type, strlen(msg_type)))
		return FG_EINVAL;
	out_start(o, msg_type);
	return split_fields(s, o, fields, len);
}

int
sess_check(const struct sess *s, const char *msg_type, const char *fields,
    size_t len)
{
	struct out_msg o;

	return read_request(s, msg_type, fields, len, &o);
}

int
sess_send(struct sess *s, struct now now, const char *msg_type,
    const char *fields, size_t len, struct sess_acts *a, uint64_t *seq)
{
	struct out_msg o;
	int err;

	err = read_request(s, msg_type, fields, len, &o);
	if (err != 0)
		return err;
	*seq = s->seqs.next_out;
	if (s->state == SESS_ON)
		out_send_app(s, now, &o, a);
	else
		out_send(s, now, &o, true, a);
	return a->err;
}
