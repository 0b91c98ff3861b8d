#include "daemon/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/beat.h"
#include "daemon/secure.h"
#include "log/log.h"

#define FRAMES_PER_WAKE 256
#define FRAME_HEAD      4                  /* bytes of the length */
#define CONNECT_MS      10000              /* to connect */
#define HELLO_NS        (10 * NS_PER_S)    /* to answer HELLO */
#define BACKOFF_MIN     (100 * NS_PER_MS)
#define BACKOFF_MAX     (5 * NS_PER_S)
#define BUCKETS         1024u              /* a power of 2 */

struct waiter {
	LIST_ENTRY(waiter) link;
	uint64_t ref;
	remote_fn fn;
	void *arg;
};

LIST_HEAD(waiters, waiter);

struct remote {
	struct remote_cfg cfg;
	struct conn *conn; /* NULL: none */
	bool connected;    /* the conn is */
	bool up;
	struct timer *timer; /* the next try, HELLO's end, or heartbeats */
	struct beat beat;
	int64_t backoff; /* ns */
	uint64_t seed;   /* of the jitter */
	uint64_t ref;
	uint64_t max_frame;
	struct waiters waiters[BUCKETS];
	size_t nwaiters;
	struct waiter *asking; /* between remote_ask and remote_end */
	struct link_out *out;
	struct link_in *in;
	struct buf to;
	char why[NET_ERR_MAX]; /* it is not up */
};

static mono_t
now_of(const struct remote *r)
{
	return loop_now(r->cfg.loop).mono;
}

/* ns, give or take a quarter: processes that lost the same one do not come back
 * in step. */
static int64_t
jitter(struct remote *r, int64_t ns)
{
	r->seed ^= r->seed << 13;
	r->seed ^= r->seed >> 7;
	r->seed ^= r->seed << 17;
	return ns - ns / 4 + (int64_t)(r->seed % (uint64_t)(ns / 2));
}

static void
try_later(struct remote *r)
{
	timer_set(r->timer, mono_add(now_of(r), jitter(r, r->backoff)));
	r->backoff *= 2;
	if (r->backoff > BACKOFF_MAX)
		r->backoff = BACKOFF_MAX;
}

/* The log hears of a trouble once, not at each try. */
static void
set_trouble(struct remote *r, const char *why)
{
	if (strcmp(r->why, why) == 0)
		return;
	snprintf(r->why, sizeof(r->why), "%s", why);
	log_event(LOG_LEVEL_WARN, "process", NULL, "%s at %s: %s; trying again",
	    r->cfg.name, r->cfg.address, why);
}

/* ---- who waits for answers ---- */

static struct waiters *
bucket(struct remote *r, uint64_t ref)
{
	return &r->waiters[ref & (BUCKETS - 1)];
}

static struct waiter *
find_waiter(struct remote *r, uint64_t ref)
{
	struct waiter *w;

	LIST_FOREACH(w, bucket(r, ref), link)
		if (w->ref == ref)
			return w;
	return NULL;
}

static void
drop_waiter(struct remote *r, struct waiter *w)
{
	LIST_REMOVE(w, link);
	r->nwaiters--;
	free(w);
}

static void
answer(struct remote *r, struct waiter *w, const struct link_msg *m)
{
	remote_fn fn = w->fn;
	void *arg = w->arg;

	drop_waiter(r, w);
	fn(arg, m);
}

static void
answer_all(struct remote *r)
{
	struct waiter *w;
	size_t i;

	for (i = 0; i < BUCKETS && r->nwaiters > 0; i++)
		while ((w = LIST_FIRST(&r->waiters[i])) != NULL)
			answer(r, w, NULL);
}

void
remote_forget(struct remote *r, void *arg)
{
	struct waiter *w, *next;
	size_t i;

	for (i = 0; i < BUCKETS && r->nwaiters > 0; i++)
		for (w = LIST_FIRST(&r->waiters[i]); w != NULL; w = next) {
			next = LIST_NEXT(w, link);
			if (w->arg == arg)
				drop_waiter(r, w);
		}
}

/* ---- messages in ---- */

static void
greeted(struct remote *r, const struct link_msg *m)
{
	char text[NET_ERR_MAX];

	if (strcmp(m->type, "HELLO_ACK") != 0) {
		if (!link_find_str(m->details, "TEXT", text, sizeof(text)))
			snprintf(text, sizeof(text),
			    "HELLO was answered by %.64s", m->type);
		conn_abort(r->conn, text);
		return;
	}
	r->max_frame = link_find_u64(m->details, "MAX_FRAME", LINK_FRAME_MAX);
	beat_start(&r->beat, link_find_u64(m->details, "HEARTBEAT", 0),
	    now_of(r));
	timer_set(r->timer, r->beat.due);
	r->backoff = BACKOFF_MIN;
	r->why[0] = '\0';
	r->up = true;
	log_event(LOG_LEVEL_INFO, "process", NULL, "%s at %s: connected",
	    r->cfg.name, r->cfg.address);
	r->cfg.up(r->cfg.arg, m->details);
}

