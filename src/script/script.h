/*
 * script.h: the streams and clients that users write in Lua (fixgate-lua(5)).
 *
 * A file is loaded into plain structures, which the program reads, and
 * functions, which it calls for each row. Each stream and each client has a
 * Lua state of its own, with limits of its own: the file is run once for each,
 * so that what a script keeps in its variables is its own, too.
 *
 * One thread at a time may call the functions of one stream or client; any
 * thread may ask script_running.
 *
 * An absent field is nil, so that `row.Text or ""`, `row.Text == nil` and
 * `if row.Text then` mean what they say; but nil is in no order with anything:
 * `row.LastQty > 1000` is false, not an error, when LastQty is absent. (A value
 * of our own with that order would be true in an `if` and unequal to nil.)
 * Every other use of nil is the error that Lua makes of it.
 */
#ifndef FG_SCRIPT_SCRIPT_H
#define FG_SCRIPT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "dict/dict.h"

#define SCRIPT_ERR_MAX 1024 /* bytes of an error text */

/* 0: the default. */
struct script_limits {
	size_t memory;      /* bytes of one state; default 32 MiB */
	int64_t steps;      /* of one call; default 1,000,000 */
	int64_t load_steps; /* of running the file; default 10,000,000 */
};

/* ---- rows and values ---- */

enum script_type {
	SCRIPT_ABSENT,
	SCRIPT_BOOL,
	SCRIPT_INT,
	SCRIPT_DECIMAL, /* text: digits with '-' and '.', no exponent */
	SCRIPT_STRING,  /* any bytes, times too */
	SCRIPT_GROUP,   /* a list of field lists */
};

struct script_fields;

struct script_value {
	enum script_type type;
	bool b;
	int64_t i;
	const char *p; /* DECIMAL and STRING; no NUL is promised */
	size_t len;
	const struct script_fields *group; /* len of them */
};

struct script_field {
	const char *name;
	struct script_value value;
};

struct script_fields {
	const struct script_field *field;
	size_t n;
};

/* A row as it came: one value for each column; all borrowed for one call. */
struct script_row {
	const char *const *column;
	const struct script_value *value;
	size_t n;
	uint64_t sequence;
	/* It has names of its own, not columns: one that is not there is
	 * absent, not unknown. */
	bool own_names;
	/* Of a fixStream: the dictionaries under which the message was
	 * accepted (twice the same before FIXT.1.1); else NULL. */
	const struct dict *transport, *app;
};

/* ---- streamer.lua ---- */

/* What the options of a stream are if they are not given. */
#define SCRIPT_BATCH_SIZE     100
#define SCRIPT_MAX_LOGONS     1
#define SCRIPT_LOGOFF_TIMEOUT 5000

struct script_code; /* a Lua state and its functions */

struct script_process {
	const char *name;
	const char *address; /* unix:, tcp:, tls: or exec: */
	unsigned line;
};

/* Who may do what at the addresses of listen(). */
struct script_role {
	const char *name;
	unsigned line;
	const char *users; /* names, numbers or *, with commas; NULL: none */
	const char *const *certificate; /* names, or *; NULL ends them */
	const char *read; /* streams, with commas; "all"; "none" */
	bool operate;
};

struct script_stream {
	const char *name;
	const char *process; /* one of the file's */
	const char *table;   /* or, of another streamer, a stream */
	unsigned line;
	bool fix;
	const char *column;   /* fixStream: that holds the message */
	const char *msg_type; /* fixStream: a message's name; NULL: all */
	int64_t batch_size;
	int64_t max_logons;
	int64_t logoff_timeout; /* ms */
	bool terminate_on_error;
	bool admin; /* also rows of session-level messages */
	bool has_where;
	bool has_to_row;
	/* What script_to_row makes, in its order; NULL: toRow decides, or it is
	 * the row's own columns. */
	const char *const *column_out;
	/* The column or field that each is as it stands; NULL: formatted. */
	const char *const *source_out;
	size_t ncolumn_out;
	struct script_code *code;
};

struct script_join {
	const char *name;  /* prefix of its columns in the view */
	const char *table; /* a keyed table */
	const char *on;    /* column of the base table */
};

struct script_view {
	const char *name;
	const char *process;
	const char *table; /* the base table: "from" */
	unsigned line;
	const struct script_join *join; /* sorted by name */
	size_t njoin;
};

struct script_streams {
	const struct script_process *process;
	size_t nprocess;
	const struct script_process *listen; /* name is NULL */
	size_t nlisten;
	const struct script_role *role;
	size_t nrole;
	struct script_stream *stream;
	size_t nstream;
	struct script_view *view;
	size_t nview;
};

