/* feed.c: rows of the stream, and what the blocks make of them. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "client/client.h"
#include "client/fields.h"
#include "log/log.h"

#define CREDIT_MIN 64   /* rows of a window of credit */
#define CREDIT_MAX 1000
#define CREDIT_BYTES (16u << 20) /* what their events take, about */
#define HELD_MAX   100000 /* rows that are settled behind one that is not */
#define LANES_HELD 10000 /* events of lanes that are asked to try later */
#define PARKS_MAX  50 /* events that wait to be put into QUARANTINE */

struct event *
event_new(const struct buf *packed, uint32_t nkeys)
{
	struct event *ev = must(malloc(sizeof(*ev) + packed->len + 1));

	ev->quarantine = 0;
	ev->nkeys = nkeys;
	ev->len = packed->len;
	if (packed->len > 0)
		memcpy(ev->data, packed->p, packed->len);
	return ev;
}

/* The channel for an event; NULL: why is set. */
static struct channel *
channel_of(struct sender *s, const struct script_fields *f, const char **why)
{
	const char *lane_on = s->script->lane_on;
	const struct script_value *v;
	struct channel *ch = NULL;
	struct buf text = { 0 };

	if (lane_on == NULL)
		return channel_get(s, NULL, 0);
	v = fields_find(f, lane_on);
	*why = "the event has no value of its laneOn field";
	if (v == NULL)
		return NULL;
	if (fields_text(&text, v) == 0) {
		*why = "the value of laneOn cannot be the name of a lane, or "
		    "there are more than 1000 of them";
		ch = channel_get(s, text.p == NULL ? "" : text.p, text.len);
	}
	buf_free(&text);
	return ch;
}

static struct channel *
faults_of(struct channel **faults, struct sender *s, const char *name)
{
	if (*faults == NULL)
		*faults = channel_new(s, name, false);
	return *faults;
}

/* The script cannot handle the row for this send. */
static void
script_failed(struct sender *s, const struct script_row *row, wall_t stamp,
    const char *text)
{
	char name[NAME_MAX_BYTES + 1] = "#";

	strncat(name, s->script->id, sizeof(name) - 2);
	park_row(faults_of(&s->script_faults, s, name), row, stamp, text);
}

static int
pack(struct program *p, const struct sender *s, const struct script_fields *f,
    uint32_t *nkeys)
{
	p->scratch.len = 0;
	*nkeys = 0;
	if (target_is_exec(s->target))
		return fields_json(&p->scratch, f);
	return fields_link(p->out, &p->scratch, s->script->event, f, nkeys);
}

static bool
put_event(struct sender *s, const struct script_row *row, wall_t stamp,
    const struct script_fields *f, uint32_t part)
{
	struct program *p = s->block->client->program;
	struct lane_event e = { .seq = row->sequence, .part = part,
		.stamp = stamp, .came = now_of(p).mono };
	const char *why = "the name of the send cannot be that of a lane";
	struct channel *ch = channel_of(s, f, &why);
	struct event *ev;
	uint32_t nkeys;
	int err;

	if (ch == NULL) {
		script_failed(s, row, stamp, why);
		return false;
	}
	err = pack(p, s, f, &nkeys);
	if (err == FG_ENOMEM)
		must_be_0(err);
	if (err != 0) {
		script_failed(s, row, stamp, "the event is too long");
		return false;
	}
	ev = event_new(&p->scratch, nkeys);
	e.body = ev;
	e.len = ev->len;
	s->block->client->made += ev->len;
	if (s->busy.ns == 0)
		s->busy = now_of(p).mono;
	must_be_0(lane_put(ch->lane, &e));
	s->target->busy = true;
	return true;
}

/* The events of a send: how many are to be answered before the row is
 * settled. */
static uint32_t
feed_send(struct sender *s, const struct script_row *row, wall_t stamp)
{
	const struct script_fields *part;
	int i, n = script_send_values(s->script, row, &part);

	if (n < 0) { /* FG_ENOMEM, too: its own limit */
		script_failed(s, row, stamp, script_error(s->script->code));
		return 1;
	}
	for (i = 0; i < n; i++)
		if (!put_event(s, row, stamp, &part[i], (uint32_t)i))
			return (uint32_t)i + 1;
	return (uint32_t)n;
}

int
feed_again(struct sender *s, const struct script_row *row,
    const struct lane_event *e, uint64_t quarantine)
{
	struct program *p = s->block->client->program;
	const struct script_fields *part;
	struct lane_event new = *e;
	struct event *ev;
	uint32_t nkeys;
	int i, err, n = script_send_values(s->script, row, &part);

	for (i = 0; i < n; i++) {
		err = pack(p, s, &part[i], &nkeys);
		if (err != 0)
			return err;
		ev = event_new(&p->scratch, nkeys);
		ev->quarantine = quarantine;
		new.part = (uint32_t)i;
		new.body = ev;
		new.len = ev->len;
		again_put(s, &new);
	}
	return n < 0 ? n : 0;
}

