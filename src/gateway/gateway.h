/*
 * gateway.h: fixgated as a whole: what its parts need of each other.
 *
 *	main.c      start, signals, stop
 *	sessions.c  sessions out of the settings; create.c, template.c, reload*.c:
 *	            those that come, change and go while it runs
 *	peers.c     FIX connections -> driver_recv, driver_connected ...
 *	            (listen.c, visitor.c, introduce.c, known.c; initiate.c; window.c)
 *	control*.c  fixgatectl's connections -> driver_send, driver_reset ...
 *	driver.c    session machines -> store transaction -> release queue
 *	            -> peers, control (driver_int.h has its parts)
 *	feeder.c    rows of the store -> READ and TAIL, on a thread of its own
 *	job.c       long work on the store: backup, verify, archive
 */
#ifndef FG_GATEWAY_GATEWAY_H
#define FG_GATEWAY_GATEWAY_H

#include "base/clock.h"
#include "conf/conf.h"
#include "gateway/driver.h"
#include "gateway/peers.h"
#include "net/net.h"
#include "store/store.h"

struct admin;
struct auth;
struct clocks;
struct expiry_watch;
struct control;
struct disk;
struct jobs;
struct retain;
struct sessions;
struct tables;
struct alive;

struct gateway {
	const char *conf_path;
	struct conf *conf;
	struct loop *loop;
	struct store *store;
	struct store_index *index; /* NULL: IndexTags=none */
	struct store_chain *chain;
	struct tables *tables;
	struct driver *driver;
	struct auth *auth;
	struct sessions *sessions;
	struct peers *peers;
	struct control *control;
	struct admin *admin;
	struct jobs *jobs;
	struct retain *retain;
	struct disk *disk;
	struct clocks *clocks;
	struct expiry_watch *expiry;
	struct timer *timer; /* the driver's next */
	struct alive *alive;
	wall_t started;
	int exit_code;
	bool stopping;
	bool closed; /* all sessions are, for it stops */
};

#endif
