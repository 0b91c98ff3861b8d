/* check_net.h: one end of a connection that counts what happens to it. */
#ifndef FG_T_NET_CHECK_NET_H
#define FG_T_NET_CHECK_NET_H

#include <check.h>

#include "base/buf.h"
#include "net/net.h"

#define GIVE_UP_MS 120000 /* a test that waits longer has failed */

struct end {
	struct loop *l;
	struct conn *c;  /* NULL once closed */
	struct buf got;  /* what data() took */
	int ndata;
	int nconnected;
	int ndrained;
	int nclosed;
	char why[NET_ERR_MAX];
	size_t leave;    /* data() leaves so many bytes, unless told more */
	size_t bite;     /* data() takes at most so many, then kicks */
	bool mute;       /* data() takes nothing */
	bool echo;       /* data() sends back what it takes */
	bool stays;      /* left() says so */
	int nleft;
	int stop_after;  /* closed() calls that stop the loop; 0: never */
	void (*on_data)(struct end *e); /* instead of all that */
};

extern const struct conn_ops end_ops;

void end_init(struct end *e, struct loop *l);
void end_free(struct end *e);

/* A listener on 127.0.0.1 whose next connection becomes e. */
struct listener *end_listen(struct end *e, const struct conn_limits *lim);
void end_connect(struct end *e, uint16_t port, const struct conn_limits *lim);

/* Run the loop until cond(arg), which is asked after each wake-up, or fail. */
void run_until(struct loop *l, bool (*cond)(void *arg), void *arg);
/* Two connected ends. */
void end_pair(struct loop *l, struct end *a, struct end *b,
    const struct conn_limits *lim);
/* Conditions for run_until. */
bool is_closed(void *end);
bool is_up(void *end);
extern size_t end_wanted; /* bytes that end_has_wanted waits for */
bool end_has_wanted(void *end);

/* Bytes that do not repeat soon; for free(3). */
char *noise(size_t n);
bool same(const struct buf *got, const char *p, size_t n);

Suite *child_suite(void);
Suite *conn_suite(void);
Suite *listener_suite(void);
Suite *loop_suite(void);
Suite *tls_suite(void);

#endif