/* ERROR. Who asks why it is down finds the code in front of the text. */
static void
ended(struct remote *r, const struct link_msg *m)
{
	char why[NET_ERR_MAX], code[32];
	char text[sizeof(why) - sizeof(code) - 2]; /* and ": " */

	if (!link_find_str(m->details, "TEXT", text, sizeof(text)))
		snprintf(text, sizeof(text), "it ends the connection");
	if (!link_find_str(m->details, "CODE", code, sizeof(code)))
		snprintf(code, sizeof(code), "ERROR");
	snprintf(why, sizeof(why), "%s: %s", code, text);
	conn_abort(r->conn, why);
}

static void
take_message(struct remote *r, const struct link_msg *m)
{
	struct waiter *w;

	if (strcmp(m->type, "ERROR") == 0 &&
	    link_find_bool(m->details, "FATAL", false)) {
		ended(r, m);
	} else if (!r->up) {
		greeted(r, m);
	} else if (strcmp(m->type, "HEARTBEAT") == 0) {
		; /* that it came is all */
	} else if ((w = find_waiter(r, m->ref)) != NULL) {
		answer(r, w, m);
	} else if (r->cfg.message != NULL) {
		r->cfg.message(r->cfg.arg, m);
	}
}

static void
on_data(struct conn *conn, void *arg)
{
	struct remote *r = arg;
	const char *p, *why = NULL;
	struct link_msg m;
	int64_t used = 1;
	size_t n, left = FRAMES_PER_WAKE;
	char text[NET_ERR_MAX];

	r->beat.heard = now_of(r);
	while (used > 0 && left-- > 0) {
		n = conn_in(conn, &p); /* none after conn_abort */
		used = link_decode(r->in, p, n, &m, &why);
		if (used > 0) {
			take_message(r, &m);
			n = conn_in(conn, &p);
			conn_eat(conn, n < (size_t)used ? n : (size_t)used);
		}
	}
	if (used > 0) {
		conn_kick(conn);
	} else if (used != FG_EPARTIAL) {
		snprintf(text, sizeof(text), "it sent no frame of "
		    "fixgate-link(7): %s", why == NULL ?
		    fg_strerror((int)used) : why);
		conn_abort(conn, text);
	}
}

/* ---- connecting ---- */

static void
say_hello(struct conn *conn, void *arg)
{
	struct remote *r = arg;
	struct link_out *o;

	(void)conn;
	r->connected = true;
	o = remote_begin(r, "HELLO", remote_ref(r));
	link_map(o, 3 + (r->cfg.heartbeat != 0));
	link_key_u64(o, "VERSION", LINK_VERSION);
	link_key_str(o, "ROLE", r->cfg.role);
	link_key_str(o, "NAME", r->cfg.self);
	if (r->cfg.heartbeat != 0)
		link_key_u64(o, "HEARTBEAT", r->cfg.heartbeat);
	remote_end(r);
	timer_set(r->timer, mono_add(now_of(r), HELLO_NS));
}

static void
on_drained(struct conn *conn, void *arg)
{
	struct remote *r = arg;

	(void)conn;
	if (r->up && r->cfg.drained != NULL)
		r->cfg.drained(r->cfg.arg);
}

static void
on_closed(struct conn *conn, void *arg, const char *why)
{
	struct remote *r = arg;
	bool was_up = r->up;

	(void)conn;
	r->conn = NULL;
	r->connected = r->up = false;
	r->beat.interval = 0;
	set_trouble(r, why);
	try_later(r);
	answer_all(r);
	if (was_up && r->cfg.down != NULL)
		r->cfg.down(r->cfg.arg, why);
}

static const struct conn_ops conn_ops = {
	.data = on_data,
	.drained = on_drained,
	.closed = on_closed,
	.connected = say_hello,
};

/* After conn_connect. */
static void
start_tls(struct remote *r)
{
	char err[NET_ERR_MAX];
	const struct tls *tls;

	if (!r->cfg.at.tls)
		return;
	tls = secure_get(false, err);
	if (tls == NULL)
		conn_abort(r->conn, err);
	else if (conn_start_tls(r->conn, tls, address_is_number(&r->cfg.at) ?
	    NULL : r->cfg.at.host, r->cfg.at.host) != 0)
		conn_abort(r->conn, fg_strerror(FG_ENOMEM));
}

