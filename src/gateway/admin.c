#include "gateway/admin.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "gateway/control.h"
#include "gateway/gateway.h"
#include "gateway/metrics.h"
#include "log/log.h"

#define WAIT_S        5  /* for the loop */
#define CONNECTIONS   32 /* at once; and of one address: */
#define CONNECTIONS_1 16
#define IDLE_S        10
#define MEMORY        (32 * 1024) /* bytes of a request */

struct admin {
	struct gateway *g;
	struct MHD_Daemon *http;
	char *store; /* StorePath */
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct metrics metrics;
	bool stopping;
	unsigned asked, answered; /* questions; up to asked is answered */
	int err;                  /* of the last copy */
	struct buf text;          /* of the thread */
};

void
admin_wake(struct admin *a)
{
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	if (a->asked != a->answered) {
		a->err = control_metrics(a->g->control, &a->metrics);
		a->answered = a->asked;
		pthread_cond_signal(&a->filled);
	}
	pthread_mutex_unlock(&a->lock);
}

/* Have the loop copy its numbers; the lock is held. 0, or FG_E*: FG_EBUSY: it
 * did not come to it. */
static int
ask_loop(struct admin *a)
{
	struct timespec until;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WAIT_S;
	a->asked++;
	loop_wake(a->g->loop);
	while (a->asked != a->answered && err == 0 && !a->stopping)
		err = pthread_cond_timedwait(&a->filled, &a->lock, &until);
	return a->asked != a->answered ? FG_EBUSY : a->err;
}

/* ---- numbers that the loop does not have ---- */

/* Bytes of the files in a folder and in those below it. */
static uint64_t
folder_bytes(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC |
	    O_NOFOLLOW);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *e;
	uint64_t sum = 0;
	struct stat st;

	if (d == NULL) {
		if (fd != -1)
			close(fd);
		return 0;
	}
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0 ||
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			sum += folder_bytes(fd, e->d_name);
		else
			sum += (uint64_t)st.st_blocks * 512;
	}
	closedir(d);
	return sum;
}

static uint64_t
open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	uint64_t n = 0;

	if (d == NULL)
		return 0;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 3; /* ".", ".." and its own */
}

static uint64_t
resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long long pages = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%*u %llu", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static struct metrics_process
look_at_process(const struct admin *a)
{
	struct metrics_process p = { .resident_bytes = resident_bytes(),
		.open_files = open_files() };
	struct rlimit files;
	struct rusage use;

	p.store_bytes = folder_bytes(AT_FDCWD, a->store);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		p.max_files = files.rlim_cur;
	if (getrusage(RUSAGE_SELF, &use) == 0)
		p.cpu = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
		    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
	return p;
}

/* ---- answers: the thread ---- */

static enum MHD_Result
answer(struct MHD_Connection *conn, unsigned status, const char *type,
    const void *p, size_t n)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(n, (void *)p,
	    MHD_RESPMEM_MUST_COPY);
	enum MHD_Result ok;

	if (r == NULL)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	ok = MHD_queue_response(conn, status, r);
	MHD_destroy_response(r);
	return ok;
}

static enum MHD_Result
answer_text(struct MHD_Connection *conn, unsigned status, const char *text)
{
	return answer(conn, status, "text/plain; charset=utf-8", text,
	    strlen(text));
}

static enum MHD_Result
fail(struct MHD_Connection *conn, int err)
{
	return answer_text(conn, MHD_HTTP_SERVICE_UNAVAILABLE,
	    err == FG_EBUSY ? "ERROR: the loop does not turn\n" :
	    "ERROR: no memory\n");
}

static enum MHD_Result
put_metrics(struct admin *a, struct MHD_Connection *conn)
{
	struct metrics_process p = look_at_process(a);
	int err;

	a->text.len = 0;
	pthread_mutex_lock(&a->lock);
	err = ask_loop(a);
	if (err == 0)
		err = metrics_text(&a->text, &a->metrics, &p);
	pthread_mutex_unlock(&a->lock);
	if (err != 0)
		return fail(conn, err);
	return answer(conn, MHD_HTTP_OK,
	    "text/plain; version=0.0.4; charset=utf-8", a->text.p,
	    a->text.len);
}

/* For what decides whether the process lives or is used: an ERROR of a session
 * is none of it. */
