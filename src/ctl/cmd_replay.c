/*
 * cmd_replay.c: `replay`: application messages of FIX_IN or FIX_OUT once more,
 * as new messages of a session of another gateway. They go out a group at a
 * time: the next one when each of the group has its answer.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/now.h"
#include "ctl/ctl.h"
#include "ctl/progress.h"
#include "ctl/query.h"
#include "fix/msg.h"

#define GROUP      64
#define FIELDS_MAX 4096
#define UUID_CHARS 36

#define TAG_POSS_DUP_FLAG     43
#define TAG_ORIG_SENDING_TIME 122

struct replay {
	struct ctl to; /* the gateway that gets them */
	const char *session;
	struct ctl_sent done;
	uint64_t from[GROUP], ref[GROUP]; /* rows of the group */
	size_t n;
	struct fix_field *field;
	struct buf body;
};

/* Whose store it is: the SOURCE of its tables begins with its UUID. */
static int
store_of(struct ctl *c, char uuid[UUID_CHARS + 1])
{
	struct link_out *o = wire_begin(c->wire, "TABLES", NULL);
	const struct link_val *tables;
	struct link_msg m;
	char source[256];
	int code;

	link_map(o, 1);
	link_key_str(o, "TABLE", "FIX_IN");
	code = ctl_ask(c, "TABLES_ACK", &m);
	if (code != CTL_OK)
		return code;
	tables = link_find(m.details, "TABLES");
	if (tables == NULL || link_count(tables) != 1 ||
	    !link_find_str(link_at(tables, 0), "SOURCE", source,
		sizeof(source)) || strlen(source) < UUID_CHARS) {
		ctl_complain("%s does not say which store it has",
		    wire_peer(c->wire));
		return CTL_NO_GATEWAY;
	}
	memcpy(uuid, source, UUID_CHARS);
	uuid[UUID_CHARS] = '\0';
	return CTL_OK;
}

/* Connect to where they go; into the gateway that they are of only if that was
 * said: it would be a second order. */
static int
open_target(struct replay *p, struct ctl *c, const char *address, bool same)
{
	char err[WIRE_ERR_MAX], ours[UUID_CHARS + 1], theirs[UUID_CHARS + 1];
	int code = ctl_connect(c);

	if (code == CTL_OK)
		code = store_of(c, ours);
	if (code != CTL_OK)
		return code;
	p->to = *c;
	p->to.wire = address == NULL ? wire_open(c->socket, err)
	    : wire_open_process(address, "fixgated", err);
	if (p->to.wire == NULL) {
		ctl_complain("%s", err);
		return CTL_NO_GATEWAY;
	}
	code = store_of(&p->to, theirs);
	if (code != CTL_OK || same || strcmp(ours, theirs) != 0)
		return code;
	ctl_complain("these messages are of this very gateway: they would be "
	    "sent to the counterparty once more; name a test gateway with "
	    "--process ADDRESS, or add --same if that is what you want");
	return CTL_REFUSED;
}

/* The message without what says that it was a repetition. */
static int
body_of(struct replay *p, const char *data, size_t n)
{
	struct fix_msg m = { .field = p->field, .cap = FIELDS_MAX };
	const struct fix_field *f;
	size_t at = 0, end;
	uint32_t i;
	int err = 0;

	p->body.len = 0;
	fix_parse(&m, data, n, NULL);
	for (i = 0; i < m.nfield && err == 0; i++) {
		f = &m.field[i];
		end = f->off + f->len + 1 < n ? f->off + f->len + 1 : n;
		if (f->tag != TAG_POSS_DUP_FLAG &&
		    f->tag != TAG_ORIG_SENDING_TIME)
			err = buf_add(&p->body, data + at, end - at);
		at = end;
	}
	return err;
}

static int
send_row(struct replay *p, const struct row *r)
{
	struct link_out *o;
	const char *data;
	size_t n;

	if (!link_get_str(row_get(r, "FIX_DATA"), &data, &n))
		return CTL_OK;
	if (body_of(p, data, n) != 0) {
		ctl_complain("%s", fg_strerror(FG_ENOMEM));
		return CTL_NO_GATEWAY;
	}
	p->from[p->n] = query_sequence(r);
	o = wire_begin(p->to.wire, "EVENT_FIX_SEND", &p->ref[p->n]);
	link_map(o, 2);
	link_key_str(o, "SESSION", p->session);
	link_str(o, "FIX_DATA");
	link_bin(o, p->body.p, p->body.len);
	p->n++;
	return wire_end(p->to.wire) == 0 ? CTL_OK : ctl_lost(p->to.wire);
}