static void
dial(struct remote *r)
{
	static const struct conn_limits limits = {
		.in_max = LINK_FRAME_MAX + FRAME_HEAD + 1,
		.nodelay = true,
	};
	char err[NET_ERR_MAX];

	r->ref = 0;
	r->max_frame = LINK_FRAME_MAX;
	r->conn = conn_connect(r->cfg.loop, r->cfg.at.host, r->cfg.at.port,
	    CONNECT_MS, &limits, &conn_ops, r, err);
	if (r->conn != NULL) {
		start_tls(r);
		return;
	}
	set_trouble(r, err);
	try_later(r);
}

static void
on_timer(void *arg)
{
	struct remote *r = arg;
	struct link_out *o;
	const char *p;

	if (r->conn == NULL) {
		dial(r);
		return;
	}
	if (!r->up) {
		conn_abort(r->conn, "it does not answer HELLO");
		return;
	}
	switch (beat_look(&r->beat, now_of(r),
	    conn_in(r->conn, &p) <= LINK_FRAME_MAX)) {
	case BEAT_NOTHING:
		break;
	case BEAT_SAY:
		o = remote_begin(r, "HEARTBEAT", 0);
		link_map(o, 0);
		remote_end(r);
		break;
	case BEAT_DEAD:
		conn_abort(r->conn, "no heartbeat came");
		return;
	}
	timer_set(r->timer, r->beat.due);
}

bool
remote_is_up(const struct remote *r)
{
	return r->up;
}

const char *
remote_trouble(const struct remote *r)
{
	return r->why;
}

bool
remote_is_full(const struct remote *r)
{
	return r->conn != NULL && conn_is_full(r->conn);
}

void
remote_drop(struct remote *r, const char *why)
{
	if (r->conn != NULL)
		conn_abort(r->conn, why);
}

/* ---- sending ---- */

uint64_t
remote_ref(struct remote *r)
{
	return ++r->ref;
}

struct link_out *
remote_begin(struct remote *r, const char *type, uint64_t ref)
{
	r->to.len = 0;
	link_begin(r->out, &r->to, type, ref);
	return r->out;
}

struct link_out *
remote_ask(struct remote *r, const char *type, remote_fn fn, void *arg,
    uint64_t *ref)
{
	struct waiter *w = malloc(sizeof(*w));

	if (w == NULL)
		return NULL;
	w->ref = remote_ref(r);
	w->fn = fn;
	w->arg = arg;
	r->asking = w;
	if (ref != NULL)
		*ref = w->ref;
	return remote_begin(r, type, w->ref);
}

int
remote_end(struct remote *r)
{
	struct waiter *w = r->asking;
	int err;

	r->asking = NULL;
	err = link_end(r->out);
	if (err == 0 && !r->connected)
		err = FG_ECLOSED;
	if (err == 0 && r->to.len - FRAME_HEAD > r->max_frame)
		err = FG_ELIMIT;
	if (err == 0)
		err = conn_send(r->conn, r->to.p, r->to.len);
	r->beat.said = now_of(r);
	if (w == NULL)
		return err;
	if (err != 0) {
		free(w);
		return err;
	}
	LIST_INSERT_HEAD(bucket(r, w->ref), w, link);
	r->nwaiters++;
	return 0;
}

/* ---- life ---- */

struct remote *
remote_new(const struct remote_cfg *cfg)
{
	struct remote *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->cfg = *cfg;
	r->backoff = BACKOFF_MIN;
	r->seed = (uint64_t)now_of(r).ns ^ (uint64_t)getpid() << 32;
	r->seed |= 1; /* never 0 */
	snprintf(r->why, sizeof(r->why), "not connected yet");
	r->out = link_out_new();
	r->in = link_in_new();
	r->timer = timer_new(cfg->loop, on_timer, r);
	if (r->out != NULL && r->in != NULL && r->timer != NULL) {
		timer_set(r->timer, now_of(r));
		return r;
	}
	remote_free(r);
	return NULL;
}

void
remote_free(struct remote *r)
{
	struct waiter *w;
	size_t i;

	if (r == NULL)
		return;
	if (r->up) {
		link_map(remote_begin(r, "GOODBYE", remote_ref(r)), 0);
		remote_end(r);
	}
	for (i = 0; i < BUCKETS; i++)
		while ((w = LIST_FIRST(&r->waiters[i])) != NULL)
			drop_waiter(r, w);
	if (r->conn != NULL) {
		conn_set_ops(r->conn, NULL, NULL);
		conn_end(r->conn);
	}
	if (r->timer != NULL)
		timer_free(r->timer);
	link_out_free(r->out);
	link_in_free(r->in);
	buf_free(&r->to);
	free(r);
}