/*
 * Load a streamer's file from its text. 0 and *out, owned by the caller; or
 * FG_EINVAL with a line "path:line: text" in faults for each fault of the file;
 * or FG_ENOMEM.
 */
int script_load_streams(struct script_streams **out, const char *path,
    const char *text, size_t len, const struct script_limits *limits,
    struct buf *faults);
void script_streams_free(struct script_streams *s);

/*
 * Is the row wanted? logon: the fields that the client gave (may be NULL). Also
 * false for a message of another type, and, after onParsingError or a line in
 * the log, for one that cannot be read. 1, 0, or FG_E* (script_error).
 */
int script_where(const struct script_stream *s, const struct script_row *row,
    const struct script_fields *logon);

/* Was its message one of none of the dictionaries up to now? */
bool script_lacks_message(const struct script_stream *s);

/* What the stream makes of a row, for which script_where said 1. 1 and *out,
 * valid until the next call on s, and as long as the row, which its texts point
 * into; 0: toRow returned nil, nothing is sent; or FG_E* (script_error). */
int script_to_row(const struct script_stream *s, const struct script_row *row,
    struct script_fields *out);

/* ---- client.lua ---- */

enum script_start {
	SCRIPT_START_NONE, /* a client without a cursor does not start */
	SCRIPT_START_BEGINNING,
	SCRIPT_START_LIVE,
	SCRIPT_START_SEQUENCE, /* rows after start_sequence */
	SCRIPT_START_TIME,     /* rows from start_time on */
};

enum script_takeover {
	SCRIPT_TAKEOVER_DEAD, /* if the other missed its heartbeats */
	SCRIPT_TAKEOVER_ALWAYS,
	SCRIPT_TAKEOVER_NEVER,
};

struct script_range {
	int64_t low, high; /* s */
};

struct script_send {
	const char *process, *event;
	const char *id; /* part of the lane; unique in its block */
	const char *lane_on; /* field of the event; NULL: one lane */
	int64_t age; /* s that an event may be old; -1: the target's rule */
	bool park;   /* onHandlerDown = "park", else "wait" */
	unsigned line;
	struct script_code *code;
	struct script_out *how; /* function, fields, or the whole message */
};

struct script_block {
	const char *key;   /* unique in its client */
	const char *value; /* of the selectOn field; NULL: not selective */
	unsigned line;
	const struct script_send *send;
	size_t nsend;
	bool has_where;
	int where; /* for script.c */
};

struct script_client {
	const char *name;
	const char *process, *stream; /* dataSource */
	const char *select_on;        /* NULL: not selective */
	unsigned line;
	bool replayable;
	enum script_start start;
	uint64_t start_sequence;
	wall_t start_time;
	enum script_takeover takeover;
	int64_t event_handler_buffer;
	int64_t update_frequency; /* ms */
	struct script_range sent_warning, receive_warning;
	int64_t quarantine_rows, quarantine_seconds; /* more stops the lane */
	struct script_fields logon; /* sent at logon, sorted by name */
	const struct script_block *block;
	size_t nblock;
	struct script_code *code;
};

struct script_clients {
	const struct script_process *process;
	size_t nprocess;
	const struct script_process *listen; /* name is NULL */
	size_t nlisten;
	const struct script_role *role;
	size_t nrole;
	struct script_client *client;
	size_t nclient;
};

/* As script_load_streams. */
int script_load_clients(struct script_clients **out, const char *path,
    const char *text, size_t len, const struct script_limits *limits,
    struct buf *faults);
void script_clients_free(struct script_clients *c);

/* Does the block take the row: has it the block's value, and does where say
 * so? 1, 0, or FG_E* (script_error). */
int script_block_takes(const struct script_client *c,
    const struct script_block *b, const struct script_row *row);

/*
 * The events that a send makes of a row: their number, and *part, valid until
 * the next call on the client, and as long as the row; 0: nothing is to be sent, the row is settled;
 * FG_E*: the row cannot be handled (script_error). Fields are in the order of
 * the columns, of the fields that were listed, then of their names.
 */
int script_send_values(const struct script_send *s,
    const struct script_row *row, const struct script_fields **part);

/* ---- both ---- */

/* The text of the last failure: "file:line: stream X, row N: text". Valid until
 * the next call on it. */
const char *script_error(const struct script_code *code);

/*
 * When the running call started (monotonic ns), and of which row; 0: no call is
 * running. Any thread. A call whose Lua code runs too long ends by its budget;
 * this is for a watchdog thread that sees one stuck in a function of the C
 * library.
 */
int64_t script_running(const struct script_code *code, uint64_t *row);

#endif
