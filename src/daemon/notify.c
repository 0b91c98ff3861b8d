/*
 * What sd_notify(3) does: one datagram "READY=1" or "STOPPING=1" to the unix
 * socket named by $NOTIFY_SOCKET; '@' begins an abstract name. Twenty lines
 * against a library to link with.
 */
#include "daemon/daemon.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log/log.h"

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
		log_warnx("NOTIFY_SOCKET: the path is too long");
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
		log_warn("NOTIFY_SOCKET %s", path);
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
