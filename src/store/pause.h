/*
 * pause.h: a thread that works now and then, and is told to end: between its
 * rounds it is in pause_for, which the end cuts short. Thread-safe.
 */
#ifndef FG_STORE_PAUSE_H
#define FG_STORE_PAUSE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct pause {
	pthread_mutex_t lock;
	pthread_cond_t ends;
	bool end;
};

void pause_init(struct pause *p);
void pause_free(struct pause *p);
/* Wait so many ns, 0: do not. false: the thread is to end. */
bool pause_for(struct pause *p, int64_t ns);
/* From another thread, which joins it then. */
void pause_end(struct pause *p);

#endif
