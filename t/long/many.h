/*
 * many.h: what the parts of many share.
 *
 *	many.c       all of it, and what it measures
 *	many_peer.c  the counterparties
 *	many_app.c   the application behind the gateway
 */
#ifndef FG_T_LONG_MANY_H
#define FG_T_LONG_MANY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MANY_MSG  1024 /* bytes of a message, of either side */
#define MANY_IN   (16 * MANY_MSG)
#define MANY_LAGS (1U << 20) /* that are kept */
#define LIMIT_S   240.0 /* for all to log on, to be answered, to log out */

enum state { CONNECTING, LOGGING_ON, ON, LOGGING_OUT, GONE };

struct peer {
	int fd;
	enum state state;
	unsigned long next_out, next_in;
	double began, sent, got; /* the connect; the last message */
	double next_order, interval;
	unsigned long orders, seen, reports; /* sent; by the application; back */
	size_t len;
	char in[MANY_IN];
};

extern struct peer *peers;
extern unsigned count, left[GONE + 1]; /* peers in each state */
extern double heart, seconds, rate;

/* What was measured. */
struct sums {
	unsigned long orders, reports, sent, received, heartbeats, acks;
	double overdue, late, logon; /* the worst, in seconds */
	double *lag;
	size_t nlags;
};
extern struct sums sum;

#define WHO(p) (unsigned)((p) - peers)

double now_s(void);
double roll(void); /* 0 to 1 */
/* Let epoll tell who of what; op EPOLL_CTL_ADD or EPOLL_CTL_MOD. */
void watch(int fd, unsigned what, void *who, int op);

/* many_peer.c */
void connect_peer(struct peer *p, uint16_t port);
void on_peer(struct peer *p);
/* When it sends its first order, and how often. */
void set_interval(struct peer *p);
/* Send an order or a heartbeat if that is due. */
void look_after(struct peer *p, double now, bool orders);
void log_out(struct peer *p);
/* The value of a field that is not the first; NULL: there is none. */
const char *field(const char *msg, const char *tag, char value[64]);

/* many_app.c */
extern const char app_is_there; /* what epoll tells */
void app_open(const char *path);
void on_app(void);
void app_close(void);

#endif
