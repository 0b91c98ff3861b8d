#include "gateway/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon/secure.h"
#include "gateway/control_int.h"
#include "gateway/job.h"
#include "gateway/quarantine.h"
#include "log/log.h"

#define MODE_RESTRICTED 0666

static const struct server_request requests[] = {
	{ "ARCHIVE", control_archive, 0 },
	{ "BACKUP", control_backup, 0 },
	{ "CREDIT", control_credit, SERVER_READS },
	{ "CURSOR_CLEAR", control_cursor_clear, SERVER_WAITS },
	{ "CURSOR_GET", control_cursor_get, SERVER_WAITS },
	{ "CURSOR_LIST", control_cursor_list, SERVER_READS },
	{ "CURSOR_PUT", control_cursor_put, SERVER_WAITS },
	{ "DICT_GET", control_dict_get, SERVER_READS },
	{ "EVENT_FIX_SEND", control_fix_send, SERVER_WAITS },
	{ "EVENT_PARK", control_event_park, SERVER_WAITS },
	{ "EVENT_TABLE_INSERT", control_table_insert, SERVER_WAITS },
	{ "HALT", control_halt, SERVER_WAITS },
	{ "LANE_OPEN", control_lane_open, SERVER_WAITS },
	{ "QUARANTINE_DONE", control_quarantine_done, SERVER_WAITS },
	{ "QUARANTINE_DROP", control_quarantine_drop, SERVER_WAITS },
	{ "QUARANTINE_LIST", control_quarantine_list, SERVER_READS },
	{ "QUARANTINE_PENDING", control_quarantine_pending, SERVER_READS },
	{ "QUARANTINE_RETRY", control_quarantine_retry, SERVER_WAITS },
	{ "READ", control_read, SERVER_READS },
	{ "RELOAD", control_reload, SERVER_WAITS },
	{ "RESUME", control_resume, SERVER_WAITS },
	{ "SESSIONS", control_sessions, SERVER_READS },
	{ "SESSION_CREATE", control_session_create, SERVER_WAITS },
	{ "SESSION_DELETE", control_session_delete, SERVER_WAITS },
	{ "SESSION_DISABLE", control_session_disable, SERVER_WAITS },
	{ "SESSION_ENABLE", control_session_enable, SERVER_WAITS },
	{ "SESSION_RESET", control_session_reset, SERVER_WAITS },
	{ "SESSION_SCHEDULE", control_session_schedule, SERVER_READS },
	{ "SESSION_SEQ", control_session_seq, SERVER_WAITS },
	{ "SESSION_START", control_session_start, SERVER_WAITS },
	{ "SESSION_STOP", control_session_stop, SERVER_WAITS },
	{ "STATUS", control_status, SERVER_READS },
	{ "TABLES", control_tables, SERVER_READS },
	{ "TAIL", control_tail, SERVER_READS },
	{ "UNTAIL", control_untail, SERVER_READS },
	{ "USER_LIST", control_user_list, 0 },
	{ "USER_REMOVE", control_user_remove, SERVER_WAITS },
	{ "USER_SET", control_user_set, SERVER_WAITS },
	{ "VERIFY", control_verify, SERVER_READS },
};

struct fgsess *
control_session(const struct server_ask *a)
{
	char name[CONTROL_NAME_MAX];
	struct fgsess *fs;

	if (!link_find_str(a->details, "SESSION", name, sizeof(name))) {
		server_nack(a, "BAD_REQUEST", false, "SESSION is missing");
		return NULL;
	}
	fs = driver_by_name(control_of(a)->g->driver, name);
	if (fs == NULL)
		server_nack(a, "NO_SESSION", false, "there is no session %s; "
		    "`fixgatectl session show` lists them", name);
	return fs;
}

bool
control_may(const struct server_ask *a, enum right right, const char *name)
{
	char text[ROLES_ERR_MAX];

	if (roles_ask(control_of(a)->rights, a->conn, a->type, right, name,
	    text))
		return true;
	server_nack(a, "NO_RIGHT", false, "%s", text);
	return false;
}

/* What is not here needs RIGHT_ANY if it reads, else RIGHT_OPERATE. Which
 * table or session it is about, its handler looks at. */
