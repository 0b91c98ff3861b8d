/* pidfile.c: a PID file that one process has at a time. */
#include "daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "log/log.h"

struct pidfile {
	int fd; /* holds the lock, which ends with the process */
	char *path;
};

/* The lock belongs to the open file: a second open of our own is refused,
 * too. */
static bool
lock(int fd)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &fl) == 0;
}

/* Is it still the file at path? Who had it may have removed it just before we
 * got the lock. */
static bool
is_at(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0
	    && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static void
log_holder(int fd, const char *path)
{
	char text[NUM_TEXT_MAX + 1];
	ssize_t n = pread(fd, text, NUM_TEXT_MAX, 0);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	log_event(LOG_LEVEL_ERROR, "pid-file", NULL, "%s: already running%s%s",
	    path, text[0] != '\0' ? ", pid " : "", text);
}

/* A locked descriptor, or FG_E*. */
static int
open_locked(const char *path)
{
	int fd, err;

	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		if (fd == -1)
			break;
		if (!lock(fd)) {
			if (errno != EAGAIN && errno != EACCES)
				break;
			log_holder(fd, path);
			close(fd);
			return FG_EBUSY;
		}
		if (is_at(fd, path))
			return fd;
		close(fd);
	}
	err = fg_errno(errno);
	log_event(LOG_LEVEL_WARN, "pid-file", NULL, "pid file %s: %s", path,
	    strerror(errno));
	if (fd != -1)
		close(fd);
	return err;
}

static int
write_pid(int fd)
{
	char text[NUM_TEXT_MAX + 1];
	size_t n = num_format_u64(text, (uint64_t)getpid());

	text[n++] = '\n';
	if (ftruncate(fd, 0) == -1 || pwrite(fd, text, n, 0) != (ssize_t)n)
		return fg_errno(errno);
	return 0;
}

int
pidfile_open(struct pidfile **out, const char *path)
{
	struct pidfile *p;
	int err;

	*out = NULL;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return FG_ENOMEM;
	p->path = strdup(path);
	err = p->path == NULL ? FG_ENOMEM : 0;
	if (err == 0)
		p->fd = open_locked(path);
	if (err == 0 && p->fd < 0)
		err = p->fd;
	if (err != 0) {
		free(p->path);
		free(p);
		return err;
	}
	err = write_pid(p->fd);
	if (err != 0) {
		log_event(LOG_LEVEL_ERROR, "pid-file", NULL, "pid file %s: %s",
		    path, fg_strerror(err));
		pidfile_free(p);
		return err;
	}
	*out = p;
	return 0;
}

void
pidfile_free(struct pidfile *p)
{
	if (p == NULL)
		return;
	if (unlink(p->path) == -1 && ftruncate(p->fd, 0) == -1)
		log_event(LOG_LEVEL_WARN, "pid-file", NULL, "pid file %s: %s",
		    p->path, strerror(errno));
	close(p->fd);
	free(p->path);
	free(p);
}