static void
count(struct replay *p, const struct link_msg *m)
{
	uint64_t tx = link_find_u64(m->details, "TX_SEQUENCE", 0);

	if (link_find_bool(m->details, "PENDING", false)) {
		p->done.pending++;
		return;
	}
	p->done.sent++;
	if (p->done.first == 0)
		p->done.first = tx;
	p->done.last = tx;
}

static size_t
row_of(const struct replay *p, uint64_t ref)
{
	size_t i;

	for (i = 0; i < p->n && p->ref[i] != ref; i++)
		;
	return i;
}

/* The answers of the group. */
static int
settle(struct replay *p)
{
	struct link_msg m;
	size_t left, i;
	int code = CTL_OK;

	for (left = p->n; left > 0; left--) {
		if (wire_recv(p->to.wire, &m) != 0)
			return ctl_lost(p->to.wire);
		i = row_of(p, m.ref);
		if (strcmp(m.type, "EVENT_ACK") == 0) {
			count(p, &m);
			continue;
		}
		p->done.refused++;
		if (i < p->n)
			ctl_complain("row %" PRIu64 ":", p->from[i]);
		if (ctl_refusal(&m) == CTL_OK || i == p->n)
			return CTL_NO_GATEWAY;
		code = CTL_REFUSED;
	}
	p->n = 0;
	return code;
}

static int
send_all(struct replay *p, struct query_table *t)
{
	struct row r;
	int code = CTL_OK, got = 0;

	while (code == CTL_OK && (got = query_next(t, &r)) == 1) {
		code = send_row(p, &r);
		if (code == CTL_OK && p->n == GROUP)
			code = settle(p);
		progress_at(query_done(t));
	}
	if (code == CTL_OK && p->n > 0)
		code = settle(p);
	return code != CTL_OK ? code : got == -1 ? query_code(t) : CTL_OK;
}

static int
run(struct replay *p, struct ctl *c, const struct query *q, const char *table,
    uint64_t after)
{
	struct query_table *t = query_open(c, q, table, after);
	mono_t start = mono_now();
	int code;

	p->field = calloc(FIELDS_MAX, sizeof(*p->field));
	if (t == NULL || p->field == NULL) {
		ctl_complain("%s", fg_strerror(FG_ENOMEM));
		query_close(t);
		return CTL_NO_GATEWAY;
	}
	progress_begin("replay", "rows", 0);
	code = send_all(p, t);
	progress_end();
	query_close(t);
	p->done.seconds = seconds_since(start);
	c->out->sent(stdout, &p->done);
	return code;
}

int
cmd_replay(struct ctl *c, int argc, char **argv)
{
	struct query q = { .no_admin = true };
	struct replay p = { .session = NULL };
	struct opt_number after = { 0 };
	const char *address = NULL, *why;
	bool same = false;
	struct opt opts[QUERY_OPTS + 4] = {
		[QUERY_OPTS] = { "--to", OPT_TEXT, &p.session },
		{ "--process", OPT_TEXT, &address },
		{ "--after", OPT_NUMBER, &after },
		{ "--same", OPT_FLAG, &same } };
	char err[OPT_ERR_MAX];
	int code;

	query_opts(&q, opts);
	argc = opt_parse(opts, QUERY_OPTS + 4, argc, argv, err);
	if (argc != 1)
		return ctl_usage("replay", argc == -1 ? err :
		    "exactly one TABLE is needed");
	why = query_times(&q);
	if (why == NULL && p.session == NULL)
		why = "--to SESSION is needed";
	if (why == NULL && strcmp(argv[0], "FIX_IN") != 0 &&
	    strcmp(argv[0], "FIX_OUT") != 0)
		why = "TABLE must be FIX_IN or FIX_OUT";
	if (why != NULL)
		return ctl_usage("replay", why);
	code = open_target(&p, c, address, same);
	if (code == CTL_OK)
		code = run(&p, c, &q, argv[0], after.v);
	wire_close(p.to.wire);
	free(p.field);
	buf_free(&p.body);
	return code;
}
