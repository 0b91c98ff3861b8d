#include "gateway/disk.h"

#include <stdlib.h>
#include <sys/statvfs.h>

#include "base/thread.h"
#include "daemon/folder.h"
#include "gateway/gateway.h"
#include "gateway/status.h"
#include "log/log.h"
#include "store/pause.h"

#define LOOK_NS  (1 * NS_PER_S)
#define COUNT_NS (10 * NS_PER_S) /* between counts of the bytes of all files */
#define MB       (1024 * 1024)

struct disk {
	struct gateway *g;
	struct timer *timer;
	const char *path;
	uint64_t least; /* MinDiskFree, bytes */
	uint64_t free;
	enum disk_level level;
	pthread_t thread; /* counts the bytes of the store's files */
	bool counts;
	struct pause pause;
	_Atomic uint64_t used;
	bool silent; /* it does not answer */
	mono_t since;
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

/* Only Durability=synced waits for it. */
static void
look_silent(struct disk *d)
{
	mono_t now = loop_now(d->g->loop).mono;
	int64_t lag = driver_lag(d->g->driver, now);

	if (!d->silent && lag > STATUS_STALL_NS) {
		d->silent = true;
		d->since = mono_add(now, -lag);
		log_event(LOG_LEVEL_ERROR, "disk", NULL, "store %s: the disk "
		    "has not answered for %lld s: nothing leaves, and "
		    "counterparties will hang up", d->path,
		    (long long)(lag / NS_PER_S));
	} else if (d->silent && lag == 0) {
		d->silent = false;
		log_event(LOG_LEVEL_WARN, "disk", NULL, "store %s: the disk "
		    "answers again, after %lld s", d->path,
		    (long long)((now.ns - d->since.ns) / NS_PER_S));
	}
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
	look_silent(d);
	log_tick();
	timer_set(d->timer, mono_add(loop_now(d->g->loop).mono, LOOK_NS));
}

/* There may be many files, and the loop cannot wait for them. */
static void *
count(void *arg)
{
	struct disk *d = arg;

	do
		d->used = folder_bytes(d->path);
	while (pause_for(&d->pause, COUNT_NS));
	return NULL;
}

static void
stop_count(struct disk *d)
{
	pause_end(&d->pause);
	if (d->counts)
		pthread_join(d->thread, NULL);
	pause_free(&d->pause);
}

uint64_t
disk_bytes_used(struct disk *d)
{
	return d->used;
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
	pause_init(&d->pause);
	/* Without it the size is not known. */
	d->counts = thread_start(&d->thread, count, d) == 0;
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
