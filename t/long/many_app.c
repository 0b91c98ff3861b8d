/* many_app.c: the application: a report for each order, over the link. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "link/link.h"
#include "many.h"

#define CREDIT 100000 /* rows */

const char app_is_there;

static struct {
	int fd;
	struct buf out, in;
	struct link_out *to;
	struct link_in *from;
	uint64_t credit;
} app;

static struct link_out *
app_begin(const char *type, uint64_t ref)
{
	link_begin(app.to, &app.out, type, ref);
	return app.to;
}

static void
app_flush(void)
{
	ssize_t n = 0;

	if (app.out.len > 0)
		n = write(app.fd, app.out.p, app.out.len);
	if (n == -1 && errno != EAGAIN)
		err(1, "write to the gateway's socket");
	if (n > 0) {
		app.out.len -= (size_t)n;
		memmove(app.out.p, app.out.p + n, app.out.len);
	}
	watch(app.fd, EPOLLIN | (app.out.len > 0 ? EPOLLOUT : 0), (void *)&app_is_there,
	    EPOLL_CTL_MOD);
}

static void
app_report(const char *session, const char *id)
{
	struct link_out *o = app_begin("EVENT_FIX_SEND", 1);
	char body[256];

	snprintf(body, sizeof(body), "37=G%s\00111=%s\00117=E%s\001150=0\001"
	    "39=0\00155=IBM\00154=1\00138=100\001151=100\00114=0\0016=0\001",
	    id, id, id);
	link_map(o, 3);
	link_key_str(o, "SESSION", session);
	link_key_str(o, "MSG_TYPE", "8");
	link_key_str(o, "FIX_DATA", body);
	if (link_end(o) != 0)
		errx(1, "no memory");
}

static void
app_row(const struct link_val *row, size_t session, size_t data)
{
	char name[64], msg[MANY_MSG], id[64];
	unsigned long number;
	const char *p;
	unsigned who;
	size_t n;

	if (!link_get_str(link_at(row, session), &p, &n) || n >= sizeof(name))
		errx(1, "a row without its session");
	snprintf(name, sizeof(name), "%.*s", (int)n, p);
	if (!link_get_str(link_at(row, data), &p, &n) || n >= sizeof(msg))
		errx(1, "%s: a row without its message", name);
	snprintf(msg, sizeof(msg), "%.*s", (int)n, p);
	if (field(msg, "11", id) == NULL ||
	    sscanf(id, "%u-%lu-", &who, &number) != 2 || who >= count)
		errx(1, "%s: no order: %s", name, msg);
	if (number != ++peers[who].seen)
		errx(1, "P%u: order %lu in FIX_IN, where %lu was expected",
		    who, number, peers[who].seen);
	app_report(name, id);
}

static size_t
column(const struct link_val *d, const char *name)
{
	const struct link_val *list = link_find(d, "COLUMNS");
	const char *p;
	size_t i, n;

	for (i = 0; list != NULL && i < link_count(list); i++)
		if (link_get_str(link_at(link_at(list, i), 0), &p, &n) &&
		    n == strlen(name) && memcmp(p, name, n) == 0)
			return i;
	errx(1, "FIX_IN has no column %s", name);
}

static void
app_rows(const struct link_msg *m)
{
	const struct link_val *rows = link_find(m->details, "ROWS");
	size_t i, n = rows == NULL ? 0 : link_count(rows), session, data;
	struct link_out *o;

	if (n == 0)
		return;
	session = column(m->details, "CONNECTION_NAME");
	data = column(m->details, "FIX_DATA");
	for (i = 0; i < n; i++)
		app_row(link_at(rows, i), session, data);
	app.credit += n;
	if (app.credit < CREDIT / 2)
		return;
	o = app_begin("CREDIT", 2);
	link_map(o, 1);
	link_key_u64(o, "ROWS", app.credit);
	app.credit = 0;
	if (link_end(o) != 0)
		errx(1, "no memory");
}

static void
app_msg(const struct link_msg *m)
{
	char text[256] = "";

	if (strcmp(m->type, "ROWS") == 0) {
		app_rows(m);
	} else if (strcmp(m->type, "EVENT_ACK") == 0) {
		if (link_find(m->details, "PENDING") != NULL)
			errx(1, "a report waits for a logon");
		sum.acks++;
	} else if (strcmp(m->type, "HELLO_ACK") != 0 &&
	    strcmp(m->type, "TAIL_ACK") != 0) {
		link_find_str(m->details, "TEXT", text, sizeof(text));
		errx(1, "the gateway said %s: %s", m->type, text);
	}
}

void
on_app(void)
{
	const char *why = NULL;
	struct link_msg m;
	size_t at = 0;
	int64_t used;
	ssize_t n;

	if (buf_reserve(&app.in, 1 << 20) != 0)
		errx(1, "no memory");
	n = read(app.fd, app.in.p + app.in.len, 1 << 20);
	if (n == 0 || (n == -1 && errno != EAGAIN))
		errx(1, "the gateway closed the application's connection");
	if (n > 0)
		app.in.len += (size_t)n;
	while ((used = link_decode(app.from, app.in.p + at, app.in.len - at, &m,
		    &why)) > 0) {
		app_msg(&m);
		at += (size_t)used;
	}
	if (used != FG_EPARTIAL)
		errx(1, "from the gateway: %s", why);
	app.in.len -= at;
	memmove(app.in.p, app.in.p + at, app.in.len);
	app_flush();
}

void
app_open(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct link_out *o;

	app.to = link_out_new();
	app.from = link_in_new();
	app.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (app.to == NULL || app.from == NULL || app.fd == -1 ||
	    strlen(path) >= sizeof(sun.sun_path))
		errx(1, "%s", path);
	memcpy(sun.sun_path, path, strlen(path) + 1);
	if (connect(app.fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(1, "%s", path);
	fcntl(app.fd, F_SETFL, O_NONBLOCK);
	watch(app.fd, EPOLLIN, (void *)&app_is_there, EPOLL_CTL_ADD);
	o = app_begin("HELLO", 1);
	link_map(o, 3);
	link_key_u64(o, "VERSION", LINK_VERSION);
	link_key_str(o, "ROLE", "application");
	link_key_str(o, "NAME", "many");
	if (link_end(o) != 0)
		errx(1, "no memory");
	o = app_begin("TAIL", 2);
	link_map(o, 4);
	link_key_str(o, "TABLE", "FIX_IN");
	link_key_str(o, "FROM", "beginning");
	link_key_bool(o, "ADMIN", false);
	link_key_u64(o, "CREDIT", CREDIT);
	if (link_end(o) != 0)
		errx(1, "no memory");
	app_flush();
}

void
app_close(void)
{
	close(app.fd);
	link_out_free(app.to);
	link_in_free(app.from);
	buf_free(&app.in);
	buf_free(&app.out);
}
