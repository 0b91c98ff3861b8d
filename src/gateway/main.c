/* main.c: fixgated: start, run, stop. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/now.h"
#include "conf/conf.h"
#include "daemon/daemon.h"
#include "daemon/expiry.h"
#include "daemon/secure.h"
#include "gateway/admin.h"
#include "gateway/auth.h"
#include "gateway/control.h"
#include "gateway/definitions.h"
#include "gateway/clocks.h"
#include "gateway/disk.h"
#include "gateway/gateway.h"
#include "gateway/job.h"
#include "gateway/reload.h"
#include "gateway/retain.h"
#include "gateway/sessions.h"
#include "gateway/tables.h"
#include "log/log.h"
#include "store/chain.h"
#include "store/index.h"

#define EXIT_USAGE 2
#define MB         (1024 * 1024)

struct options {
	const char *conf_path;
	bool check, print, secrets;
};

static void
usage(void)
{
	fprintf(stderr,
	    "usage: fixgated [-nvV] [-f file]\n"
	    "       -f file  settings (default " FG_CONF_FILE ")\n"
	    "       -n       check the settings and dictionaries, then exit\n"
	    "       -v       with -n: print the effective settings\n"
	    "       -V       print the version, then exit\n");
	exit(EXIT_USAGE);
}

static struct options
parse_options(int argc, char **argv)
{
	struct options o = { .conf_path = FG_CONF_FILE };
	int c;

	while ((c = getopt(argc, argv, "f:nvV")) != -1) {
		switch (c) {
		case 'f':
			o.conf_path = optarg;
			break;
		case 'n':
			o.check = true;
			break;
		case 'v':
			o.print = true;
			break;
		case 'V':
			printf("fixgated %s\n", PACKAGE_VERSION);
			exit(EXIT_SUCCESS);
		default:
			usage();
		}
	}
	if (optind != argc || (o.print && !o.check))
		usage();
	return o;
}

/* All that was found in the settings file. */
static void
print_faults(const struct conf *conf, bool notes)
{
	const struct conf_fault *f;
	size_t i;

	for (i = 0; i < conf_nfaults(conf); i++) {
		f = conf_fault(conf, i);
		if (f->severity == CONF_NOTE && !notes)
			continue;
		if (f->line == 0)
			fprintf(stderr, "%s: %s: %s\n", f->file,
			    conf_severity_text(f->severity), f->text);
		else
			fprintf(stderr, "%s:%u: %s: %s\n", f->file, f->line,
			    conf_severity_text(f->severity), f->text);
	}
}

