/* control_send.c: EVENT_FIX_SEND. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "gateway/compose.h"
#include "gateway/control_event.h"
#include "gateway/limits.h"

/* A value as FIX text: strings and bytes as they are. false: it is none. */
static bool
value_text(const struct link_val *v, char num[NUM_TEXT_MAX], const char **p,
    size_t *n)
{
	uint64_t u;
	int64_t i;
	bool b;

	if (link_get_str(v, p, n))
		return true;
	*p = num;
	if (link_get_u64(v, &u))
		*n = num_format_u64(num, u);
	else if (link_get_i64(v, &i))
		*n = num_format_i64(num, i);
	else if (link_get_bool(v, &b))
		*n = (size_t)snprintf(num, NUM_TEXT_MAX, "%c", b ? 'Y' : 'N');
	else
		return false;
	return true;
}

/* ---- FIELDS: pairs in an array, or a map; a list of such is a group ---- */

static size_t
field_count(const struct link_val *fields)
{
	return link_kind(fields) == LINK_ARRAY || link_kind(fields) == LINK_MAP
	    ? link_count(fields) : 0;
}

/* Field i of FIELDS or of an entry; false: it is none. */
static bool
field_at(const struct link_val *fields, size_t i, char num[NUM_TEXT_MAX],
    const char **name, size_t *len, const struct link_val **value)
{
	const struct link_val *pair;

	if (link_kind(fields) == LINK_MAP) {
		*value = link_map_at(fields, i, name, len);
		return *value != NULL && *name != NULL;
	}
	pair = link_at(fields, i);
	if (link_kind(pair) != LINK_ARRAY || link_count(pair) != 2)
		return false;
	*value = link_at(pair, 1);
	return value_text(link_at(pair, 0), num, name, len);
}

static int add_fields(struct compose *f, struct compose_scope *in,
    const struct link_val *fields);

/* A list of entries: the counter, then each entry in the dictionary's order.
 * An empty one is left out, as an absent one is. */
static int
add_group(struct compose *f, struct compose_scope *in, const char *name,
    size_t len, const struct link_val *entries)
{
	struct compose_scope entry = { 0 };
	char num[NUM_TEXT_MAX];
	size_t i, n = link_count(entries);
	int err;

	if (n == 0)
		return 0;
	err = compose_field(f, name, len, num, num_format_u64(num, n));
	compose_scope_group(f, in, &entry);
	for (i = 0; i < n && err == 0; i++) {
		compose_scope_begin(&entry, i + 1);
		err = add_fields(f, &entry, link_at(entries, i));
		if (err == 0)
			err = compose_scope_end(f, &entry);
	}
	compose_scope_free(&entry);
	return err;
}

static int
add_fields(struct compose *f, struct compose_scope *in,
    const struct link_val *fields)
{
	char name_num[NUM_TEXT_MAX], value_num[NUM_TEXT_MAX];
	const char *name = NULL, *text;
	const struct link_val *value = NULL;
	size_t i, len = 0, ntext;
	int err = 0;

	if (field_count(fields) == 0 && in->number != 0) {
		snprintf(f->err, sizeof(f->err), "entry %zu of a group has no "
		    "fields", in->number);
		return FG_EINVAL;
	}
	for (i = 0; i < field_count(fields) && err == 0; i++) {
		compose_scope_field(f, in);
		if (!field_at(fields, i, name_num, &name, &len, &value)) {
			snprintf(f->err, sizeof(f->err), "entry %zu of FIELDS "
			    "is not [name or tag, value]", i + 1);
			return FG_EINVAL;
		}
		if (link_kind(value) == LINK_ARRAY) {
			err = add_group(f, in, name, len, value);
		} else if (value_text(value, value_num, &text, &ntext)) {
			err = compose_field(f, name, len, text, ntext);
		} else {
			snprintf(f->err, sizeof(f->err), "the value of %.*s "
			    "is neither text nor a number",
			    len > 64 ? 64 : (int)len, name);
			err = FG_EINVAL;
		}
	}
	return err;
}

/* SOURCE_ID, to the session's OutboundRoutingTag. */
static int
read_source(const struct link_val *details, struct compose *f)
{
	const struct link_val *v = link_find(details, "SOURCE_ID");
	char tag[NUM_TEXT_MAX], num[NUM_TEXT_MAX];
	const char *p;
	size_t n;
	int err;

	if (v == NULL || link_kind(v) == LINK_NIL)
		return 0;
	if (!value_text(v, num, &p, &n)) {
		snprintf(f->err, sizeof(f->err), "SOURCE_ID is neither text "
		    "nor a number");
		return FG_EINVAL;
	}
	err = compose_field(f, tag, num_format_u64(tag, (uint64_t)f->routing),
	    p, n);
	f->routed = true;
	return err;
}

/* MSG_TYPE and the fields of the request, to type and f->out. */
static int
read_message(const struct link_val *details, struct compose *f,
    char type[COMPOSE_TYPE_MAX])
{
	const struct link_val *fields = link_find(details, "FIELDS");
	struct compose_scope body = { 0 };
	const char *p;
	size_t n;
	int err;

	type[0] = '\0';
	err = read_source(details, f);
	if (err == 0 && link_get_str(link_find(details, "MSG_TYPE"), &p, &n))
		err = compose_msg_type(f, p, n, type);
	if (err == 0 && link_get_str(link_find(details, "FIX_DATA"), &p, &n))
		err = compose_raw(f, p, n, type);
	if (err == 0 && fields != NULL && link_kind(fields) != LINK_ARRAY &&
	    link_kind(fields) != LINK_MAP && link_kind(fields) != LINK_NIL) {
		snprintf(f->err, sizeof(f->err), "FIELDS is neither an array "
		    "of [name or tag, value] nor a map");
		err = FG_EINVAL;
	}
	if (err == 0 && fields != NULL) {
		compose_scope_body(f, type, &body);
		err = add_fields(f, &body, fields);
	}
	if (err == 0 && type[0] == '\0') {
		snprintf(f->err, sizeof(f->err), "MSG_TYPE is missing");
		err = FG_EINVAL;
	}
	return err;
}

