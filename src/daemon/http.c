#include "daemon/http.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "daemon/folder.h"
#include "log/log.h"

#define WAIT_S        5  /* for the loop */
#define CONNECTIONS   32 /* at once; and of one address: */
#define CONNECTIONS_1 16
#define IDLE_S        10
#define MEMORY        (32 * 1024) /* bytes of a request */

struct http {
	struct http_cfg cfg;
	struct MHD_Daemon *server;
	char *folder;
	pthread_mutex_t lock;
	pthread_cond_t filled;
	bool stopping;
	unsigned asked, answered; /* questions; up to asked is answered */
	int err;                  /* of the last copy */
	struct buf text;          /* of the thread */
};

void
http_wake(struct http *h)
{
	if (h == NULL)
		return;
	pthread_mutex_lock(&h->lock);
	if (h->asked != h->answered) {
		h->err = h->cfg.copy(h->cfg.arg);
		h->answered = h->asked;
		pthread_cond_signal(&h->filled);
	}
	pthread_mutex_unlock(&h->lock);
}

/* Have the loop copy its numbers; the lock is held. 0, or FG_E*: FG_EBUSY: it
 * did not come to it. */
static int
ask_loop(struct http *h)
{
	struct timespec until;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WAIT_S;
	h->asked++;
	loop_wake(h->cfg.loop);
	while (h->asked != h->answered && err == 0 && !h->stopping)
		err = pthread_cond_timedwait(&h->filled, &h->lock, &until);
	return h->asked != h->answered ? FG_EBUSY : h->err;
}

/* ---- numbers that the loop does not have ---- */

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

/* Under the names that all programs have for it. */
static int
put_process(const struct http *h, struct buf *out)
{
	struct rlimit files = { 0 };
	struct rusage use = { 0 };

	getrlimit(RLIMIT_NOFILE, &files);
	getrusage(RUSAGE_SELF, &use);
	return buf_printf(out,
	    "# HELP process_start_time_seconds When it was started.\n"
	    "# TYPE process_start_time_seconds gauge\n"
	    "process_start_time_seconds %lld\n"
	    "# HELP process_cpu_seconds_total CPU time that it used.\n"
	    "# TYPE process_cpu_seconds_total counter\n"
	    "process_cpu_seconds_total %.2f\n"
	    "# HELP process_resident_memory_bytes Memory that it has.\n"
	    "# TYPE process_resident_memory_bytes gauge\n"
	    "process_resident_memory_bytes %llu\n"
	    "# HELP process_open_fds Descriptors that are open.\n"
	    "# TYPE process_open_fds gauge\n"
	    "process_open_fds %llu\n"
	    "# HELP process_max_fds Most that may be.\n"
	    "# TYPE process_max_fds gauge\n"
	    "process_max_fds %llu\n",
	    (long long)h->cfg.started.ns / NS_PER_S,
	    (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6,
	    (unsigned long long)resident_bytes(),
	    (unsigned long long)open_files(),
	    (unsigned long long)files.rlim_cur);
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
put_metrics(struct http *h, struct MHD_Connection *conn)
{
	uint64_t bytes = h->folder == NULL ? 0 :
	    folder_bytes(h->folder);
	int err;

	h->text.len = 0;
	pthread_mutex_lock(&h->lock);
	err = ask_loop(h);
	if (err == 0)
		err = h->cfg.text(h->cfg.arg, &h->text, bytes);
	pthread_mutex_unlock(&h->lock);
	if (err == 0)
		err = put_process(h, &h->text);
	if (err != 0)
		return fail(conn, err);
	return answer(conn, MHD_HTTP_OK,
	    "text/plain; version=0.0.4; charset=utf-8", h->text.p,
	    h->text.len);
}

static enum MHD_Result
put_health(struct http *h, struct MHD_Connection *conn)
{
	char text[HTTP_HEALTH_MAX + 1];
	bool good = false;
	int err;

	pthread_mutex_lock(&h->lock);
	err = ask_loop(h);
	if (err == 0)
		good = h->cfg.health(h->cfg.arg, text);
	pthread_mutex_unlock(&h->lock);
	if (err != 0)
		return fail(conn, err);
	strcat(text, "\n");
	return answer_text(conn, good ? MHD_HTTP_OK :
	    MHD_HTTP_SERVICE_UNAVAILABLE, text);
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

/* The length of the address, or 0: it is none. */
static socklen_t
parse(const char *text, struct sockaddr_storage *ss)
{
	struct sockaddr_in6 *in6 = (void *)ss;
	struct sockaddr_in *in = (void *)ss;
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2];
	size_t n = colon == NULL ? 0 : (size_t)(colon - text);
	uint64_t port;

	memset(ss, 0, sizeof(*ss));
	if (n == 0 || n >= sizeof(host) ||
	    num_parse_u64(colon + 1, strlen(colon + 1), &port) != 0 ||
	    port > UINT16_MAX)
		return 0;
	memcpy(host, text, n);
	host[n] = '\0';
	if (host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		return inet_pton(AF_INET6, host + 1, &in6->sin6_addr) == 1 ?
		    sizeof(*in6) : 0;
	}
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, host, &in->sin_addr) == 1 ? sizeof(*in) : 0;
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
start_http(struct http *h, int fd)
{
	return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC |
	    MHD_USE_AUTO, 0, NULL, NULL, on_request, h,
	    MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_1,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY,
	    MHD_OPTION_END);
}

static void
init_lock(struct http *h)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&h->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&h->filled, &attr);
	pthread_condattr_destroy(&attr);
}

int
http_open(struct http **out, const struct http_cfg *cfg, char err[NET_ERR_MAX])
{
	struct sockaddr_storage ss;
	struct http *h = NULL;
	socklen_t len;
	int fd;

	*out = NULL;
	len = parse(cfg->at, &ss);
	if (len == 0) {
		snprintf(err, NET_ERR_MAX, "%s%.100s: write an IP address of "
		    "this host and a port: 127.0.0.1:9464, or [::1]:9464",
		    cfg->what, cfg->at);
		return FG_EINVAL;
	}
	fd = listen_at(&ss, len);
	if (fd == -1) {
		snprintf(err, NET_ERR_MAX, "%s%s: cannot listen: %s",
		    cfg->what, cfg->at, strerror(errno));
		return FG_EIO;
	}
	h = calloc(1, sizeof(*h));
	if (h != NULL) {
		h->cfg = *cfg;
		init_lock(h);
		if (cfg->folder != NULL)
			h->folder = strdup(cfg->folder);
		h->server = start_http(h, fd);
	}
	if (h == NULL || h->server == NULL) {
		snprintf(err, NET_ERR_MAX, "%s%s: no memory or thread for it",
		    cfg->what, cfg->at);
		close(fd);
		http_free(h);
		return FG_ENOMEM;
	}
	getsockname(fd, (struct sockaddr *)&ss, &len);
	log_event(LOG_LEVEL_INFO, "listening", NULL, "%s%s: metrics on port %u",
	    cfg->what, cfg->at, ntohs(ss.ss_family == AF_INET ?
	    ((struct sockaddr_in *)&ss)->sin_port :
	    ((struct sockaddr_in6 *)&ss)->sin6_port));
	*out = h;
	return 0;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	pthread_mutex_lock(&h->lock);
	h->stopping = true;
	pthread_cond_signal(&h->filled);
	pthread_mutex_unlock(&h->lock);
	if (h->server != NULL)
		MHD_stop_daemon(h->server);
	pthread_cond_destroy(&h->filled);
	pthread_mutex_destroy(&h->lock);
	buf_free(&h->text);
	free(h->folder);
	free(h);
}