static int
check_only(struct conf *conf, const struct options *o, int err)
{
	char text[NET_ERR_MAX];

	if (err == 0)
		err = sessions_check(conf);
	if (err == 0) {
		err = control_check(conf, text);
		if (err != 0)
			log_event(LOG_LEVEL_ERROR, "settings", NULL, "%s: %s",
			    o->conf_path, text);
	}
	secure_free();
	if (o->print && err == 0)
		conf_print(conf, stdout, o->secrets);
	if (err == 0 && !o->print)
		printf("%s: %zu sessions, no errors\n", o->conf_path,
		    conf_nsessions(conf));
	return err == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- the loop's events ---- */

static void
on_end(void *arg)
{
	struct gateway *g = arg;
	mono_t due;

	if (driver_end(g->driver, &due))
		loop_again(g->loop);
	timer_set(g->timer, due);
}

static void
on_flushed(void *arg)
{
	struct gateway *g = arg;

	driver_flushed(g->driver);
}

/* The wake-up itself is all that is wanted: its end does the work. */
static void
on_wake(void *arg)
{
	(void)arg;
}

/* The store moved, rows are made, or credentials were checked. */
static void
on_moved(void *arg)
{
	struct gateway *g = arg;

	auth_take(g->auth);
	control_wake(g->control);
	admin_wake(g->admin);
	jobs_wake(g->jobs);
	if (g->closed && jobs_running(g->jobs) == NULL)
		loop_stop(g->loop);
}

static void
store_moved(void *arg)
{
	struct gateway *g = arg;

	loop_wake(g->loop);
}

static void
all_closed(void *arg)
{
	struct gateway *g = arg;

	/* Who asked for long work is told how it ended. */
	g->closed = true;
	if (jobs_running(g->jobs) == NULL)
		loop_stop(g->loop);
}

static void
on_stop(int signum, void *arg)
{
	struct gateway *g = arg;

	if (g->stopping)
		return;
	g->stopping = true;
	log_event(LOG_LEVEL_INFO, "stopping", NULL, "stopping: %s",
	    strsignal(signum));
	daemon_stopping();
	jobs_stop(g->jobs);
	peers_shutdown(g->peers, all_closed, g);
}

/* For the rotation of logs: nothing but that. */
static void
on_rotated(int signum, void *arg)
{
	(void)signum;
	(void)arg;
	if (log_reopen() != 0)
		log_event(LOG_LEVEL_WARN, "log", NULL, "the log file cannot be "
		    "reopened; the old one stays");
}

static void
on_hangup(int signum, void *arg)
{
	struct gateway *g = arg;

	on_rotated(signum, arg);
	if (!g->stopping)
		reload_now(g, "SIGHUP");
}

/* ---- start and stop ---- */

static int
open_store(struct gateway *g)
{
	const struct conf_section *sec = conf_gateway(g->conf);
	char err[STORE_ERR_MAX];
	struct store_cfg cfg = {
		.path = conf_path(sec, CONF_StorePath),
		.archive_path = conf_path(sec, CONF_ArchivePath),
		.segment_bytes = (uint64_t)conf_int(sec, CONF_SegmentMB) * MB,
		.cache_bytes = (uint64_t)conf_int(sec, CONF_CacheMB) * MB,
		.checkpoint_bytes =
		    (uint64_t)conf_int(sec, CONF_CheckpointMB) * MB,
		.log_keep_bytes = (uint64_t)conf_int(sec, CONF_LogKeepMB) * MB
		    + 1, /* 0: none */
		.notify = store_moved,
		.notify_arg = g,
	};

	switch ((enum conf_durability)conf_enum(sec, CONF_Durability)) {
	case CONF_DURABILITY_NONE:
		cfg.durability = STORE_NONE;
		break;
	case CONF_DURABILITY_WRITTEN:
		cfg.durability = STORE_WRITTEN;
		break;
	case CONF_DURABILITY_SYNCED:
		cfg.durability = STORE_SYNCED;
		break;
	}
	if (store_open_bdb(&g->store, &cfg, err) != 0) {
		log_event(LOG_LEVEL_ERROR, "start", NULL, "%s", err);
		return -1;
	}
	return 0;
}

/* IndexTags; without memory for it, all else goes on. */
static void
open_index(struct gateway *g)
{
	const struct conf_section *sec = conf_gateway(g->conf);
	struct store_index_cfg cfg = {
		.path = conf_path(sec, CONF_StorePath),
		.least_free = (uint64_t)conf_int(sec, CONF_MinDiskFree) * MB,
	};
	const char *p = conf_str(sec, CONF_IndexTags);
	char *end;

	while (strcmp(p, "none") != 0 && cfg.n_tag < STORE_INDEX_TAGS) {
		cfg.tag[cfg.n_tag++] = (int32_t)strtol(p, &end, 10);
		if (*end != ',')
			break;
		p = end + 1;
	}
	if (cfg.n_tag == 0)
		return;
	g->index = store_index_open(g->store, &cfg);
	if (g->index == NULL)
		log_event(LOG_LEVEL_WARN, "index", NULL, "no memory for the "
		    "index: questions read the rows themselves");
}

static int
open_chain(struct gateway *g)
{
	const struct conf_section *sec = conf_gateway(g->conf);
	struct store_chain_cfg cfg = {
		.path = conf_path(sec, CONF_StorePath),
		.key = conf_path(sec, CONF_ChainKey),
		.head_file = conf_path(sec, CONF_ChainHeadFile),
		.head_ns = conf_int(sec, CONF_ChainHeadSeconds) * NS_PER_S,
	};
	char err[STORE_ERR_MAX];

	if (store_chain_open(&g->chain, g->store, &cfg, err) == 0)
		return 0;
	log_event(LOG_LEVEL_ERROR, "start", NULL, "%s", err);
	return -1;
}

static int
open_loop(struct gateway *g)
{
	const struct conf_section *sec = conf_gateway(g->conf);

	g->loop = loop_new();
	if (g->loop == NULL)
		return -1;
	if (conf_enum(sec, CONF_IdleStrategy) == CONF_IDLE_ADAPTIVE)
		loop_set_spin(g->loop,
		    conf_int(sec, CONF_SpinMicros) * NS_PER_US);
	loop_on_end(g->loop, on_end, g);
	loop_on_flushed(g->loop, on_flushed, g);
	loop_on_wake(g->loop, on_moved, g);
	g->timer = timer_new(g->loop, on_wake, g);
	if (g->timer == NULL || loop_on_signal(g->loop, SIGTERM, on_stop, g) ||
	    loop_on_signal(g->loop, SIGINT, on_stop, g) ||
	    loop_on_signal(g->loop, SIGHUP, on_hangup, g) ||
	    loop_on_signal(g->loop, SIGUSR1, on_rotated, g))
		return -1;
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

/* Those of the file, and those that were created since. */
static int
load_sessions(struct gateway *g)
{
	struct conf *conf;
	int err;

	err = definitions_load(&conf, g->store, g->conf);
	if (err == 0)
		err = sessions_load(&g->sessions, conf, g->driver);
	conf_free(conf);
	return err;
}

/* Only the pid file is made as root: the store must be the user's. */
static int
start(struct gateway *g)
{
	const struct conf_section *sec = conf_gateway(g->conf);
	char err[NET_ERR_MAX];

	if (open_loop(g) != 0) {
		log_event(LOG_LEVEL_ERROR, "start", NULL, "cannot make an "
		    "event loop: %s", strerror(errno));
		return -1;
	}
	if (conf_str(sec, CONF_User) != NULL &&
	    daemon_drop(conf_str(sec, CONF_User)) != 0)
		return -1;
	if (open_store(g) != 0 ||
	    tables_load(&g->tables, g->conf, g->conf_path, g->store) != 0)
		return -1;
	open_index(g);
	if (open_chain(g) != 0)
		return -1;
	g->driver = driver_new(g->store, &peers_driver_ops);
	if (g->driver == NULL || load_sessions(g) != 0 ||
	    driver_start(g->driver) != 0)
		return -1;
	g->peers = peers_new(g);
	if (g->peers == NULL) {
		log_event(LOG_LEVEL_ERROR, "start", NULL, "no memory for the "
		    "sessions");
		return -1;
	}
	driver_set_arg(g->driver, g->peers);
	if (driver_find_lost(g->driver) != 0) {
		log_event(LOG_LEVEL_ERROR, "start", NULL, "SESSION_EVENT "
		    "cannot be read");
		return -1;
	}
	if (driver_restored(g->driver) != 0) {
		log_event(LOG_LEVEL_ERROR, "start", NULL, "the restore of the "
		    "store cannot be told");
		return -1;
	}
	if (store_chain_trouble(g->chain) != NULL)
		driver_event_gateway(g->driver, SESS_EV_FAULT,
		    store_chain_trouble(g->chain));
	g->auth = auth_new(g->driver, store_moved, g);
	if (g->auth == NULL) {
		log_event(LOG_LEVEL_ERROR, "start", NULL, "no memory, or no "
		    "thread, to check passwords");
		return -1;
	}
	g->jobs = jobs_new(g->loop, store_moved, g);
	if (g->jobs == NULL) {
		log_event(LOG_LEVEL_ERROR, "start", NULL, "no memory for long "
		    "work");
		return -1;
	}
	if (sessions_open(g->sessions, g, err) != 0 ||
	    control_open(&g->control, g, err) != 0) {
		log_event(LOG_LEVEL_ERROR, "start", NULL, "%s", err);
		return -1;
	}
	g->disk = disk_new(g);
	if (g->disk == NULL)
		return -1;
	g->clocks = clocks_new(g);
	if (g->clocks == NULL)
		return -1;
	g->retain = retain_new(g);
	if (g->retain == NULL) {
		log_event(LOG_LEVEL_ERROR, "start", NULL, "no memory for the "
		    "archive");
		return -1;
	}
	if (admin_open(&g->admin, g, err) != 0) {
		log_event(LOG_LEVEL_ERROR, "start", NULL, "%s", err);
		return -1;
	}
	g->expiry = expiry_watch(g->loop, "fixgatectl reload", sessions_expiry,
	    g->sessions);
	sessions_begin(g->sessions);
	return 0;
}

static void
stop(struct gateway *g)
{
	alive_free(g->alive);
	admin_free(g->admin);
	clocks_free(g->clocks);
	disk_free(g->disk);
	expiry_free(g->expiry);
	retain_free(g->retain);
	jobs_free(g->jobs);
	g->jobs = NULL;
	control_free(g->control);
	peers_free(g->peers);
	auth_free(g->auth);
	driver_free(g->driver);
	tables_free(g->tables);
	store_index_close(g->index);
	store_chain_close(g->chain);
	store_close(g->store);
	if (g->timer != NULL)
		timer_free(g->timer);
	sessions_close(g->sessions);
	loop_free(g->loop);
	sessions_free(g->sessions);
	secure_free();
}

int
main(int argc, char **argv)
{
	struct gateway g = { 0 };
	const struct conf_section *sec;
	struct pidfile *pid = NULL;
	struct options o;
	bool ran = false;
	int err;

	o = parse_options(argc, argv);
	g.conf_path = o.conf_path;
	err = conf_load(&g.conf, o.conf_path);
	if (g.conf == NULL) {
		fprintf(stderr, "fixgated: %s\n", fg_strerror(err));
		return EXIT_FAILURE;
	}
	print_faults(g.conf, o.check);
	if (o.check) {
		err = check_only(g.conf, &o, err);
		conf_free(g.conf);
		return err;
	}
	sec = conf_gateway(g.conf);
	g.exit_code = EXIT_FAILURE;
	if (daemon_begin() != 0)
		goto out;
	if (err != 0) {
		fprintf(stderr, "fixgated: %s has errors; not started\n",
		    o.conf_path);
		goto out;
	}
	err = log_open("fixgated", conf_path(sec, CONF_LogTarget));
	if (err != 0) {
		fprintf(stderr, "fixgated: cannot log to %s: %s\n",
		    conf_path(sec, CONF_LogTarget), fg_strerror(err));
		goto out;
	}
	log_set_level((enum log_level)conf_enum(sec, CONF_LogLevel));
	log_set_format((enum log_format)conf_enum(sec, CONF_LogFormat));
	g.started = wall_now();
	if (conf_path(sec, CONF_PidFile) != NULL &&
	    pidfile_open(&pid, conf_path(sec, CONF_PidFile)) != 0)
		goto out;
	if (start(&g) != 0)
		goto stop;
	g.exit_code = EXIT_SUCCESS;
	log_event(LOG_LEVEL_INFO, "ready", NULL, "ready: %zu sessions, store "
	    "%s", driver_count(g.driver), store_uuid(g.store));
	daemon_confine();
	daemon_ready();
	g.alive = alive_new(g.loop);
	loop_run(g.loop);
	ran = true;
stop:
	stop(&g);
	if (ran)
		log_event(LOG_LEVEL_INFO, "stopped", NULL, "stopped");
	pidfile_free(pid);
out:
	conf_free(g.conf);
	return g.exit_code;
}
