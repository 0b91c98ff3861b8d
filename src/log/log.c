#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"

#define LOG_LINE_MAX 2048 /* bytes of one line; longer ones are cut */

static struct {
	pthread_mutex_t lock;
	const char *name;
	char *path;
	int fd;
	int to_syslog;
	enum log_level level;
} self = { .lock = PTHREAD_MUTEX_INITIALIZER, .name = "fixgate",
	.fd = STDERR_FILENO, .level = LOG_LEVEL_INFO };

static int
open_file(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

int
log_open(const char *name, const char *target)
{
	char *path = NULL;
	int fd = STDERR_FILENO, to_syslog = 0;

	if (strcmp(target, "syslog") == 0) {
		openlog(name, LOG_PID, LOG_DAEMON);
		to_syslog = 1;
	} else if (strcmp(target, "stderr") != 0) {
		fd = open_file(target);
		if (fd == -1)
			return fg_errno(errno);
		path = strdup(target);
		if (path == NULL) {
			close(fd);
			return FG_ENOMEM;
		}
	}
	pthread_mutex_lock(&self.lock);
	if (self.path != NULL)
		close(self.fd);
	free(self.path);
	self.name = name;
	self.path = path;
	self.fd = fd;
	self.to_syslog = to_syslog;
	pthread_mutex_unlock(&self.lock);
	return 0;
}

int
log_reopen(void)
{
	int fd, err = 0;

	pthread_mutex_lock(&self.lock);
	if (self.path != NULL) {
		fd = open_file(self.path);
		if (fd == -1) {
			err = fg_errno(errno);
		} else {
			close(self.fd);
			self.fd = fd;
		}
	}
	pthread_mutex_unlock(&self.lock);
	return err;
}

void
log_set_level(enum log_level level)
{
	self.level = level;
}

static void
emit(enum log_level level, int sys, const char *fmt, va_list ap)
{
	static const char *const names[] = { "error", "warn", "info", "debug" };
	static const int prio[] = { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
	char line[LOG_LINE_MAX], stamp[WALL_TEXT_MAX + 1];
	struct timespec ts;
	size_t at, room;
	int n;

	if (level > self.level)
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	n = (int)wall_format(stamp,
	    (wall_t){ ts.tv_sec * NS_PER_S + ts.tv_nsec }, 3);
	stamp[n] = '\0';
	at = (size_t)snprintf(line, sizeof(line), "%s %s %s: ", stamp,
	    self.name, names[level]);
	n = (int)at;
	room = sizeof(line) - 1;
	at += (size_t)vsnprintf(line + at, room - at, fmt, ap);
	if (at < room && sys != 0)
		at += (size_t)snprintf(line + at, room - at, ": %s",
		    strerror(sys));
	if (at >= room)
		at = room - 1;
	pthread_mutex_lock(&self.lock);
	if (self.to_syslog) {
		syslog(prio[level], "%s", line + n);
	} else {
		line[at] = '\n';
		if (write(self.fd, line, at + 1) == -1)
			at = 0; /* nowhere is left to complain */
	}
	pthread_mutex_unlock(&self.lock);
}

#define LOG_BODY(level, sys)                                                   \
	int saved = errno;                                                     \
	va_list ap;                                                            \
                                                                               \
	va_start(ap, fmt);                                                     \
	emit(level, sys, fmt, ap);                                             \
	va_end(ap);                                                            \
	errno = saved

void
log_error(const char *fmt, ...)
{
	LOG_BODY(LOG_LEVEL_ERROR, 0);
}

void
log_warn(const char *fmt, ...)
{
	LOG_BODY(LOG_LEVEL_WARN, saved);
}

void
log_warnx(const char *fmt, ...)
{
	LOG_BODY(LOG_LEVEL_WARN, 0);
}

void
log_info(const char *fmt, ...)
{
	LOG_BODY(LOG_LEVEL_INFO, 0);
}

void
log_debug(const char *fmt, ...)
{
	LOG_BODY(LOG_LEVEL_DEBUG, 0);
}

char *
log_escape(char *out, size_t cap, const char *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0, i;
	unsigned char c;

	for (i = 0; i < n; i++) {
		if (at + 8 > cap) {
			memcpy(out + at, "...", 3);
			at += 3;
			break;
		}
		c = (unsigned char)p[i];
		if (c == '\001') {
			out[at++] = '|';
		} else if (c == '\\') {
			out[at++] = '\\';
			out[at++] = '\\';
		} else if (c < ' ' || c > 126) {
			out[at++] = '\\';
			out[at++] = 'x';
			out[at++] = hex[c >> 4];
			out[at++] = hex[c & 15];
		} else {
			out[at++] = (char)c;
		}
	}
	out[at] = '\0';
	return out;
}