static enum MHD_Result
put_health(struct admin *a, struct MHD_Connection *conn)
{
	enum status_health all, store;
	char text[64];
	int err;

	pthread_mutex_lock(&a->lock);
	err = ask_loop(a);
	all = a->metrics.health;
	store = a->metrics.store_health;
	pthread_mutex_unlock(&a->lock);
	if (err != 0)
		return fail(conn, err);
	snprintf(text, sizeof(text), "%s\n", status_health_text(all));
	return answer_text(conn, store == STATUS_ERROR ?
	    MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK, text);
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *conn, const char *url,
    const char *method, const char *version, const char *body,
    size_t *body_len, void **state)
{
	(void)version;
	(void)body;
	(void)body_len;
	(void)state;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_text(conn, MHD_HTTP_METHOD_NOT_ALLOWED,
		    "it can only be read\n");
	if (strcmp(url, "/metrics") == 0)
		return put_metrics(arg, conn);
	if (strcmp(url, "/healthz") == 0)
		return put_health(arg, conn);
	return answer_text(conn, MHD_HTTP_NOT_FOUND,
	    "there are /metrics and /healthz\n");
}

/* ---- start and stop ---- */

/* conf has looked at its form. */
static socklen_t
parse(const char *text, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_in *in = (void *)ss;
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN];
	bool six = text[0] == '[';
	uint64_t port = 0;

	memset(ss, 0, sizeof(*ss));
	num_parse_u64(colon + 1, strlen(colon + 1), &port);
	snprintf(host, sizeof(host), "%.*s",
	    (int)(colon - text) - 2 * six, text + six);
	if (six) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		inet_pton(AF_INET6, host, &in6->sin6_addr);
		return sizeof(*in6);
	}
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	inet_pton(AF_INET, host, &in->sin_addr);
	return sizeof(*in);
}

/* A socket that listens at the address, or -1 and errno. */
static int
listen_at(const struct sockaddr_storage *ss, socklen_t len)
{
	int fd = socket(ss->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	int e;

	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
	    bind(fd, (const struct sockaddr *)ss, len) == 0 &&
	    listen(fd, SOMAXCONN) == 0)
		return fd;
	e = errno;
	close(fd);
	errno = e;
	return -1;
}

static struct MHD_Daemon *
start_http(struct admin *a, int fd)
{
	return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC |
	    MHD_USE_AUTO, 0, NULL, NULL, on_request, a,
	    MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_1,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
	    MHD_OPTION_END);
}

static void
init_lock(struct admin *a)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&a->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&a->filled, &attr);
	pthread_condattr_destroy(&attr);
}

int
admin_open(struct admin **out, struct gateway *g, char err[NET_ERR_MAX])
{
	const struct conf_section *sec = conf_gateway(g->conf);
	const char *text = conf_str(sec, CONF_AdminListen);
	struct sockaddr_storage ss;
	socklen_t len;
	struct admin *a;
	int fd;

	*out = NULL;
	if (text == NULL)
		return 0;
	snprintf(err, NET_ERR_MAX, "%s", fg_strerror(FG_ENOMEM));
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return FG_ENOMEM;
	a->g = g;
	init_lock(a);
	a->store = strdup(conf_path(sec, CONF_StorePath));
	if (a->store == NULL) {
		admin_free(a);
		return FG_ENOMEM;
	}
	len = parse(text, &ss);
	fd = listen_at(&ss, len);
	if (fd == -1) {
		snprintf(err, NET_ERR_MAX, "AdminListen=%s: cannot listen: %s",
		    text, strerror(errno));
		admin_free(a);
		return FG_EINVAL;
	}
	a->http = start_http(a, fd);
	if (a->http == NULL) {
		snprintf(err, NET_ERR_MAX, "AdminListen=%s: no memory or "
		    "thread for it", text);
		close(fd);
		admin_free(a);
		return FG_ENOMEM;
	}
	getsockname(fd, (struct sockaddr *)&ss, &len);
	log_info("AdminListen=%s: metrics on port %u", text,
	    ntohs(ss.ss_family == AF_INET ?
	    ((struct sockaddr_in *)&ss)->sin_port :
	    ((struct sockaddr_in6 *)&ss)->sin6_port));
	*out = a;
	return 0;
}

void
admin_free(struct admin *a)
{
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	a->stopping = true;
	pthread_cond_signal(&a->filled);
	pthread_mutex_unlock(&a->lock);
	if (a->http != NULL)
		MHD_stop_daemon(a->http);
	pthread_cond_destroy(&a->filled);
	pthread_mutex_destroy(&a->lock);
	metrics_free(&a->metrics);
	buf_free(&a->text);
	free(a->store);
	free(a);
}
