#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/err.h"
#include "base/now.h"
#include "log/line.h"

#define LOG_LINE_MAX 2048 /* bytes of one line; longer ones are cut */

/* A place in the code that logs, by its format; see log.h. */
#define SITES 256
struct site {
	int64_t second; /* since 1970 */
	unsigned said;  /* in it */
	uint64_t unsaid;
	char first[401]; /* of those unsaid */
};

static struct {
	pthread_mutex_t lock;
	const char *name;
	char *path;
	int fd;
	int to_syslog;
	enum log_level level;
	enum log_format format;
	struct site site[SITES];
	unsigned storms; /* sites with something unsaid */
	uint64_t lines, unsaid;
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

void
log_set_format(enum log_format format)
{
	self.format = format;
}

static const char *const names[] = { "error", "warn", "info", "debug" };

/* What a line says, beside its time. */
struct said {
	enum log_level level;
	const char *event, *session, *text;
};

/* The lock is held. */
static void
put_line(const struct said *w, wall_t now)
{
	static const int prio[] = { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
	char line[LOG_LINE_MAX], stamp[WALL_TEXT_MAX + 1], iso[32];
	struct log_line l = { .level = names[w->level], .event = w->event,
		.session = w->session, .text = w->text };
	size_t n;

	self.lines++;
	stamp[wall_format(stamp, now, 3)] = '\0';
	/* Programs want the time as RFC 3339 has it. */
	snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2sT%sZ", stamp, stamp + 4,
	    stamp + 6, stamp + 9);
	if (!self.to_syslog) {
		l.time = self.format == LOG_TEXT ? stamp : iso;
		l.program = self.name;
	}
	n = self.format == LOG_TEXT ?
	    log_line_text(line, sizeof(line) - 1, &l) :
	    log_line_logfmt(line, sizeof(line) - 1, &l);
	line[n] = '\n';
	if (self.to_syslog)
		syslog(prio[w->level], "%.*s", (int)n, line);
	else if (write(self.fd, line, n + 1) == -1)
		return; /* nowhere is left to complain */
}

/* ---- storms ---- */

static void
say_unsaid(struct site *s, wall_t now)
{
	char text[LOG_LINE_MAX];
	struct said w = { LOG_LEVEL_WARN, "unsaid", NULL, text };

	if (s->unsaid == 0)
		return;
	snprintf(text, sizeof(text), "%llu more lines like this one were not "
	    "logged (over %d a second): %s", (unsigned long long)s->unsaid,
	    LOG_PER_S, s->first);
	put_line(&w, now);
	self.storms--;
	s->unsaid = 0;
}

/* The seconds that are over. */
static void
end_storms(wall_t now)
{
	struct site *s;

	for (s = self.site; self.storms > 0 && s < self.site + SITES; s++)
		if (s->unsaid > 0 && s->second != now.ns / NS_PER_S)
			say_unsaid(s, now);
}

/* May this place say one more? Places share an entry if they must: then they
 * share what they may say. */
static bool
may_say(const char *fmt, const struct said *w, wall_t now)
{
	struct site *s = &self.site[((uintptr_t)fmt >> 3) * 2654435761u % SITES];

	if (s->second != now.ns / NS_PER_S) {
		say_unsaid(s, now);
		s->second = now.ns / NS_PER_S;
		s->said = 0;
	}
	if (s->said < LOG_PER_S) {
		s->said++;
		return true;
	}
	if (s->unsaid++ == 0) {
		self.storms++;
		snprintf(s->first, sizeof(s->first), "%.180s%s%.200s",
		    w->session == NULL ? "" : w->session,
		    w->session == NULL ? "" : ": ", w->text);
	}
	self.unsaid++;
	return false;
}

void
log_tick(void)
{
	wall_t now = wall_now();

	pthread_mutex_lock(&self.lock);
	end_storms(now);
	pthread_mutex_unlock(&self.lock);
}

void
log_counts(uint64_t *lines, uint64_t *unsaid)
{
	pthread_mutex_lock(&self.lock);
	*lines = self.lines;
	*unsaid = self.unsaid;
	pthread_mutex_unlock(&self.lock);
}

static void
emit(struct said w, const char *fmt, va_list ap)
{
	char text[LOG_LINE_MAX];
	wall_t now;

	if (w.level > self.level)
		return;
	now = wall_now();
	vsnprintf(text, sizeof(text), fmt, ap);
	pthread_mutex_lock(&self.lock);
	if (self.storms > 0)
		end_storms(now);
	w.text = text;
	if (w.level == LOG_LEVEL_DEBUG || may_say(fmt, &w, now))
		put_line(&w, now);
	pthread_mutex_unlock(&self.lock);
}

void
log_event(enum log_level level, const char *event, const char *session,
    const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	emit((struct said){ level, event, session, NULL }, fmt, ap);
	va_end(ap);
	errno = saved;
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