static const struct {
	const char *type;
	enum right right;
} needs[] = {
	{ "CURSOR_GET", RIGHT_READ },
	{ "CURSOR_PUT", RIGHT_READ },
	{ "EVENT_FIX_SEND", RIGHT_FEED },
	{ "EVENT_PARK", RIGHT_CONSUME },
	{ "EVENT_TABLE_INSERT", RIGHT_FEED },
	{ "LANE_OPEN", RIGHT_FEED },
	{ "QUARANTINE_DONE", RIGHT_CONSUME },
	{ "QUARANTINE_PENDING", RIGHT_CONSUME },
	{ "READ", RIGHT_READ },
	{ "TAIL", RIGHT_READ },
};

static bool
may(const struct server_ask *a, const struct server_request *r)
{
	size_t i;

	for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (strcmp(needs[i].type, r->type) == 0)
			return control_may(a, needs[i].right, "");
	return control_may(a, (r->flags & SERVER_READS) != 0 ? RIGHT_ANY :
	    RIGHT_OPERATE, "");
}

void
control_who(const struct server_ask *a, const char *reason, char *out,
    size_t cap)
{
	char text[SERVER_NAME_MAX + NET_ERR_MAX + 256 + 32];
	const char *name = server_client(a->conn);

	if (name[0] == '\0')
		name = "control";
	if (server_certificate(a->conn) != NULL)
		snprintf(text, sizeof(text), "%s (%s): %s", name,
		    server_certificate(a->conn), reason);
	else
		snprintf(text, sizeof(text), "%s (uid %ld): %s", name,
		    server_uid(a->conn), reason);
	log_escape(out, cap, text, strlen(text)); /* it is logged, too */
}

void
control_who_why(const struct server_ask *a, const char *otherwise, char *out,
    size_t cap)
{
	char reason[256];

	if (!link_find_str(a->details, "REASON", reason, sizeof(reason)) ||
	    reason[0] == '\0')
		snprintf(reason, sizeof(reason), "%s", otherwise);
	control_who(a, reason, out, cap);
}

void
control_note(const struct server_ask *a, struct fgsess *fs,
    enum sess_event ev, const char *what, const char *otherwise)
{
	struct driver *d = control_of(a)->g->driver;
	char who[512], raw[1024], text[1024];

	control_who_why(a, otherwise, who, sizeof(who));
	snprintf(raw, sizeof(raw), "%.500s: %s", what, who);
	log_escape(text, sizeof(text), raw, strlen(raw));
	if (fs != NULL)
		driver_event(d, fs, ev, text);
	else
		driver_event_gateway(d, ev, text);
}

struct control_later *
control_later(const struct server_ask *a, const struct fgsess *fs,
    const char *text)
{
	struct control_later *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->conn = a->conn;
	server_hold(l->conn);
	l->type = a->type;
	l->ref = a->ref;
	l->name = fs->name;
	l->text = text;
	return l;
}

void
control_later_free(struct control_later *l)
{
	server_release(l->conn);
	free(l->note);
	free(l);
}

static void
put_hello(void *arg, struct link_out *o)
{
	struct control *c = arg;

	link_key_str(o, "STORE_UUID", store_uuid(c->g->store));
}

/* Of the disk. */
static enum server_busy
busy(void *arg)
{
	struct control *c = arg;

	if (driver_is_stalled(c->g->driver))
		return SERVER_STALLED;
	return driver_is_full(c->g->driver) ? SERVER_SOON : SERVER_READY;
}

static void
closed(void *arg, struct server_conn *sc)
{
	struct control *c = arg;

	lane_leave(c->g->driver, sc);
	jobs_closed(c->g->jobs, sc);
	control_closed(c, sc);
}

static int
listen_on(struct control *c, enum conf_key key, unsigned mode, bool read_only,
    char err[NET_ERR_MAX])
{
	const char *path = conf_path(conf_gateway(c->g->conf), key);

	return path == NULL ? 0
	    : server_listen_unix(c->server, path, mode, read_only, err);
}

/* LinkListen, and the certificates that it needs. */
static int
link_address(const struct conf_section *sec, unsigned i, struct address *a,
    char err[NET_ERR_MAX])
{
	const char *text = conf_str_at(sec, CONF_LinkListen, i);
	char why[ADDRESS_ERR_MAX];

	if (address_parse(a, text, why) != 0) {
		snprintf(err, NET_ERR_MAX, "LinkListen: %.200s", why);
		return FG_EINVAL;
	}
	if (!address_is_guarded(a)) {
		snprintf(err, NET_ERR_MAX, "LinkListen=%.60s can be reached "
		    "from other machines, where everybody could send orders: "
		    "write tls:HOST:PORT, or an address of this machine only",
		    text);
		return FG_EINVAL;
	}
	if (conf_path(sec, CONF_LinkCertificates) != NULL)
		secure_folder(conf_path(sec, CONF_LinkCertificates));
	if (!a->tls || secure_get(true, why) != NULL)
		return 0;
	snprintf(err, NET_ERR_MAX, "LinkListen=%.60s: %.180s", text, why);
	return FG_EINVAL;
}

