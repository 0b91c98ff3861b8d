/* thread.h: threads that get no signals: those are for the main thread. */
#ifndef FG_BASE_THREAD_H
#define FG_BASE_THREAD_H

#include <pthread.h>

/* 0 or FG_E*. Whoever starts a thread joins it. */
int thread_start(pthread_t *t, void *(*run)(void *), void *arg);

#endif
