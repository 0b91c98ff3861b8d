#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/num.h"
#include "gateway/control_int.h"
#include "gateway/compose.h"

static void
nack_bad(const struct control_ask *a, const struct compose *f, int err)
{
	if (err == FG_EINVAL)
		control_nack(a, "EVENT_NACK", "BAD_FIELD", false, "%s",
		    f->err);
	else
		control_nack(a, "EVENT_NACK", "STORE_FAILED", true, "%s",
		    fg_strerror(err));
}

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

static int
add_pairs(struct compose *f, const struct link_val *pairs)
{
	char name_num[NUM_TEXT_MAX], value_num[NUM_TEXT_MAX];
	const struct link_val *pair;
	const char *name, *value;
	size_t i, nname, nvalue;
	int err;

	for (i = 0; i < link_count(pairs); i++) {
		pair = link_at(pairs, i);
		if (link_kind(pair) != LINK_ARRAY || link_count(pair) != 2 ||
		    !value_text(link_at(pair, 0), name_num, &name, &nname) ||
		    !value_text(link_at(pair, 1), value_num, &value, &nvalue)) {
			snprintf(f->err, sizeof(f->err), "entry %zu of FIELDS "
			    "is not [name or tag, value]", i + 1);
			return FG_EINVAL;
		}
		err = compose_field(f, name, nname, value, nvalue);
		if (err != 0)
			return err;
	}
	return 0;
}

/* MSG_TYPE and the fields of the request, to type and f->out. */
static int
read_message(const struct control_ask *a, struct compose *f,
    char type[COMPOSE_TYPE_MAX])
{
	const struct link_val *fields = link_find(a->details, "FIELDS");
	const char *p;
	size_t n;
	int err = 0;

	type[0] = '\0';
	if (link_get_str(link_find(a->details, "MSG_TYPE"), &p, &n))
		err = compose_msg_type(f, p, n, type);
	if (err == 0 && link_get_str(link_find(a->details, "FIX_DATA"), &p, &n))
		err = compose_raw(f, p, n, type);
	if (err == 0 && fields != NULL && link_kind(fields) == LINK_ARRAY)
		err = add_pairs(f, fields);
	if (err == 0 && type[0] == '\0') {
		snprintf(f->err, sizeof(f->err), "MSG_TYPE is missing");
		err = FG_EINVAL;
	}
	return err;
}

static void
put_accepted(const struct control_ask *a, const char *session,
    const struct release_done *done)
{
	bool pending = done->tx_seq == 0;
	struct link_out *o;

	o = control_begin(a->control, "EVENT_ACK", a->ref);
	link_map(o, pending ? 3 : 4);
	link_key_str(o, "SESSION", session);
	link_key_u64(o, "EPOCH", done->epoch);
	if (pending) {
		link_key_bool(o, "PENDING", true);
	} else {
		link_key_u64(o, "TX_SEQUENCE", done->tx_seq);
		link_key_u64(o, "MSG_SEQ_NUM", done->msg_seq_num);
	}
	control_done(a->control, a->cc);
}

/* The commit is durable, or failed. The connection may be gone; the message is
 * sent all the same. */
static void
on_sent(void *arg, const struct release_done *done)
{
	struct control_later *l = arg;
	const struct control_ask a = { l->cc->control, l->cc, l->ref, NULL };

	if (a.control != NULL && a.cc->conn != NULL) {
		if (done->err == 0)
			put_accepted(&a, l->name, done);
		else
			control_nack(&a, "EVENT_NACK", "STORE_FAILED", true,
			    "not stored and not sent: %s",
			    fg_strerror(done->err));
	}
	control_later_free(l);
}

static void
nack_send(const struct control_ask *a, const struct fgsess *fs, int err)
{
	switch (err) {
	case FG_ESTATE:
		control_nack(a, "EVENT_NACK", "LOGGED_OFF", true, "%s is not "
		    "logged on, and its SendWhenLoggedOff is reject",
		    fs->name);
		break;
	case FG_ENOSPC:
		control_nack(a, "EVENT_NACK", "DISK_FULL", true,
		    "the store takes no messages now: its disk is full");
		break;
	case FG_ELIMIT:
		control_nack(a, "EVENT_NACK", "TOO_BIG", false,
		    "the message is longer than %s may send", fs->name);
		break;
	case FG_EINVAL:
		control_nack(a, "EVENT_NACK", "BAD_FIELD", false, "the fields "
		    "are no message of an application (session messages are "
		    "the gateway's own)");
		break;
	default:
		control_nack(a, "EVENT_NACK", "STORE_FAILED", true, "%s",
		    fg_strerror(err));
	}
}

void
control_fix_send(const struct control_ask *a)
{
	struct control *c = a->control;
	struct fgsess *fs = control_session(a, "EVENT_NACK");
	struct compose f = { .out = &c->scratch };
	struct control_later *l;
	char type[COMPOSE_TYPE_MAX];
	int err;

	if (fs == NULL)
		return;
	f.app = sess_config(fs->machine)->app;
	f.transport = sess_config(fs->machine)->transport;
	c->scratch.len = 0;
	err = read_message(a, &f, type);
	if (err == 0 && !fs->keep_order)
		err = compose_order(&f, type);
	if (err != 0) {
		nack_bad(a, &f, err);
		return;
	}
	l = control_later(a, fs, "");
	err = l == NULL ? FG_ENOMEM : driver_send(c->g->driver, fs, type,
	    c->scratch.p == NULL ? "" : c->scratch.p, c->scratch.len, on_sent,
	    l);
	if (err == 0)
		return;
	if (l != NULL)
		control_later_free(l);
	nack_send(a, fs, err);
}