int
control_check(const struct conf *conf, char err[NET_ERR_MAX])
{
	const struct conf_section *sec = conf_gateway(conf);
	struct address a;
	unsigned i;
	int e = 0;

	for (i = 0; e == 0 && conf_str_at(sec, CONF_LinkListen, i); i++)
		e = link_address(sec, i, &a, err);
	return e;
}

static int
listen_links(struct control *c, char err[NET_ERR_MAX])
{
	const struct conf_section *sec = conf_gateway(c->g->conf);
	struct address a;
	unsigned i;
	int e = 0;

	for (i = 0; e == 0 && conf_str_at(sec, CONF_LinkListen, i); i++) {
		e = link_address(sec, i, &a, err);
		if (e == 0)
			e = server_listen(c->server, &a, err);
		if (e == 0)
			log_event(LOG_LEVEL_INFO, "listening", NULL,
			    "LinkListen=%s: listening",
			    conf_str_at(sec, CONF_LinkListen, i));
	}
	return e;
}

/* On the feeder's thread. */
static void
rows_made(void *arg)
{
	struct gateway *g = arg;

	loop_wake(g->loop);
}

int
control_open(struct control **out, struct gateway *g, char err[NET_ERR_MAX])
{
	struct control *c = calloc(1, sizeof(*c));
	const struct server_cfg cfg = {
		.loop = g->loop,
		.kind = "gateway",
		.name = "GATEWAY",
		.program = "fixgated " PACKAGE_VERSION,
		.request = requests,
		.nrequest = sizeof(requests) / sizeof(requests[0]),
		.nhello = 1,
		.hello = put_hello,
		.busy = busy,
		.may = may,
		.feed = control_feed,
		.closed = closed,
		.arg = c,
	};
	int e = FG_ENOMEM;

	*out = NULL;
	snprintf(err, NET_ERR_MAX, "%s", fg_strerror(FG_ENOMEM));
	if (c == NULL)
		return FG_ENOMEM;
	c->g = g;
	c->quarantine = quarantine_new(g->driver);
	c->rights = rights_new(g->conf);
	c->server = server_new(&cfg);
	c->feeder = feeder_new(g->store, g->tables, rows_made, g);
	if (c->feeder != NULL)
		feeder_use_index(c->feeder, g->index);
	if (c->server == NULL || c->feeder == NULL ||
	    c->quarantine == NULL || c->rights == NULL)
		goto fail;
	e = listen_on(c, CONF_ControlSocket, SERVER_MODE, false, err);
	if (e == 0)
		e = listen_on(c, CONF_ReadOnlyControlSocket, MODE_RESTRICTED,
		    true, err);
	if (e == 0)
		e = listen_links(c, err);
	if (e != 0)
		goto fail;
	*out = c;
	return 0;
fail:
	control_free(c);
	return e;
}

void
control_visible(struct control *c)
{
	if (c != NULL)
		server_push(c->server);
}

static void
on_rows(void *arg, const struct feeder_job *j)
{
	if (j->serial == 0)
		control_read_done(j);
	else
		control_tail_done(arg, j);
	server_release(j->owner);
}

void
control_wake(struct control *c)
{
	if (c != NULL)
		feeder_take(c->feeder, on_rows, c);
}

void
control_settle(struct control *c, struct conf *conf)
{
	if (rights_settle(c->rights, conf) != 0)
		log_event(LOG_LEVEL_ERROR, "role", NULL, "no memory for the "
		    "roles: the old ones hold");
	control_tails_look(c);
}

void
control_free(struct control *c)
{
	if (c == NULL)
		return;
	server_free(c->server);
	if (c->feeder != NULL) {
		feeder_stop(c->feeder);
		control_wake(c);
		feeder_free(c->feeder);
	}
	quarantine_free(c->quarantine);
	roles_free(c->rights);
	consumers_free(&c->consumers);
	buf_free(&c->scratch);
	fields_free(&c->fields);
	free(c);
}
