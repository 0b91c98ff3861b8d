/*
 * mem.h: the smallest driver of a session machine, for tests: rows in memory,
 * bytes sent into a list, time set by hand. It also checks, in every test, what
 * must always hold for the actions (mem.c: check_send, check_in).
 */
#ifndef FG_T_SESSION_MEM_H
#define FG_T_SESSION_MEM_H

#include "session/session.h"

struct mem_msg {
	uint64_t seq;
	uint32_t epoch;
	wall_t arrived;
	char *p;
	size_t len;
};

struct mem_list {
	struct mem_msg *v;
	size_t n, cap;
};

struct mem {
	struct sess *s;
	const struct fix_lens *lens;
	struct now now;
	struct buf stream;     /* received, not framed yet */
	struct mem_list in;    /* FIX_IN */
	struct mem_list out;   /* FIX_OUT */
	struct mem_list other; /* FIX_IN_OTHER: seq is the reason */
	struct mem_list event; /* seq is the event, p its text */
	struct mem_list kept;
	struct mem_list sent;  /* to be taken by the test, from sent_at on */
	size_t sent_at;
	struct sess_seqs committed;
	bool state_due;  /* a STORE came, its STATE did not */
	bool closed;     /* DISCONNECT came */
	bool pause_rows; /* the test gives the rows of a resend (mem_rows) */
	uint64_t row_next, row_last; /* of the running resend; last 0: none */
	int row_id;
};

void mem_open(struct mem *m, const struct sess_cfg *cfg,
    const struct sess_seqs *seqs, struct dict_scratch *scratch);
void mem_close(struct mem *m);

void mem_connect(struct mem *m);
void mem_disconnect(struct mem *m);
/* Bytes from the peer, in any pieces. */
void mem_receive(struct mem *m, const char *p, size_t n);
/* Returns the result of sess_send. */
int mem_send(struct mem *m, const char *type, const char *fields,
    uint64_t *seq);
/* Let ns pass, ticking at each sess_due on the way. */
void mem_pass(struct mem *m, int64_t ns);
/* Give at most n rows of the running resend, and its end if that was all. */
void mem_rows(struct mem *m, size_t n);
/* Run the actions of a call that the test made itself. */
void mem_run(struct mem *m, const struct sess_acts *a,
    const struct fix_msg *msg, wall_t arrived);
/* The next message sent, or NULL. */
const struct mem_msg *mem_taken(struct mem *m);

void mem_add(struct mem_list *l, struct mem_msg msg, const char *p, size_t n);
void mem_list_free(struct mem_list *l);
const struct mem_msg *mem_find(const struct mem_list *l, uint32_t epoch,
    uint64_t seq);
/* Does the message have this field (as "43=Y")? */
bool mem_has(const char *p, size_t n, const char *field);

/* Stop the test program with a message. */
void mem_fail(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));

#endif
