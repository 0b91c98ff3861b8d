#include "daemon/start.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/now.h"
#include "daemon/daemon.h"
#include "daemon/expiry.h"
#include "daemon/http.h"
#include "daemon/metric.h"
#include "daemon/secure.h"
#include "log/log.h"

#define FILE_MAX (16u << 20) /* bytes of a script */

/* ---- the command line ---- */

static void
usage(const struct start *st)
{
	fprintf(stderr,
	    "usage: %s [-dnV] [-f file] [-L format] [-l log] [-m address] [-N name]\n"
	    "           [-p pidfile] [-T folder] [-u user] [file ...]\n"
	    "       -d          log more\n"
	    "       -f file     a Lua file, as the operands\n"
	    "       -L format   of the log: logfmt (default) or text\n"
	    "       -l log      stderr (default), syslog or a file\n"
	    "       -m address  metrics for Prometheus there, 127.0.0.1:9465\n"
	    "       -n          check the files, then exit\n"
	    "       -N name     of this process, for others\n"
	    "       -p pidfile  write the process id there\n"
	    "       -T folder   certificates for tls: (default " SECURE_DIR ")\n"
	    "       -u user     become this user\n"
	    "       -V          print the version, then exit\n",
	    st->program);
	exit(START_USAGE);
}

/* The name that a process has without -N: that of its first file, without
 * directory and ".lua". */
static void
name_of_file(struct start *st)
{
	const char *p = strrchr(st->file[0], '/');
	size_t n;

	p = p == NULL ? st->file[0] : p + 1;
	n = strlen(p);
	if (n > 4 && strcmp(p + n - 4, ".lua") == 0)
		n -= 4;
	snprintf(st->name, sizeof(st->name), "%.*s", (int)n, p);
}

void
start_options(struct start *st, const char *program, int argc, char **argv)
{
	const char **file = calloc((size_t)argc, sizeof(*file));
	const char *name = NULL;
	int c;

	if (file == NULL) {
		fprintf(stderr, "%s: %s\n", program, fg_strerror(FG_ENOMEM));
		exit(EXIT_FAILURE);
	}
	*st = (struct start){ .program = program, .log_target = "stderr",
		.file = file };
	while ((c = getopt(argc, argv, "df:L:l:m:nN:p:T:u:V")) != -1) {
		switch (c) {
		case 'd':
			st->debug = true;
			break;
		case 'f':
			file[st->nfile++] = optarg;
			break;
		case 'L':
			st->text = strcmp(optarg, "text") == 0;
			if (!st->text && strcmp(optarg, "logfmt") != 0)
				usage(st);
			break;
		case 'l':
			st->log_target = optarg;
			break;
		case 'm':
			st->admin = optarg;
			break;
		case 'n':
			st->check = true;
			break;
		case 'N':
			name = optarg;
			break;
		case 'p':
			st->pid_path = optarg;
			break;
		case 'T':
			secure_folder(optarg);
			break;
		case 'u':
			st->user = optarg;
			break;
		case 'V':
			printf("%s %s\n", program, PACKAGE_VERSION);
			exit(EXIT_SUCCESS);
		default:
			usage(st);
		}
	}
	while (optind < argc)
		file[st->nfile++] = argv[optind++];
	if (st->nfile == 0 ||
	    (name != NULL && (name[0] == '\0' ||
	    strlen(name) >= sizeof(st->name))))
		usage(st);
	if (name != NULL)
		snprintf(st->name, sizeof(st->name), "%s", name);
	else
		name_of_file(st);
}

void
start_complain(const struct start *st, struct buf *faults, int err)
{
	if (faults->len > 0)
		fwrite(faults->p, 1, faults->len, stderr);
	else if (err != 0)
		fprintf(stderr, "%s: %s\n", st->program, fg_strerror(err));
	buf_free(faults);
}

int
start_read(const char *path, struct buf *text, struct buf *faults)
{
	FILE *f = fopen(path, "r");
	int err = f == NULL ? fg_errno(errno) : 0;
	size_t n = 1;

	while (err == 0 && n > 0) {
		err = buf_reserve(text, BUFSIZ);
		if (err != 0)
			break;
		errno = 0;
		n = fread(text->p + text->len, 1, BUFSIZ, f);
		text->len += n;
		if (ferror(f))
			err = fg_errno(errno); /* a directory, too */
		else if (text->len > FILE_MAX)
			err = FG_ELIMIT;
	}
	if (f != NULL)
		fclose(f);
	if (err != 0)
		buf_printf(faults, "%s: cannot be read: %s\n", path,
		    fg_strerror(err));
	return err;
}

