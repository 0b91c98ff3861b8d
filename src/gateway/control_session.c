/* control_session.c: SESSIONS, SESSION_SCHEDULE, and orders to a session. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control_int.h"
#include "gateway/peers.h"
#include "gateway/status.h"
#include "log/log.h"

#define SHOWN_EDGES  20           /* of a schedule */
#define WHO_MAX      512
#define PENDING_ROWS 1000         /* looked at to count what waits */
#define PENDING_MAX  (256 * 1024) /* bytes of them */

/* ---- questions ---- */

struct pending {
	uint32_t session;
	uint64_t n;
};

static int
count_pending(void *arg, const struct store_row *row)
{
	struct pending *p = arg;

	p->n += row->session == p->session;
	return 0;
}

/* Messages that wait for the session to log on; long queues are counted in
 * part. */
static uint64_t
pending_of(const struct control *c, const struct fgsess *fs)
{
	struct pending p = { .session = fs->id };
	uint64_t upto;

	if (fs->pending_tail <= fs->pending_done)
		return 0;
	store_read(c->g->store, STORE_OUT_PENDING, fs->pending_done,
	    PENDING_ROWS, PENDING_MAX, count_pending, &p, &upto);
	return p.n;
}

/* ns until an initiator tries again; < 0: it does not. */
static int64_t
next_try(const struct control *c, const struct fgsess *fs)
{
	mono_t at = peers_next_try(fs), now = loop_now(c->g->loop).mono;

	if (at.ns == MONO_NEVER.ns)
		return -1;
	return mono_before(now, at) ? at.ns - now.ns : 0;
}

static const char *
role_text(const struct fgsess *fs)
{
	return sess_config(fs->machine)->role == SESS_ACCEPTOR ? "acceptor"
	    : "initiator";
}

static void
put_rejects(struct link_out *o, const struct rejects *r)
{
	const struct reject_kind *k;
	size_t i;

	link_str(o, "REJECTS");
	link_array(o, (uint32_t)r->nkind);
	for (i = 0; i < r->nkind; i++) {
		k = &r->kind[i];
		link_map(o, 3);
		link_key_u64(o, "TAG", k->tag == DICT_NO_TAG || k->tag < 0 ?
		    0 : (uint64_t)k->tag);
		link_key_u64(o, "REASON", (uint64_t)k->reason);
		link_key_u64(o, "MESSAGES", k->n);
	}
}

static void
put_session(struct control *c, struct link_out *o, const struct fgsess *fs)
{
	const struct sess_cfg *cfg = sess_config(fs->machine);
	struct sess_seqs seqs = sess_seqs(fs->machine);
	int64_t try_ns = next_try(c, fs);

	link_map(o, 27);
	link_key_str(o, "SESSION", fs->name);
	link_key_str(o, "ROLE", role_text(fs));
	link_key_str(o, "STATE", sess_state_text(sess_state(fs->machine)));
	link_key_bool(o, "ENABLED", peers_is_enabled(fs));
	link_key_bool(o, "CREATED", peers_is_created(fs));
	link_key_bool(o, "HALTED", fs->halted);
	link_key_bool(o, "HELD", fs->held);
	link_key_str(o, "TEMPLATE", peers_template(fs));
	link_key_str(o, "ADDRESS", peers_address(fs));
	link_key_u64(o, "NEXT_IN", seqs.next_in);
	link_key_u64(o, "NEXT_OUT", seqs.next_out);
	link_key_u64(o, "EPOCH", seqs.epoch);
	link_key_u64(o, "HEART_BT_INT", sess_heart_bt_int(fs->machine));
	link_key_u64(o, "GAP_FROM", sess_gap(fs->machine));
	link_key_u64(o, "RECEIVED", fs->received);
	link_key_u64(o, "SENT", fs->sent);
	link_key_u64(o, "REJECTED", fs->rejected);
	link_key_u64(o, "LAST_RECEIVED", (uint64_t)fs->last_received.ns);
	link_key_u64(o, "LAST_SENT", (uint64_t)fs->last_sent.ns);
	link_key_u64(o, "LOGGED_ON_AT", (uint64_t)fs->logged_on_at.ns);
	link_key_str(o, "LAST_EVENT", fs->last_event);
	link_key_u64(o, "NEXT_TRY_MS",
	    try_ns < 0 ? 0 : (uint64_t)((try_ns + NS_PER_MS - 1) / NS_PER_MS));
	link_key_u64(o, "PENDING", pending_of(c, fs));
	link_key_u64(o, "DICT_ID", driver_dict_id(fs, cfg->app));
	link_key_u64(o, "TRANSPORT_DICT_ID",
	    driver_dict_id(fs, cfg->transport));
	link_key_u64(o, "DICT_FLAGS", cfg->dict_flags);
	put_rejects(o, &fs->rejects);
}

