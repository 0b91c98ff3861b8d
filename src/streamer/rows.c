/* rows.c: rows of a table become those of a stream. */
#include <stdio.h>

#include "base/err.h"
#include "log/log.h"
#include "streamer/streamer.h"

#define MESSAGE_BYTES (512u << 10) /* of rows in one message, about */
#define ROW_BYTES_MAX (16u << 20)  /* of one row */
#define WINDOW_BYTES  (2u << 20)   /* on the way to us for one client */
#define WINDOW_MIN    4            /* rows */
#define WINDOW_MAX    4096
#define SAMPLES       4            /* rows of a message that are measured */
#define ROWS_PER_LOOK 8            /* at the clock */
#define TURN_NS       (50 * NS_PER_MS) /* of one client, then others' */

enum act {
	ACT_SENT,
	ACT_LEFT_OUT,
	ACT_BAD,  /* it cannot be: why, or script_error */
	ACT_WAIT, /* its dictionary has been asked for */
	ACT_TURN, /* others have their turn */
	ACT_MESS, /* it is no row of this table: the process is none of ours */
};

/* What is done with the rows of one message. */
struct work {
	struct logon *l;
	struct stream *s;
	struct streamer *st;
	const struct link_val *rows;
	size_t n, next;
	bool streamed;   /* rows of a streamer, not a gateway */
	uint64_t upto, oldest, visible;
	int64_t started; /* ns */
	/* Of the STREAM_ROWS that is being made: */
	struct link_out *o;
	uint32_t sent;
	size_t size;
	struct script_row row;
	const char *why; /* of ACT_BAD */
};

/* Where the columns begin in the array of a row. */
static size_t
first_value(const struct work *w)
{
	return w->streamed ? 2 : 0;
}

/* ---- what a script sees ---- */

static int
read_row(struct work *w, const struct link_val *v)
{
	struct row_in *in = &w->st->row;

	if (w->s->maps)
		return row_in_map(in, link_at(v, 2), &w->row);
	return row_in_read(in, &w->s->in, v, first_value(w), &w->row);
}

/* false: they have been asked for. */
static bool
find_dicts(struct work *w)
{
	const struct stream *s = w->s;
	const struct script_value *id, *session;

	w->row.transport = w->row.app = NULL;
	if (!s->script->fix || s->dicts == NULL || s->dict_id >= w->row.n ||
	    s->session >= w->row.n)
		return true;
	id = &w->row.value[s->dict_id];
	session = &w->row.value[s->session];
	return rowdicts_get(s->dicts, (uint32_t)id->i,
	    session->type == SCRIPT_STRING ? session->p : "",
	    session->type == SCRIPT_STRING ? session->len : 0,
	    &w->row.transport, &w->row.app);
}

static bool
needs_script(const struct stream *s)
{
	return s->script->has_where || s->script->fix ||
	    s->form == FORM_FIELDS || s->form == FORM_MAP;
}

/* ---- what is sent ---- */

static void
put_head(struct work *w, const struct link_val *v, uint32_t n)
{
	const struct stream *s = w->s;

	link_array(w->o, n + 2);
	link_u64(w->o, w->row.sequence);
	if (w->streamed)
		link_copy(w->o, link_at(v, 1));
	else
		link_copy(w->o, s->timestamp < s->in.n
		    ? link_at(v, s->timestamp) : NULL);
}

/* Columns that are sent as they came. */
static void
copy_columns(struct work *w, const struct link_val *v)
{
	const struct stream *s = w->s;
	size_t i, n = s->script->ncolumn_out;
	const struct link_val *c;

	put_head(w, v, (uint32_t)n);
	for (i = 0; i < n; i++) {
		c = link_at(v, first_value(w) + s->from[i]);
		w->size += link_size(c);
		link_copy(w->o, c);
	}
}

/* All of them. */
static void
copy_row(struct work *w, const struct link_val *v)
{
	put_head(w, v, (uint32_t)w->s->in.n);
	w->size += link_size(v);
	link_copy_from(w->o, v, first_value(w), w->s->in.n);
}

static void
put_fields(struct work *w, const struct link_val *v,
    const struct script_fields *f)
{
	const struct stream *s = w->s;
	size_t i;

	put_head(w, v, (uint32_t)f->n);
	for (i = 0; i < f->n; i++)
		if (s->from[i] < s->in.n)
			link_copy(w->o, link_at(v, first_value(w) +
			    s->from[i]));
		else
			row_put(w->o, &f->field[i].value, ROW_ANY);
}

