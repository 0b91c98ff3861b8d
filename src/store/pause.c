#include "store/pause.h"

#include "base/now.h"

void
pause_init(struct pause *p)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->ends, &attr);
	pthread_condattr_destroy(&attr);
	p->end = false;
}

void
pause_free(struct pause *p)
{
	pthread_cond_destroy(&p->ends);
	pthread_mutex_destroy(&p->lock);
}

bool
pause_for(struct pause *p, int64_t ns)
{
	int64_t at = mono_now().ns + ns;
	struct timespec until = { at / NS_PER_S, at % NS_PER_S };
	bool end;

	pthread_mutex_lock(&p->lock);
	while (!p->end && ns != 0 &&
	    pthread_cond_timedwait(&p->ends, &p->lock, &until) == 0)
		;
	end = p->end;
	pthread_mutex_unlock(&p->lock);
	return !end;
}

void
pause_end(struct pause *p)
{
	pthread_mutex_lock(&p->lock);
	p->end = true;
	pthread_cond_signal(&p->ends);
	pthread_mutex_unlock(&p->lock);
}