static void
refuse(struct event *ev, const struct fgsess *fs, int err)
{
	const char *why;

	switch (err) {
	case FG_ESTATE:
		event_refuse(ev, fs, "LOGGED_OFF", true, "%s is not "
		    "logged on, and its SendWhenLoggedOff is reject",
		    fs->name);
		break;
	case FG_EBUSY:
		why = driver_halted(control_of(ev->ask)->g->driver, fs);
		event_refuse(ev, fs, "HALTED", true, "%s is halted: %s",
		    fs->name, why == NULL ? "" : why);
		break;
	case FG_ENOSPC:
		event_refuse(ev, fs, "DISK_FULL", true,
		    "the store takes no messages now: its disk is full");
		break;
	case FG_ELIMIT:
		event_refuse(ev, fs, "TOO_BIG", false,
		    "the message is longer than %s may send", fs->name);
		break;
	case FG_EINVAL:
		event_refuse(ev, fs, "BAD_FIELD", false, "the fields "
		    "are no message of an application (session messages are "
		    "the gateway's own)");
		break;
	default:
		event_refuse(ev, fs, "STORE_FAILED", true, "%s",
		    fg_strerror(err));
	}
}

static struct fgsess *
session_of(struct event *ev)
{
	char name[CONTROL_NAME_MAX];
	struct fgsess *fs;

	if (!link_find_str(ev->details, "SESSION", name, sizeof(name))) {
		event_refuse(ev, NULL, "BAD_REQUEST", false,
		    "SESSION is missing");
		return NULL;
	}
	fs = driver_by_name(control_of(ev->ask)->g->driver, name);
	if (fs == NULL)
		event_refuse(ev, NULL, "NO_SESSION", false, "there is no "
		    "session %s; `fixgatectl session show` lists them", name);
	return fs;
}

/* Of those, a late one may do harm. */
static bool
is_new_order(const char *type)
{
	static const char *const types[] = { "D", "E", "AB", "s" };
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

/* Is what is in c->scratch within the limits of its session? If not, the event
 * was refused. */
static bool
is_within(struct event *ev, struct fgsess *fs, const char *type)
{
	struct control *c = control_of(ev->ask);
	const char *p = c->scratch.p == NULL ? "" : c->scratch.p;
	char text[LIMITS_ERR_MAX];
	struct fix_msg m;
	int err;

	if (fs->limits == NULL)
		return true;
	err = fields_index(&c->fields, &m, p, c->scratch.len, driver_lens(fs));
	if (err == FG_ENOMEM) {
		event_refuse(ev, fs, "STORE_FAILED", true, "%s",
		    fg_strerror(err));
		return false;
	}
	if (err != 0)
		return true; /* the session says what is wrong with it */
	switch (limits_check(fs->limits, loop_now(c->g->loop).mono, type, &m,
	    text)) {
	case LIMITS_FREE:
		return true;
	case LIMITS_OVER:
		event_refuse(ev, fs, "OVER_LIMIT", false, "%s: %s", fs->name,
		    text);
		break;
	case LIMITS_WAIT:
		event_refuse(ev, fs, "OVER_RATE", true, "%s: %s", fs->name,
		    text);
		break;
	}
	return false;
}

void
event_fix_send(struct event *ev)
{
	struct control *c = control_of(ev->ask);
	struct fgsess *fs = session_of(ev);
	struct compose f = { .out = &c->scratch };
	struct event_wait *w;
	char type[COMPOSE_TYPE_MAX];
	int err;

	if (fs == NULL || !event_may(ev, fs, RIGHT_SEND, fs->name))
		return;
	f.app = sess_config(fs->machine)->app;
	f.transport = sess_config(fs->machine)->transport;
	c->scratch.len = 0;
	f.routing = fs->outbound_tag;
	err = read_message(ev->details, &f, type);
	if (err == 0 && !fs->keep_order)
		err = compose_order(&f, type);
	if (err == FG_EINVAL) {
		event_refuse(ev, fs, "BAD_FIELD", false, "%s", f.err);
		return;
	}
	if (err == 0 && event_is_too_old(ev, is_new_order(type) ?
	    fs->max_event_age : 0))
		return;
	if (err == 0 && !is_within(ev, fs, type))
		return;
	w = err != 0 ? NULL : event_wait(ev, fs->name);
	if (err == 0 && w == NULL)
		return;
	if (err == 0)
		err = driver_send(c->g->driver, fs, type, c->scratch.p ==
		    NULL ? "" : c->scratch.p, c->scratch.len, event_answer,
		    w);
	if (err == 0) {
		limits_count(fs->limits, loop_now(c->g->loop).mono);
		event_accept(ev, fs, fs->name);
		return;
	}
	if (w != NULL)
		event_wait_free(w);
	refuse(ev, fs, err);
}

void
control_fix_send(const struct server_ask *a)
{
	struct event ev;

	if (event_take(a, &ev))
		event_fix_send(&ev);
}