void
control_put_sessions(struct control *c, struct link_out *o)
{
	struct driver *d = c->g->driver;
	size_t i;

	link_str(o, "SESSIONS");
	link_array(o, (uint32_t)driver_count(d));
	for (i = 0; i < driver_count(d); i++)
		put_session(c, o, driver_session(d, i));
}

void
control_sessions(const struct server_ask *a)
{
	const struct fgsess *one = NULL;
	struct link_out *o;

	if (link_find(a->details, "SESSION") != NULL) {
		one = control_session(a);
		if (one == NULL)
			return;
	}
	o = server_answer(a, "SESSIONS_ACK");
	link_map(o, 1);
	if (one == NULL) {
		control_put_sessions(control_of(a), o);
	} else {
		link_str(o, "SESSIONS");
		link_array(o, 1);
		put_session(control_of(a), o, one);
	}
	server_done(a->conn);
}

static void
put_edge(struct link_out *o, wall_t at, unsigned what)
{
	static const struct {
		unsigned what;
		const char *text;
	} names[] = {
		{ SCHEDULE_LOGOUT, "logout" },
		{ SCHEDULE_END, "end" },
		{ SCHEDULE_START, "start" },
		{ SCHEDULE_LOGON, "logon" },
		{ SCHEDULE_RESET, "reset" },
	};
	char text[64] = "";
	size_t i, n = 0;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (what & names[i].what)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s%s", n == 0 ? "" : ", ", names[i].text);
	link_map(o, 2);
	link_key_u64(o, "TIME", (uint64_t)at.ns);
	link_key_str(o, "EDGE", text);
}

void
control_session_schedule(const struct server_ask *a)
{
	const struct fgsess *fs = control_session(a);
	wall_t at[SHOWN_EDGES], t = loop_now(control_of(a)->g->loop).wall, since;
	unsigned what[SHOWN_EDGES];
	struct link_out *o;
	uint32_t i, n;

	if (fs == NULL)
		return;
	for (n = 0; n < SHOWN_EDGES; n++, t = at[n - 1]) {
		what[n] = schedule_next(peers_schedule(fs), t, &at[n]);
		if (what[n] == 0)
			break;
	}
	o = server_answer(a, "SESSION_SCHEDULE_ACK");
	link_map(o, 3);
	link_key_str(o, "SESSION", fs->name);
	link_key_bool(o, "OPEN", peers_is_open(fs, &since));
	link_str(o, "EDGES");
	link_array(o, n);
	for (i = 0; i < n; i++)
		put_edge(o, at[i], what[i]);
	server_done(a->conn);
}

/* ---- what is wrong with it ---- */

enum status_health
control_judge_session(const struct control *c, const struct fgsess *fs,
    bool pending, char text[STATUS_ADVICE_MAX])
{
	struct now now = loop_now(c->g->loop);
	wall_t alive = c->g->started;
	struct status_session s = {
		.name = fs->name,
		.role = sess_config(fs->machine)->role,
		.state = sess_state(fs->machine),
		.enabled = peers_is_enabled(fs),
		.connected = fs->connected,
		.address = peers_address(fs),
		.last_event = fs->last_event[0] == '\0' ? "never connected"
		    : fs->last_event,
		.gap_from = sess_gap(fs->machine),
		.rejects = &fs->rejects,
		.halted = driver_halted(c->g->driver, fs),
		.held = driver_held(c->g->driver, fs),
		.pending = pending ? pending_of(c, fs) :
		    fs->pending_tail > fs->pending_done,
		.next_try_ns = next_try(c, fs),
	};

	s.closed = !peers_is_open(fs, &s.opens);
	if (!s.closed && s.opens.ns > alive.ns)
		alive = s.opens;
	if (fs->logged_on_at.ns > alive.ns)
		alive = fs->logged_on_at;
	if (fs->last_received.ns > alive.ns)
		alive = fs->last_received;
	s.off_ns = now.wall.ns - alive.ns;
	return status_of_session(&s, text);
}

/* ---- orders ---- */

static void
nack_err(const struct server_ask *a, const struct fgsess *fs, int err)
{
	switch (err) {
	case FG_ESTATE:
		server_nack(a, "STATE", false, "%s is connected: "
		    "fixgatectl session stop %s, and wait for its logout",
		    fs->name, fs->name);
		break;
	case FG_EINVAL:
		server_nack(a, "BAD_REQUEST", false,
		    "the numbers are not possible");
		break;
	default:
		server_nack(a, "STORE_FAILED", true,
		    "the store cannot be written now: %s", fg_strerror(err));
	}
}