/* ---- start and stop ---- */

static void
on_stop(int signum, void *arg)
{
	struct start *st = arg;

	if (st->stopping)
		return;
	st->stopping = true;
	log_event(LOG_LEVEL_INFO, "stopping", NULL, "stopping: %s",
	    strsignal(signum));
	daemon_stopping();
	if (st->stop != NULL)
		st->stop(st->arg);
	else
		loop_stop(st->loop);
}

/* SIGHUP, and SIGUSR1 for the rotation of logs alone. */
static void
on_hangup(int signum, void *arg)
{
	struct start *st = arg;

	if (log_reopen() != 0)
		log_event(LOG_LEVEL_WARN, "log", NULL, "the log file cannot be "
		    "reopened; the old one stays");
	if (signum != SIGHUP)
		return;
	secure_hangup();
	expiry_look(st->expiry);
	if (st->hangup != NULL && !st->stopping)
		st->hangup(st->arg);
}

static int
open_loop(struct start *st)
{
	st->loop = loop_new();
	if (st->loop == NULL ||
	    loop_on_signal(st->loop, SIGTERM, on_stop, st) != 0 ||
	    loop_on_signal(st->loop, SIGINT, on_stop, st) != 0 ||
	    loop_on_signal(st->loop, SIGHUP, on_hangup, st) != 0 ||
	    loop_on_signal(st->loop, SIGUSR1, on_hangup, st) != 0) {
		log_event(LOG_LEVEL_ERROR, "start", NULL, "no memory or "
		    "descriptors for an event loop");
		return FG_ENOMEM;
	}
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

int
start_begin(struct start *st)
{
	int err;

	st->started = wall_now();
	err = daemon_begin();
	if (err != 0)
		return err;
	err = log_open(st->program, st->log_target);
	if (err != 0) {
		fprintf(stderr, "%s: cannot log to %s: %s\n", st->program,
		    st->log_target, fg_strerror(err));
		return err;
	}
	log_set_format(st->text ? LOG_TEXT : LOG_LOGFMT);
	log_set_level(st->debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	if (st->pid_path != NULL)
		err = pidfile_open(&st->pid, st->pid_path);
	if (err == 0)
		err = open_loop(st);
	if (err == 0 && st->user != NULL)
		err = daemon_drop(st->user);
	return err;
}

/* ---- metrics ---- */

static void
on_wake(void *arg)
{
	struct start *st = arg;

	http_wake(st->http);
}

static int
copy(void *arg)
{
	struct start *st = arg;
	struct buf list = { 0 };
	int err;

	st->numbers.len = 0;
	st->health = st->metrics(st->metrics_arg, &st->numbers);
	if (st->health == NULL || metric_program(&st->numbers) != 0)
		return FG_ENOMEM;
	err = secure_expiry(NULL, &list);
	if (err == 0)
		err = expiry_metrics(&st->numbers, &list);
	buf_free(&list);
	return err;
}

static int
put_numbers(void *arg, struct buf *out, uint64_t bytes)
{
	const struct start *st = arg;

	(void)bytes;
	return buf_add(out, st->numbers.p, st->numbers.len);
}

/* It is of use to somebody whatever its health is. */
static bool
put_health(void *arg, char text[HTTP_HEALTH_MAX])
{
	const struct start *st = arg;

	snprintf(text, HTTP_HEALTH_MAX, "%s", st->health);
	return true;
}

static int
open_http(struct start *st)
{
	const struct http_cfg cfg = { .loop = st->loop, .what = "-m ",
		.at = st->admin, .started = st->started, .copy = copy,
		.text = put_numbers, .health = put_health, .arg = st };
	char err[NET_ERR_MAX];
	int e;

	if (st->admin == NULL || st->metrics == NULL)
		return 0;
	loop_on_wake(st->loop, on_wake, st);
	e = http_open(&st->http, &cfg, err);
	if (e != 0)
		log_event(LOG_LEVEL_ERROR, "start", NULL, "%s", err);
	return e;
}

/* ---- run ---- */

static void
tick(void *arg)
{
	struct start *st = arg;

	log_tick();
	timer_set(st->tick, mono_add(loop_now(st->loop).mono, NS_PER_S));
}

int
start_run(struct start *st, const char *text)
{
	struct alive *alive;
	int err = open_http(st);

	if (err != 0)
		return err;
	st->tick = timer_new(st->loop, tick, st);
	if (st->tick != NULL)
		tick(st);
	log_event(LOG_LEVEL_INFO, "ready", NULL, "ready: %s", text);
	if (st->confine)
		daemon_confine();
	daemon_ready();
	alive = alive_new(st->loop);
	st->expiry = expiry_watch(st->loop, "SIGHUP", secure_expiry, NULL);
	loop_run(st->loop);
	expiry_free(st->expiry);
	st->expiry = NULL;
	alive_free(alive);
	http_free(st->http);
	st->http = NULL;
	if (st->tick != NULL)
		timer_free(st->tick);
	log_event(LOG_LEVEL_INFO, "stopped", NULL, "stopped");
	return 0;
}

void
start_end(struct start *st)
{
	if (st->loop != NULL)
		loop_free(st->loop);
	buf_free(&st->numbers);
	st->loop = NULL;
	secure_free();
	pidfile_free(st->pid);
	st->pid = NULL;
	free(st->file);
	st->file = NULL;
	st->nfile = 0;
}

/* ---- processes ---- */

const struct start_process *
start_find(const struct start_processes *ps, const char *name)
{
	size_t i;

	for (i = 0; i < ps->n; i++)
		if (strcmp(ps->process[i].name, name) == 0)
			return &ps->process[i];
	return NULL;
}

/* A process of that name is there: is it the same? */
static int
again(const struct start_process *old, const char *file,
    const struct script_process *p, struct buf *faults)
{
	if (strcmp(old->address, p->address) == 0)
		return 0;
	buf_printf(faults, "%s:%u: process %s is at %s in %s:%u\n", file,
	    p->line, p->name, old->address, old->file, old->line);
	return FG_EINVAL;
}

static int
add_one(struct start_process *to, const char *file,
    const struct script_process *p, struct buf *faults)
{
	char text[ADDRESS_ERR_MAX];

	*to = (struct start_process){ .name = p->name, .address = p->address,
		.file = file, .line = p->line,
		.exec = strncmp(p->address, "exec:", 5) == 0 };
	if (to->exec || address_parse(&to->at, p->address, text) == 0)
		return 0;
	buf_printf(faults, "%s:%u: process %s: %s\n", file, p->line, p->name,
	    text);
	return FG_EINVAL;
}

int
start_add(struct start_processes *ps, const char *file,
    const struct script_process *process, size_t n, struct buf *faults)
{
	const struct start_process *old;
	struct start_process *p;
	int err = 0, e;
	size_t i;

	p = realloc(ps->process, (ps->n + n + 1) * sizeof(*p));
	if (p == NULL)
		return FG_ENOMEM;
	ps->process = p;
	for (i = 0; i < n; i++) {
		old = start_find(ps, process[i].name);
		if (old != NULL)
			e = again(old, file, &process[i], faults);
		else
			e = add_one(&p[ps->n++], file, &process[i], faults);
		if (e != 0)
			err = e;
	}
	return err;
}

void
start_free(struct start_processes *ps)
{
	free(ps->process);
	*ps = (struct start_processes){ 0 };
}

struct start_process *
start_copy(const struct start_process *p)
{
	size_t name = strlen(p->name) + 1, address = strlen(p->address) + 1;
	struct start_process *c = malloc(sizeof(*c) + name + address);
	char *text = (char *)(c + 1);

	if (c == NULL)
		return NULL;
	*c = *p;
	c->file = NULL;
	c->name = memcpy(text, p->name, name);
	c->address = memcpy(text + name, p->address, address);
	return c;
}

bool
start_same(const struct start_process *a, const struct start_process *b)
{
	return strcmp(a->name, b->name) == 0 &&
	    strcmp(a->address, b->address) == 0;
}

void
start_refuse(const struct buf *faults, int err)
{
	const char *p = faults->p, *end = p + faults->len, *line;

	if (faults->len == 0)
		log_event(LOG_LEVEL_ERROR, "reload", NULL, "%s",
		    fg_strerror(err));
	for (; p < end; p = line + 1) {
		line = memchr(p, '\n', (size_t)(end - p));
		if (line == NULL)
			line = end;
		log_event(LOG_LEVEL_ERROR, "reload", NULL, "%.*s",
		    (int)(line - p), p);
	}
	log_event(LOG_LEVEL_ERROR, "reload", NULL, "the files have faults: "
	    "nothing was changed");
}
