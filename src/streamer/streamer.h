/*
 * streamer.h: fixgate-streamer from the inside. All on the loop's thread.
 *
 *	gateway --ROWS--> upstream.c -> rows.c --STREAM_ROWS--> client
 *
 * Each logon of a client has one tail of its own at the process that has the
 * table (upstream.c), and gives it credit only as far as its client gave some
 * and reads: nothing is kept here, a slow client is a tail that waits.
 */
#ifndef FG_STREAMER_STREAMER_H
#define FG_STREAMER_STREAMER_H

#include <sys/queue.h>

#include "base/latency.h"
#include "daemon/remote.h"
#include "daemon/rowdicts.h"
#include "daemon/rows.h"
#include "daemon/server.h"
#include "streamer/load.h"

#define NAME_MAX_BYTES 128 /* of a client's name or key, with its NUL */
#define SOURCE_MAX     192 /* of "UUID/TABLE/INCARNATION" */
#define TEXT_MAX       SCRIPT_ERR_MAX
#define UPSTREAM_TAILS 1024 /* that a gateway gives one connection */

struct streamer;
struct stream;
struct upstream;

/* Where a client is to begin. */
enum from {
	FROM_AFTER,
	FROM_TIME,
	FROM_BEGINNING,
	FROM_LIVE,
	FROM_RESUME, /* its cursor, which then is an AFTER */
};

enum logon_state {
	LOGON_CURSOR,  /* its cursor is asked for */
	LOGON_OPENING, /* its tail is */
	LOGON_ON,      /* rows come */
	LOGON_WAITING, /* for the upstream, or a dictionary */
};

struct logon {
	LIST_ENTRY(logon) of_stream, of_peer;
	struct stream *stream;
	struct server_conn *conn;
	uint64_t ref; /* the client's */
	enum logon_state state;
	bool acked;   /* STREAM_LOGON_ACK was sent */
	char client[NAME_MAX_BYTES], key[NAME_MAX_BYTES];
	struct script_fields fields;
	struct arena arena; /* of the fields */
	enum from from;
	uint64_t at;     /* AFTER, TIME */
	bool take, keep; /* TAKEOVER true, false */
	uint64_t token;  /* of the cursor, with "resume" */
	char source[SOURCE_MAX]; /* "": not known yet */
	uint64_t credit; /* rows that the client still takes */
	/* The tail: */
	uint64_t tail;    /* its ref; 0: none */
	uint64_t granted; /* rows that it may still send */
	uint64_t window;  /* as many at most */
	/* What the client was told: */
	uint64_t upto, oldest, visible;
	bool more;
	unsigned shape; /* of its rows */
	/* For STREAM_LIST: */
	wall_t since;
	uint64_t sent; /* rows */
	int64_t batch_ns; /* that the last replayed batch took */
};

LIST_HEAD(logons, logon);
LIST_HEAD(forwards, forward);

/* How the values of a row are made. */
enum stream_form {
	FORM_ROW,     /* its columns as they come */
	FORM_COLUMNS, /* some of them, as they come */
	FORM_FIELDS,  /* by script_to_row, in the columns' order */
	FORM_MAP,     /* by script_to_row, as a map */
};

struct stream {
	const struct script_stream *script;
	const struct script_view *view; /* NULL: rows of a table as it is */
	const char *table;              /* the view's first one, or script's */
	const char *file;
	struct upstream *up;
	struct logons logons;
	size_t nlogon;
	struct timer *look; /* for clients that are gone */
	bool fresh;         /* nobody has said yet whether its table is there */
	bool ended;         /* terminateOnError */
	bool missing;       /* no such table, or not with these columns */
	char why[TEXT_MAX]; /* one of those, or the last error */
	uint64_t errors;    /* rows that were left out for one */
	mono_t logged;      /* when one was last logged */
	uint64_t unlogged;  /* errors since */
	/* Its rows: since the wake-up that read them. */
	struct latency made, written;
	uint64_t unsent;    /* of this wake-up, still to be written */
	/* Of the table: */
	char source[SOURCE_MAX]; /* "": not known */
	uint64_t oldest, visible;
	struct row_columns in; /* n is 0: not known, or rows are maps */
	bool known;            /* in and maps are */
	unsigned shape;        /* counts how often they changed */
	bool maps;             /* rows of another streamer's toRow */
	size_t timestamp, dict_id, session; /* which of them; in.n: none */
	struct rowdicts *dicts; /* borrowed, or own, NULL: none yet */
	/* Of what is sent: */
	enum stream_form form;
	/* Of each of script->column_out: its index in in, or in.n; its type. */
	size_t *from;
	enum row_type *out_type;
};

struct upstream {
	struct streamer *st;
	struct start_process *process; /* owned */
	struct remote *remote;
	struct forwards forwards;
	bool gateway; /* else another streamer */
	bool ready;   /* connected, and its tables are known */
	struct rowdicts *dicts; /* of a gateway */
};