static enum act
make_row(struct work *w, const struct link_val *v)
{
	const struct stream *s = w->s;
	struct script_fields f;
	size_t i, size = 0;
	int r;

	if (s->form == FORM_COLUMNS) {
		copy_columns(w, v);
		return ACT_SENT;
	}
	if (s->form == FORM_ROW && !s->maps) {
		copy_row(w, v);
		return ACT_SENT;
	}
	if (s->form == FORM_ROW) { /* a map of another streamer's toRow */
		put_head(w, v, 1);
		link_copy(w->o, link_at(v, 2));
		return ACT_SENT;
	}
	r = script_to_row(s->script, &w->row, &f);
	if (r == 0)
		return ACT_LEFT_OUT;
	if (r < 0)
		return ACT_BAD;
	for (i = 0; i < f.n; i++)
		size += row_size(&f.field[i].value);
	if (size > ROW_BYTES_MAX) {
		w->why = "a row became longer than 16 MiB";
		return ACT_BAD;
	}
	w->size += size;
	if (s->form == FORM_FIELDS) {
		put_fields(w, v, &f);
	} else {
		put_head(w, v, 1);
		row_put_fields(w->o, &f);
	}
	return ACT_SENT;
}

static enum act
take_row(struct work *w, const struct link_val *v)
{
	const struct stream *s = w->s;
	int r;

	if (!needs_script(s))
		return make_row(w, v);
	if (read_row(w, v) != 0)
		return ACT_MESS;
	if (!find_dicts(w))
		return ACT_WAIT;
	r = script_where(s->script, &w->row, &w->l->fields);
	if (r < 0)
		return ACT_BAD;
	return r == 0 ? ACT_LEFT_OUT : make_row(w, v);
}

/* Is it an array that has all columns, and the sequence of a row that may come
 * now? */
static bool
check_row(struct work *w, const struct link_val *v, uint64_t before)
{
	size_t need = first_value(w) + (w->s->maps ? 1 : w->s->in.n);

	return link_kind(v) == LINK_ARRAY && link_count(v) >= need &&
	    need > 0 && link_get_u64(link_at(v, 0), &w->row.sequence) &&
	    w->row.sequence > before && w->row.sequence <= w->upto &&
	    (!w->s->maps || link_kind(link_at(v, 2)) == LINK_MAP);
}

/* ---- messages ---- */

static void
begin(struct work *w)
{
	w->o = server_begin(w->st->server, "STREAM_ROWS", w->l->ref);
	w->sent = 0;
	w->size = 0;
	link_map(w->o, 5);
	link_str(w->o, "ROWS");
	link_array_open(w->o);
}

/* upto: of the last row that was looked at. */
static void
finish(struct work *w, uint64_t upto)
{
	struct logon *l = w->l;

	l->upto = upto;
	l->oldest = w->oldest;
	l->visible = w->visible;
	l->more = upto < w->visible;
	l->sent += w->sent;
	l->credit -= w->sent < l->credit ? w->sent : l->credit;
	link_array_close(w->o, w->sent);
	link_key_u64(w->o, "UPTO", upto);
	link_key_u64(w->o, "OLDEST", l->oldest);
	link_key_u64(w->o, "VISIBLE", l->visible);
	link_key_bool(w->o, "MORE", l->more);
	server_done(l->conn);
	latency_add(&w->s->made, loop_clock().ns -
	    loop_now(w->st->loop).mono.ns, w->sent);
	w->s->unsent += w->sent;
	w->st->unsent += w->sent;
}

/* A text that says the row, also for what is no error of the script. */
static bool
bad_row(struct work *w)
{
	char text[TEXT_MAX];

	if (w->why == NULL)
		return stream_error(w->s, script_error(w->s->script->code));
	snprintf(text, sizeof(text), "%s:%u: stream %s, row %llu: %s",
	    w->s->file, w->s->script->line, w->s->script->name,
	    (unsigned long long)w->row.sequence, w->why);
	w->why = NULL;
	return stream_error(w->s, text);
}

