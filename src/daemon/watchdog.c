#include "daemon/watchdog.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/now.h"
#include "log/log.h"

#define LOOKS 4 /* in the time that a call may run */

/* Which call was seen how often, and what its thread had computed by then: after
 * a stop of the whole process, or on a machine that is busy with others, a call
 * is old, but not stuck. */
struct seen {
	int64_t started, cpu;
	unsigned looks;
};

struct watchdog {
	struct watchdog_code *code;
	struct seen *seen;
	size_t n;
	int64_t limit;
	clockid_t cpu; /* of the thread that runs the scripts */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
};

static void
look(struct watchdog *w)
{
	const struct watchdog_code *c;
	int64_t started, now;
	struct seen *seen;
	uint64_t row;

	for (c = w->code; c < w->code + w->n; c++) {
		seen = &w->seen[c - w->code];
		started = script_running(c->code, &row);
		now = mono_now().ns;
		if (started == 0 || seen->started != started)
			*seen = (struct seen){ started, now_read(w->cpu), 0 };
		else
			seen->looks++;
		if (seen->looks < LOOKS || now - started < w->limit ||
		    now_read(w->cpu) - seen->cpu < w->limit * 3 / 4)
			continue;
		log_event(LOG_LEVEL_ERROR, "script-stuck", NULL,
		    "%s %s: the script has been busy with row %llu for %.1f s "
		    "and cannot be stopped; the process ends", c->kind, c->name,
		    (unsigned long long)row,
		    (double)(now - started) / NS_PER_S);
		_exit(EXIT_FAILURE);
	}
}

static void *
run(void *arg)
{
	struct watchdog *w = arg;
	struct timespec ts;
	int64_t at;

	pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		look(w);
		at = mono_now().ns + w->limit / LOOKS;
		ts.tv_sec = at / NS_PER_S;
		ts.tv_nsec = at % NS_PER_S;
		pthread_cond_timedwait(&w->wake, &w->lock, &ts);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

struct watchdog *
watchdog_new(const struct watchdog_code *code, size_t n, int64_t limit_ns)
{
	struct watchdog *w = calloc(1, sizeof(*w));
	pthread_condattr_t attr;

	if (w == NULL)
		return NULL;
	w->code = calloc(n + 1, sizeof(*code));
	w->seen = calloc(n + 1, sizeof(*w->seen));
	if (w->code == NULL || w->seen == NULL) {
		free(w->code);
		free(w->seen);
		free(w);
		return NULL;
	}
	if (n > 0)
		memcpy(w->code, code, n * sizeof(*code));
	w->n = n;
	w->limit = limit_ns;
	pthread_getcpuclockid(pthread_self(), &w->cpu);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&w->lock, NULL);
	if (pthread_create(&w->thread, NULL, run, w) == 0)
		return w;
	free(w->code);
	free(w->seen);
	free(w);
	return NULL;
}

void
watchdog_free(struct watchdog *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	free(w->code);
	free(w->seen);
	free(w);
}