void
control_order_done(void *arg, const struct release_done *done)
{
	struct control_later *l = arg;
	char text[1024];
	struct server_ask a;

	if (server_is_open(l->conn)) {
		a = server_ask_later(l->conn, l->type, l->ref);
		snprintf(text, sizeof(text), "%s: %s%s%s", l->name, l->text,
		    l->note == NULL ? "" : "\n",
		    l->note == NULL ? "" : l->note);
		if (done->err == 0)
			server_ack(&a, text);
		else
			server_nack(&a, "STORE_FAILED", true,
			    "%s: nothing was changed: %s", l->name,
			    fg_strerror(done->err));
	}
	control_later_free(l);
}

/* The order was given (err 0), and l answers when it is durable; or it was
 * not. */
static void
ordered(const struct server_ask *a, const struct fgsess *fs,
    struct control_later *l, int err)
{
	if (err == 0)
		return;
	control_later_free(l);
	nack_err(a, fs, err);
}

/* Its numbers were said, so it is not held any more. */
static void
let_go(const struct server_ask *a, struct fgsess *fs)
{
	int err = peers_let_go(control_of(a)->g->peers, fs);

	if (err != 0)
		log_event(LOG_LEVEL_ERROR, "held", fs->name, "it stays held: "
		    "%s; give the command again", fg_strerror(err));
}

/* What every order needs; NULL: a NACK was sent. */
static struct fgsess *
begin_order(const struct server_ask *a, const char *reason_key,
    char who[WHO_MAX], struct control_later **l, const char *text)
{
	char reason[256];
	struct fgsess *fs = control_session(a);

	if (fs == NULL)
		return NULL;
	if (!link_find_str(a->details, reason_key, reason, sizeof(reason)) ||
	    reason[0] == '\0') {
		server_nack(a, "BAD_REQUEST", false,
		    "%s is missing or too long", reason_key);
		return NULL;
	}
	control_who(a, reason, who, WHO_MAX);
	*l = control_later(a, fs, text);
	if (*l == NULL) {
		nack_err(a, fs, FG_ENOMEM);
		return NULL;
	}
	return fs;
}

void
control_session_start(const struct server_ask *a)
{
	struct fgsess *fs = control_session(a);
	char text[CONTROL_NAME_MAX + 64], who[WHO_MAX];

	if (fs == NULL)
		return;
	control_who_why(a, "session start", who, sizeof(who));
	peers_enable(control_of(a)->g->peers, fs, true, who);
	snprintf(text, sizeof(text), "%s: %s", fs->name,
	    sess_config(fs->machine)->role == SESS_ACCEPTOR
	    ? "started; the counterparty may log on" : "started");
	server_ack(a, text);
}

void
control_session_stop(const struct server_ask *a)
{
	struct gateway *g = control_of(a)->g;
	struct fgsess *fs = control_session(a);
	struct control_later *l;
	char text[256], who[WHO_MAX];
	bool given;

	if (fs == NULL)
		return;
	l = control_later(a, fs, "stopped");
	if (l == NULL) {
		nack_err(a, fs, FG_ENOMEM);
		return;
	}
	given = link_find_str(a->details, "TEXT", text, sizeof(text));
	/* First, with our text: peers_enable would say it without. */
	ordered(a, fs, l, driver_logout(g->driver, fs, given ? text : NULL,
	    control_order_done, l));
	control_who_why(a, given ? text : "session stop", who, sizeof(who));
	peers_enable(g->peers, fs, false, who);
}

void
control_session_reset(const struct server_ask *a)
{
	struct control_later *l;
	struct fgsess *fs;
	char who[WHO_MAX];
	uint32_t epoch;
	int err;

	fs = begin_order(a, "REASON", who, &l,
	    "both sequence numbers are 1, in a new epoch");
	if (fs == NULL)
		return;
	epoch = sess_seqs(fs->machine).epoch;
	err = driver_reset(control_of(a)->g->driver, fs, who, control_order_done, l);
	if (err == 0 && sess_seqs(fs->machine).epoch == epoch)
		l->text = "is being logged out; then both sequence numbers "
		    "are 1, in a new epoch";
	if (err == 0)
		let_go(a, fs);
	ordered(a, fs, l, err);
}

void
control_session_seq(const struct server_ask *a)
{
	struct control_later *l;
	struct fgsess *fs;
	char who[WHO_MAX];
	uint64_t in, out;
	int err;

	in = link_find_u64(a->details, "NEXT_IN", 0);
	out = link_find_u64(a->details, "NEXT_OUT", 0);
	if (in == 0 && out == 0) {
		server_nack(a, "BAD_REQUEST", false,
		    "NEXT_IN or NEXT_OUT is missing");
		return;
	}
	fs = begin_order(a, "REASON", who, &l, "the sequence numbers are set");
	if (fs == NULL)
		return;
	err = driver_set_seqs(control_of(a)->g->driver, fs, in, out, who,
	    control_order_done, l);
	if (err == 0)
		let_go(a, fs);
	ordered(a, fs, l, err);
}