/* The tail ends, and begins again behind the last row when it can go on. */
static void
step_back(struct work *w, bool soon)
{
	upstream_untail(w->l);
	w->l->state = LOGON_WAITING;
	if (soon)
		timer_set(w->st->again, loop_now(w->st->loop).mono);
}

/* May another row go into this message? */
static bool
has_room(const struct work *w)
{
	return w->next < w->n && w->size < MESSAGE_BYTES &&
	    w->sent < (uint64_t)w->s->script->batch_size;
}

/* The clock is looked at now and then: that takes as long as a short script. */
static bool
turn_is_over(const struct work *w)
{
	return w->next % ROWS_PER_LOOK == 0 && needs_script(w->s) &&
	    loop_clock().ns - w->started > TURN_NS;
}

/*
 * Rows for one STREAM_ROWS. ACT_SENT: go on with the next one; ACT_BAD: the
 * stream ended, and the logon is gone.
 */
static enum act
batch(struct work *w)
{
	bool ends = w->s->script->terminate_on_error;
	uint64_t upto = w->l->upto;
	enum act act = ACT_SENT;
	const struct link_val *v;

	begin(w);
	while (has_room(w)) {
		v = link_at(w->rows, w->next);
		act = check_row(w, v, upto) ? take_row(w, v) : ACT_MESS;
		if (act == ACT_WAIT || act == ACT_MESS ||
		    (act == ACT_BAD && ends))
			break;
		if (act == ACT_BAD)
			bad_row(w);
		w->sent += act == ACT_SENT;
		w->next++;
		upto = w->row.sequence;
		act = ACT_SENT;
		if (w->next < w->n && turn_is_over(w)) {
			act = ACT_TURN;
			break;
		}
	}
	finish(w, w->next == w->n ? w->upto : upto);
	if (act == ACT_BAD)
		bad_row(w);
	return act;
}

/* So many rows as are about WINDOW_BYTES may be on their way to us. */
static void
set_window(struct work *w)
{
	size_t i, sum = 0, rows = 0;

	for (i = 0; i < w->n; i += 1 + w->n / SAMPLES) {
		sum += link_size(link_at(w->rows, i));
		rows++;
	}
	if (sum == 0)
		return;
	w->l->window = WINDOW_BYTES / (sum / rows);
	if (w->l->window < WINDOW_MIN)
		w->l->window = WINDOW_MIN;
	if (w->l->window > WINDOW_MAX)
		w->l->window = WINDOW_MAX;
}

static void
mess(struct upstream *u)
{
	remote_drop(u->remote, "it sent rows that are none of the table, or "
	    "are out of order");
}

void
rows_take(struct logon *l, const struct link_val *details)
{
	struct stream *s = l->stream;
	struct work w = { .l = l, .s = s, .st = s->up->st,
		.rows = link_find(details, "ROWS"),
		.row.own_names = s->maps,
		.streamed = !s->up->gateway,
		.upto = link_find_u64(details, "UPTO", l->upto),
		.oldest = link_find_u64(details, "OLDEST", 0),
		.visible = link_find_u64(details, "VISIBLE", 0) };
	enum act act;

	if (w.rows == NULL || link_kind(w.rows) != LINK_ARRAY ||
	    w.upto < l->upto) {
		mess(s->up);
		return;
	}
	w.n = link_count(w.rows);
	w.started = loop_clock().ns;
	l->granted -= w.n < l->granted ? w.n : l->granted;
	s->oldest = w.oldest;
	s->visible = w.visible;
	set_window(&w);
	do
		act = batch(&w);
	while (act == ACT_SENT && w.next < w.n);
	if (act == ACT_BAD)
		return;
	if (w.upto < w.visible && w.next != 0)
		l->batch_ns = loop_clock().ns - w.started;
	if (act == ACT_SENT)
		upstream_feed(l);
	else if (act == ACT_MESS)
		mess(s->up);
	else
		step_back(&w, act == ACT_TURN);
}

void
rows_flushed(void *arg)
{
	struct streamer *st = arg;
	struct stream *s;
	int64_t took;
	size_t i;

	if (st->unsent == 0)
		return;
	took = loop_clock().ns - loop_now(st->loop).mono.ns;
	for (i = 0; i < st->nstream; i++) {
		s = st->stream[i];
		if (s->unsent > 0)
			latency_add(&s->written, took, s->unsent);
		s->unsent = 0;
	}
	st->unsent = 0;
}
