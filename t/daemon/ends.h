/*
 * ends.h: the two ends of a link against each other in one loop, and a
 * connection to the serving end that says whatever a test tells it.
 */
#ifndef FG_T_DAEMON_ENDS_H
#define FG_T_DAEMON_ENDS_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "daemon/remote.h"
#include "daemon/server.h"

/* All-zero at the beginning of each test: it has a process of its own. */
extern struct ends {
	char dir[16], path[64], address[80]; /* of the socket */
	struct loop *loop;
	int wanted; /* of what the conditions count; 1 at the beginning */
	/* the serving end: */
	struct server *server;
	enum server_busy busy;
	unsigned pushes; /* rows that it may send */
	bool flood;      /* it sends rows without end */
	int nclosed, nfed;
	struct server_conn *later; /* who asked LATER */
	uint64_t later_ref;
	/* the asking end: */
	struct remote *remote;
	int nup, ndown, nanswers, nmessages, nlost;
	char last[64], text[256]; /* type and TEXT of the last answer */
	uint64_t last_ref;
	/* the raw connection: */
	char raw_got[65536];
	size_t raw_len;
	int raw_closed;
	const char *raw_say;
	size_t raw_nsay;
} ends;

/* Fixture of every test that uses them. */
void setup(void);
void teardown(void);

void serve(bool read_only);
void dial(unsigned heartbeat);
/* Both, and wait until they know each other. */
void connect_both(unsigned heartbeat);
/* One more request of this type. */
void ask(const char *type);
/* For remote_ask(): keeps and counts the answer. */
void answered(void *arg, const struct link_msg *m);

/* A connection to the serving end, that says these bytes; what it hears is
 * kept. */
struct conn *raw(const void *say, size_t n);
/* Did it hear this? */
bool raw_said(const char *what);
extern const struct conn_ops raw_ops;
/* HELLO with this version, for raw(). */
void hello(struct buf *b, uint64_t version, unsigned heartbeat);

/* Run the loop; the test fails if the condition stays false. */
void run_until(bool (*cond)(void));
bool has_answers(void);
bool has_messages(void);
bool is_up(void);
bool is_down(void);
bool all_closed(void);
bool is_asked_later(void);
bool is_raw_closed(void);

/* The parts of check_link.c in other files. */
TCase *beat_case(void);
TCase *frames_case(void);
TCase *addresses_case(void);

#endif