struct streamer {
	struct start start;
	struct load load;
	struct loop *loop;
	struct server *server;
	struct roles *roles;
	struct upstream **upstream;
	size_t nupstream;
	struct stream **stream;
	size_t nstream;
	struct watchdog *watchdog;
	struct timer *poll;
	unsigned polls;
	uint64_t unsent; /* of all streams */
	struct timer *again; /* logons that stepped back for the others */
	struct row_in row;
};

/* ---- upstream.c: processes, their tables, and tails ---- */

/* Owned; NULL: no memory. */
struct upstream *upstream_open(struct streamer *st,
    const struct start_process *p);
/* Without streams. NULL is legal. */
void upstream_close(struct upstream *u);
/* A stream that came while it was up gets its dictionaries. */
void upstream_join(struct stream *s);
/* Ask what tables there are, if it is up. */
void upstream_look(struct upstream *u);
/* Logons that wait get their tails. */
void upstream_go_on(struct upstream *u);
/* Why it cannot be asked; NULL: it can. */
const char *upstream_trouble(const struct upstream *u);
/* Open the tail of a logon, or its tail behind upto if it had one. */
void upstream_tail(struct logon *l);
/* End it, if there is one: no row of it comes any more. */
void upstream_untail(struct logon *l);
/* Let it send more, if its client can take more. */
void upstream_feed(struct logon *l);
/* Ask for the client's cursor. */
void upstream_cursor(struct logon *l);

/* ---- stream.c: what is served ---- */

/* Owned; NULL: no memory. */
struct stream *stream_open(struct streamer *st,
    const struct load_stream *from, struct upstream *up);
/* Without logons. NULL is legal. */
void stream_close(struct stream *s);
struct stream *stream_find(struct streamer *st, const char *name);
/* What is known of its table now: SOURCE, OLDEST, VISIBLE of a map, and
 * columns. NULL: rows are maps if a tail was opened, else nothing is known. */
void stream_table(struct stream *s, const struct link_val *table,
    const struct link_val *columns, bool opened);
/* It cannot be served: there is no such table. */
void stream_no_table(struct stream *s);
/* Can its view, if it has one, be made of the tables that there are? */
void stream_view(struct stream *s, const struct link_val *tables);
/* An error of its script. true: the stream is ended, and all its logons with
 * it. */
bool stream_error(struct stream *s, const char *text);
/* Look for clients that are gone after logoffTimeout. */
void stream_arm(struct stream *s);

/* ---- logon.c ---- */

void logon_begin(const struct server_ask *a);
void logon_credit(const struct server_ask *a);
void logon_logoff(const struct server_ask *a);
bool logon_feed(void *arg, struct server_conn *sc);
void logon_closed(void *arg, struct server_conn *sc);
/* Its tail is open: the upstream's answer. */
void logon_opened(struct logon *l, const struct link_val *ack);
/* It is not, or its cursor is none: NACK, or STREAM_END if the client was
 * logged on already; l is gone. */
void logon_fail(struct logon *l, const char *code, bool retry,
    const char *text);
/* Are the rows those of another source now, or surely so? Then l is gone. */
bool logon_is_other(struct logon *l, bool surely);
/* Look for clients of a stream that are gone. */
void logon_look(struct stream *s);

/* ---- rows.c ---- */

/* Rows of a logon came. l may be gone afterwards. */
void rows_take(struct logon *l, const struct link_val *details);
/* What was made in this wake-up is written; arg is the struct streamer. */
void rows_flushed(void *arg);

/* ---- reload.c ---- */

/* Open what is in st->load, at the start. 0 or FG_ENOMEM. */
int reload_open(struct streamer *st);
/* SIGHUP: read the files again, and exchange what has changed. */
void reload_hangup(void *arg);
/* Everything is closed. */
void reload_close(struct streamer *st);

/* ---- rights.c ---- */

/* May it have this? If not, it was answered. */
bool rights_may(const struct server_ask *a, const struct server_request *r);
/* There are other roles: who may not be logged on any more is not. */
void rights_look(struct streamer *st);

/* ---- forward.c, list.c ---- */

void forward_ask(const struct server_ask *a);
/* The process is no longer asked: what waits for its answer gets none. */
void forward_end(struct upstream *u);
void list_streams(const struct server_ask *a);
void list_status(const struct server_ask *a);
enum health { HEALTHY, WARNING, ERROR };
const char *health_text(enum health h);
/* text: what to do, or "". */
enum health list_judge(const struct stream *s, char text[TEXT_MAX]);
/* Rows that the client has not been told of. */
uint64_t list_lag(const struct logon *l);

/* metrics.c: of struct start; arg is the struct streamer. */
const char *streamer_metrics(void *arg, struct buf *out);

#endif
