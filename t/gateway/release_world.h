/*
 * release_world.h: a driver whose store is in memory, where the test moves the
 * durable mark by hand, and whose transport is a list of what left.
 */
#ifndef T_GATEWAY_RELEASE_WORLD_H
#define T_GATEWAY_RELEASE_WORLD_H

#include <check.h>

#include "gateway/fields.h"
#include "wakes.h"

/* What left, one line each: "send 35=0 34=2" or "disconnect" or "drop". */
struct release_world {
	struct store *store;
	struct driver *driver;
	struct fgsess *fs;
	struct now now;
	struct fields fields;
	char left[64][96];
	size_t nleft;
	uint64_t peer_seq;
	int answered, answer_err;
	int answers; /* calls of ops.answered */
	uint64_t answer_seq;
	bool fatal, is_full;
	int fail_with; /* what the fault hook answers at "commit" */
	int no_recovery; /* and at "recover" */
};

extern struct release_world rw;
extern const struct driver_ops rw_ops;

#define LEFT(i, text) ck_assert_str_eq(text, rw.left[i])

void rw_setup(void);
void rw_teardown(void);
/* End the wake-up. */
void rw_end(void);
/* Time passes. */
void rw_pass(int64_t ns);
/* The peer sends; the wake-up is not ended. */
void rw_peer(const char *type, const char *body);
/* It is connected and logs on. */
void rw_logon(void);
/* For driver_send: counts the answer. */
void rw_answered(void *arg, const struct release_done *done);
/* An application sends; 0 or FG_E*. */
int rw_send_order(const char *id);

/* waiting.c */
TCase *waiting_cases(void);

#endif
