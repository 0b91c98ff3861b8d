#include "base/thread.h"

#include <signal.h>

#include "base/err.h"

int
thread_start(pthread_t *t, void *(*run)(void *), void *arg)
{
	sigset_t all, before;
	int sys;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	sys = pthread_create(t, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return fg_errno(sys);
}