static void
feed_block(struct block *b, const struct script_row *row, wall_t stamp)
{
	struct client *c = b->client;
	uint32_t events = 0;
	size_t i;
	int takes;

	if (settle_knows(b->settle, row->sequence))
		return;
	takes = script_block_takes(c->script, b->script, row);
	if (takes < 0) {
		park_row(faults_of(&b->faults, &b->sender[0], "#where"), row,
		    stamp, script_error(c->script->code));
		events = 1;
	}
	for (i = 0; takes > 0 && i < b->script->nsend; i++)
		events += feed_send(&b->sender[i], row, stamp);
	must_be_0(settle_row(b->settle, row->sequence, events));
}

/* false: a row is not what was announced. */
static bool
feed_row(struct client *c, const struct link_val *v)
{
	struct script_row row = { .own_names = c->maps };
	struct block *b;
	wall_t stamp = { 0 };
	int err;

	if (link_kind(v) != LINK_ARRAY || link_count(v) < (c->maps ? 3 : 2))
		return false;
	err = c->maps ? row_in_map(&c->row, link_at(v, 2), &row)
		      : row_in_read(&c->row, &c->columns, v, 2, &row);
	if (err == FG_ENOMEM)
		must_be_0(err);
	if (err != 0 || !link_get_u64(link_at(v, 0), &row.sequence))
		return false;
	(void)link_get_i64(link_at(v, 1), &stamp.ns);
	for (b = c->block; b < c->block + c->nblock; b++)
		feed_block(b, &row, stamp);
	return true;
}

void
feed_rows(struct client *c, const struct link_msg *m)
{
	const struct link_val *rows = link_find(m->details, "ROWS");
	size_t i, n = rows == NULL || link_kind(rows) != LINK_ARRAY ? 0 :
	    link_count(rows);
	struct block *b;

	for (i = 0; i < n; i++) {
		if (feed_row(c, link_at(rows, i)))
			continue;
		client_fail(c, "a row of stream %s is not as its columns say",
		    c->script->stream);
		break;
	}
	if (i < n)
		return;
	if (n > 0)
		c->row_size = (3 * c->row_size + c->made / n) / 4;
	c->made = 0;
	c->credit -= n < c->credit ? n : c->credit;
	c->upto = link_find_u64(m->details, "UPTO", c->upto);
	c->visible = link_find_u64(m->details, "VISIBLE", c->visible);
	c->more = link_find_bool(m->details, "MORE", false);
	for (b = c->block; b < c->block + c->nblock; b++)
		settle_upto(b->settle, c->upto);
}

/* ---- credit ---- */

/* A lane that is asked to try later holds up its own events; many of them wait
 * before no more rows are taken, for the sake of the other lanes. */
static bool
sender_has_room(const struct client *c, const struct sender *s)
{
	size_t max = (size_t)c->script->event_handler_buffer;
	size_t n = sender_queued(s);

	if (n <= max)
		return true;
	return s->script->lane_on != NULL && n <= LANES_HELD &&
	    n * c->row_size <= CREDIT_BYTES && sender_flowing(s) <= max;
}

/* May more rows come? */
static bool
has_room(const struct client *c)
{
	const struct block *b;
	size_t i;

	if (c->nparks > PARKS_MAX)
		return false;
	for (b = c->block; b < c->block + c->nblock; b++) {
		if (settle_held(b->settle) > HELD_MAX)
			return false;
		for (i = 0; i < b->script->nsend; i++)
			if (!sender_has_room(c, &b->sender[i]))
				return false;
	}
	return true;
}

void
feed_credit(struct client *c)
{
	uint64_t window = (uint64_t)c->script->event_handler_buffer;
	struct link_out *o;

	window = window < CREDIT_MIN ? CREDIT_MIN : window;
	window = window > CREDIT_MAX ? CREDIT_MAX : window;
	if (window * c->row_size > CREDIT_BYTES)
		window = CREDIT_BYTES / c->row_size + 1;
	if (c->credit > window / 2 || !has_room(c) ||
	    !remote_is_up(c->remote))
		return;
	o = remote_begin(c->remote, "CREDIT", c->ref);
	link_map(o, 1);
	link_key_u64(o, "ROWS", window - c->credit);
	if (remote_end(c->remote) == 0)
		c->credit = window;
}
