/* ends.c: the world of the tests of links. */
#include "ends.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GIVE_UP_MS 120000

struct ends ends;

/* ---- the serving end ---- */

static void
handle_echo(const struct server_ask *a)
{
	link_map(server_answer(a, "ECHO_ACK"), 0);
	server_done(a->conn);
}

static void
handle_later(const struct server_ask *a)
{
	server_hold(a->conn);
	ends.later = a->conn;
	ends.later_ref = a->ref;
}

static const struct server_request requests[] = {
	{ "ECHO", handle_echo, SERVER_READS },
	{ "EVENT_X", handle_echo, 0 },
	{ "LATER", handle_later, SERVER_READS },
	{ "STORE", handle_echo, SERVER_WAITS },
};

static enum server_busy
is_busy(void *arg)
{
	(void)arg;
	return ends.busy;
}

static void
put_rows(struct server_conn *sc, size_t bytes)
{
	static const char block[60000];
	struct link_out *o;

	ends.nfed++;
	o = server_begin(ends.server, "ROWS", 77);
	link_map(o, 1);
	link_str(o, "B");
	link_bin(o, block, bytes);
	server_done(sc);
}

static bool
feed(void *arg, struct server_conn *sc)
{
	(void)arg;
	while (ends.flood && !server_is_full(sc))
		put_rows(sc, 60000);
	if (ends.pushes == 0)
		return false;
	put_rows(sc, 1);
	return --ends.pushes > 0;
}

static void
closed(void *arg, struct server_conn *sc)
{
	(void)arg;
	ck_assert(!server_is_open(sc));
	ends.nclosed++;
}

static void
put_more(void *arg, struct link_out *o)
{
	(void)arg;
	link_key_str(o, "MORE", "yes");
}

void
serve(bool read_only)
{
	struct server_cfg cfg = { .loop = ends.loop, .kind = "test",
		.name = "TEST",
		.program = "test 1", .request = requests, .nrequest = 4,
		.nhello = 1, .hello = put_more, .busy = is_busy, .feed = feed,
		.closed = closed };
	char err[NET_ERR_MAX];

	ends.server = server_new(&cfg);
	ck_assert_ptr_nonnull(ends.server);
	ck_assert_int_eq(0, server_listen_unix(ends.server, ends.path, 0600,
	    read_only, err));
}

/* ---- the asking end ---- */

static void
up(void *arg, const struct link_val *hello)
{
	char more[8];

	(void)arg;
	ends.nup++;
	ck_assert(link_find_str(hello, "MORE", more, sizeof(more)));
	ck_assert_str_eq("yes", more);
}

static void
down(void *arg, const char *why)
{
	(void)arg;
	(void)why;
	ends.ndown++;
}

static void
keep(const struct link_msg *m)
{
	snprintf(ends.last, sizeof(ends.last), "%s", m->type);
	ends.last_ref = m->ref;
	if (!link_find_str(m->details, "TEXT", ends.text, sizeof(ends.text)))
		ends.text[0] = '\0';
}

static void
message(void *arg, const struct link_msg *m)
{
	(void)arg;
	ends.nmessages++;
	keep(m);
}

void
answered(void *arg, const struct link_msg *m)
{
	(void)arg;
	if (m == NULL) {
		ends.nlost++;
		return;
	}
	ends.nanswers++;
	keep(m);
}

void
dial(unsigned heartbeat)
{
	struct remote_cfg cfg = { .loop = ends.loop, .name = "TEST",
		.address = ends.address, .self = "me", .role = "test",
		.heartbeat = heartbeat, .up = up, .down = down,
		.message = message };
	char err[ADDRESS_ERR_MAX];

	ck_assert_int_eq(0, address_parse(&cfg.at, ends.address, err));
	ends.remote = remote_new(&cfg);
	ck_assert_ptr_nonnull(ends.remote);
}

void
ask(const char *type)
{
	link_map(remote_ask(ends.remote, type, answered, NULL, NULL), 0);
	ck_assert_int_eq(0, remote_end(ends.remote));
}

/* ---- the loop ---- */

static bool (*condition)(void);
static bool late;

