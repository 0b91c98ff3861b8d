/* begin.c: what a daemon does before all else. */
#include "daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "log/log.h"

int
daemon_begin(void)
{
	int fd, err = 0;

	umask(027);
	daemon_keep_secrets();
	/* A socket that got descriptor 2 would be sent what libraries print. */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd == -1 || dup2(fd, STDIN_FILENO) == -1) {
		err = fg_errno(errno);
		log_event(LOG_LEVEL_WARN, "start", NULL, "/dev/null: %s",
		    strerror(errno));
	}
	if (fd != -1)
		close(fd);
	return err;
}
