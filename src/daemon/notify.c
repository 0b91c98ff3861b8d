/*
 * notify.c: what sd_notify(3) does: one datagram "READY=1" or "STOPPING=1" to
 * the unix socket named by $NOTIFY_SOCKET; '@' begins an abstract name. Twenty
 * lines against a library to link with. And its watchdog: WATCHDOG=1 twice in
 * each $WATCHDOG_USEC, from the loop, so that a loop that is stuck says
 * nothing.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/num.h"
#include "log/log.h"
#include "net/net.h"

struct alive {
	struct loop *loop;
	struct timer *timer;
	int64_t every; /* ns */
};

static void
notify(const char *state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	socklen_t len;
	int fd;

	if (path == NULL || path[0] == '\0')
		return;
	if (strlen(path) >= sizeof(un.sun_path)) {
		log_event(LOG_LEVEL_WARN, "notify", NULL, "NOTIFY_SOCKET: the "
		    "path is too long");
		return;
	}
	memcpy(un.sun_path, path, strlen(path));
	if (path[0] == '@')
		un.sun_path[0] = '\0';
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path)
	    + strlen(path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1
	    || sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	           (struct sockaddr *)&un, len) == -1)
		log_event(LOG_LEVEL_WARN, "notify", NULL, "NOTIFY_SOCKET %s: "
		    "%s", path, strerror(errno));
	if (fd != -1)
		close(fd);
}

void
daemon_ready(void)
{
	notify("READY=1");
}

void
daemon_stopping(void)
{
	notify("STOPPING=1");
}

/* A number out of the environment; 0: none. */
static uint64_t
number_of(const char *name)
{
	const char *text = getenv(name);
	uint64_t v;

	if (text == NULL || num_parse_u64(text, strlen(text), &v) != 0)
		return 0;
	return v;
}

static void
say_alive(void *arg)
{
	struct alive *w = arg;

	notify("WATCHDOG=1");
	timer_set(w->timer, mono_add(loop_now(w->loop).mono, w->every));
}

struct alive *
alive_new(struct loop *l)
{
	uint64_t us = number_of("WATCHDOG_USEC");
	uint64_t pid = number_of("WATCHDOG_PID");
	struct alive *w;

	if (us < 2 || us > INT64_MAX / NS_PER_US ||
	    (pid != 0 && pid != (uint64_t)getpid()))
		return NULL;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return NULL;
	w->loop = l;
	w->every = (int64_t)us * NS_PER_US / 2;
	w->timer = timer_new(l, say_alive, w);
	if (w->timer == NULL) {
		free(w);
		return NULL;
	}
	say_alive(w);
	return w;
}

void
alive_free(struct alive *w)
{
	if (w == NULL)
		return;
	timer_free(w->timer);
	free(w);
}
