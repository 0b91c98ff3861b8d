#include "gateway/disk.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <time.h>

#include "daemon/folder.h"
#include "gateway/gateway.h"
#include "log/log.h"

#define LOOK_NS (1 * NS_PER_S)
#define COUNT_S 10 /* between counts of the bytes of all files */
#define MB      (1024 * 1024)

struct disk {
	struct gateway *g;
	struct timer *timer;
	const char *path;
	uint64_t least; /* MinDiskFree, bytes */
	uint64_t free;
	enum disk_level level;
	pthread_t thread; /* counts the bytes of the store's files */
	bool counts;
	pthread_mutex_t lock; /* of the rest */
	pthread_cond_t stops;
	bool stop;
	uint64_t used;
};

static enum disk_level
judge(const struct disk *d)
{
	if (d->free >= d->least)
		return DISK_ENOUGH;
	return d->free >= d->least / 2 ? DISK_LOW : DISK_OUT;
}

static void
enter(struct disk *d, enum disk_level level)
{
	unsigned long long mb = d->free / MB, least = d->least / MB;

	switch (level) {
	case DISK_ENOUGH:
		log_event(LOG_LEVEL_WARN, "disk", NULL, "store %s: %llu MB "
		    "free: all is taken again", d->path, mb);
		break;
	case DISK_LOW:
		log_event(LOG_LEVEL_WARN, "disk", NULL, "store %s: %llu MB "
		    "free, less than MinDiskFree=%llu: no new message is taken "
		    "to be sent until there is more", d->path, mb, least);
		break;
	case DISK_OUT:
		log_event(LOG_LEVEL_ERROR, "disk", NULL, "store %s: %llu MB "
		    "free, less than half of MinDiskFree=%llu: all sessions "
		    "are logged out until there is more", d->path, mb, least);
		break;
	}
	d->level = level;
	driver_set_low(d->g->driver, level != DISK_ENOUGH);
	peers_halt(d->g->peers, level == DISK_OUT);
}

static void
look(void *arg)
{
	struct disk *d = arg;
	struct statvfs fs;

	if (statvfs(d->path, &fs) == 0) {
		d->free = (uint64_t)fs.f_bavail * fs.f_frsize;
		if (judge(d) != d->level)
			enter(d, judge(d));
	}
	log_tick();
	timer_set(d->timer, mono_add(loop_now(d->g->loop).mono, LOOK_NS));
}

/* There may be many files, and the loop cannot wait for them. */
static void *
count(void *arg)
{
	struct disk *d = arg;
	struct timespec until;
	uint64_t used;

	pthread_mutex_lock(&d->lock);
	while (!d->stop) {
		pthread_mutex_unlock(&d->lock);
		used = folder_bytes(d->path);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += COUNT_S;
		pthread_mutex_lock(&d->lock);
		d->used = used;
		if (!d->stop)
			pthread_cond_timedwait(&d->stops, &d->lock, &until);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

/* Signals are for the loop's thread. Without it the size is not known. */
static void
start_count(struct disk *d)
{
	sigset_t all, before;

	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->stops, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	d->counts = pthread_create(&d->thread, NULL, count, d) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void
stop_count(struct disk *d)
{
	pthread_mutex_lock(&d->lock);
	d->stop = true;
	pthread_cond_signal(&d->stops);
	pthread_mutex_unlock(&d->lock);
	if (d->counts)
		pthread_join(d->thread, NULL);
	pthread_cond_destroy(&d->stops);
	pthread_mutex_destroy(&d->lock);
}

uint64_t
disk_bytes_used(struct disk *d)
{
	uint64_t used;

	pthread_mutex_lock(&d->lock);
	used = d->used;
	pthread_mutex_unlock(&d->lock);
	return used;
}

struct disk *
disk_new(struct gateway *g)
{
	const struct conf_section *sec = conf_gateway(g->conf);
	struct disk *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->g = g;
	d->path = conf_path(sec, CONF_StorePath);
	d->least = (uint64_t)conf_int(sec, CONF_MinDiskFree) * MB;
	d->timer = timer_new(g->loop, look, d);
	if (d->timer == NULL) {
		free(d);
		return NULL;
	}
	look(d);
	start_count(d);
	return d;
}

void
disk_settle(struct disk *d, const struct conf_section *sec)
{
	d->least = (uint64_t)conf_int(sec, CONF_MinDiskFree) * MB;
	look(d);
}

void
disk_free(struct disk *d)
{
	if (d == NULL)
		return;
	stop_count(d);
	timer_free(d->timer);
	free(d);
}

enum disk_level
disk_level(const struct disk *d)
{
	return d->level;
}

uint64_t
disk_bytes_free(const struct disk *d)
{
	return d->free;
}