static void
look(void *arg)
{
	(void)arg;
	if (condition())
		loop_stop(ends.loop);
}

static void
give_up(void *arg)
{
	(void)arg;
	late = true;
	loop_stop(ends.loop);
}

void
run_until(bool (*cond)(void))
{
	struct timer *t = timer_new(ends.loop, give_up, NULL);

	late = false;
	condition = cond;
	timer_set(t, mono_add(loop_now(ends.loop).mono,
	    GIVE_UP_MS * NS_PER_MS));
	loop_on_end(ends.loop, look, NULL);
	loop_run(ends.loop);
	loop_on_end(ends.loop, NULL, NULL);
	timer_free(t);
	ck_assert_msg(!late, "nothing happened for %d ms", GIVE_UP_MS);
}

bool
has_answers(void)
{
	return ends.nanswers >= ends.wanted;
}

bool
has_messages(void)
{
	return ends.nmessages >= ends.wanted;
}

bool
is_up(void)
{
	return ends.nup >= ends.wanted;
}

bool
is_down(void)
{
	return ends.ndown >= ends.wanted;
}

bool
all_closed(void)
{
	return ends.nclosed >= ends.wanted;
}

bool
is_asked_later(void)
{
	return ends.later != NULL;
}


void
setup(void)
{
	strcpy(ends.dir, "fglinkXXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(ends.dir));
	snprintf(ends.path, sizeof(ends.path), "%s/s", ends.dir);
	snprintf(ends.address, sizeof(ends.address), "unix:%s", ends.path);
	ends.loop = loop_new();
	ck_assert_ptr_nonnull(ends.loop);
	ends.server = NULL;
	ends.remote = NULL;
	ends.wanted = 1;
}

void
teardown(void)
{
	remote_free(ends.remote);
	server_free(ends.server);
	loop_free(ends.loop);
	unlink(ends.path);
	rmdir(ends.dir);
}

void
connect_both(unsigned heartbeat)
{
	serve(false);
	dial(heartbeat);
	run_until(is_up);
	ck_assert(remote_is_up(ends.remote));
	ck_assert_str_eq("", remote_trouble(ends.remote));
}

/* ---- a connection that says whatever it is told ---- */
static void
raw_data(struct conn *c, void *arg)
{
	const char *p;
	size_t n = conn_in(c, &p);

	(void)arg;
	if (n > sizeof(ends.raw_got) - ends.raw_len)
		n = sizeof(ends.raw_got) - ends.raw_len;
	memcpy(ends.raw_got + ends.raw_len, p, n);
	ends.raw_len += n;
	conn_eat(c, n);
}

static void
raw_connected(struct conn *c, void *arg)
{
	(void)arg;
	ck_assert_int_eq(0, conn_send(c, ends.raw_say, ends.raw_nsay));
}

static void
raw_is_closed(struct conn *c, void *arg, const char *why)
{
	(void)c;
	(void)arg;
	(void)why;
	ends.raw_closed++;
}

bool
raw_said(const char *what)
{
	return memmem(ends.raw_got, ends.raw_len, what, strlen(what)) != NULL;
}

const struct conn_ops raw_ops = { .data = raw_data,
	.closed = raw_is_closed, .connected = raw_connected };

struct conn *
raw(const void *say, size_t n)
{
	char err[NET_ERR_MAX];
	struct conn *c;

	ends.raw_len = 0;
	ends.raw_closed = 0;
	ends.raw_say = say;
	ends.raw_nsay = n;
	c = conn_connect(ends.loop, ends.path, 0, GIVE_UP_MS, NULL, &raw_ops,
	    NULL, err);
	ck_assert_msg(c != NULL, "%s", err);
	return c;
}

bool
is_raw_closed(void)
{
	return ends.raw_closed > 0 && ends.nclosed > 0;
}

void
hello(struct buf *b, uint64_t version, unsigned heartbeat)
{
	struct link_out *o = link_out_new();

	link_begin(o, b, "HELLO", 1);
	link_map(o, 2);
	link_key_u64(o, "VERSION", version);
	link_key_u64(o, "HEARTBEAT", heartbeat);
	ck_assert_int_eq(0, link_end(o));
	link_out_free(o);
}
