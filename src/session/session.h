/*
 * session.h: the FIX session machine. Pure: the time is a parameter, the output
 * is an ordered list of actions. It does no I/O, reads no clock, and allocates
 * nothing after sess_new (the action list is its caller's and grows by itself).
 * Same inputs, same actions, always.
 *
 * Rules: spec "session behaviour" R1-R11, cited at the code as [Rn] and [case];
 * the FIX standard's session chapters for the rest.
 *
 * How it is driven (gateway/driver.h): the driver runs the actions of one call
 * in their order before the next call on the same session. What STORE_* and
 * STATE ask for is committed, with all else of the same wake-up, before any
 * SEND or DISCONNECT of it is done.
 */
#ifndef FG_SESSION_SESSION_H
#define FG_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "dict/dict.h"
#include "fix/msg.h"
#include "session/cfg.h"

struct sess;

#define SESS_STATES(X)                                                         \
	X(DOWN, "not connected")                                               \
	X(LOGON_WAIT, "waiting for the counterparty's Logon")                  \
	X(LOGON_SENT, "waiting for the answer to our Logon")                   \
	X(ON, "logged on")                                                     \
	X(LOGOUT_SENT, "waiting for the answer to our Logout")                 \
	X(ENDING, "waiting for the connection to close")

enum sess_state {
#define X(name, text) SESS_##name,
	SESS_STATES(X)
#undef X
};

const char *sess_state_text(enum sess_state st);

/* What SESSION_EVENT rows say; the names are the rows' EVENT column. */
#define SESS_EVENTS(X)                                                         \
	X(CONNECTED, "connected")                                              \
	X(LOGGED_ON, "logged-on")                                              \
	X(LOGGED_OUT, "logged-out")                                            \
	X(REFUSED, "refused")                                                  \
	X(DISCONNECTED, "disconnected")                                        \
	X(RESET, "reset")                                                      \
	X(SEQ_SET, "sequence-set")                                             \
	X(GAP_OPEN, "gap-open")                                                \
	X(GAP_CLOSED, "gap-closed")                                            \
	X(SKIPPED, "numbers-skipped")                                          \
	X(RESEND, "resend")                                                    \
	X(REJECTED, "rejected")                                                \
	X(TIMEOUT, "timeout")                                                  \
	X(IN_DOUBT, "in-doubt")                                                \
	X(STARTED, "started")                                                  \
	X(STOPPED, "stopped")                                                  \
	X(FAULT, "fault")                                                      \
	X(ADDED, "added")                                                      \
	X(CHANGED, "changed")                                                  \
	X(REMOVED, "removed")                                                  \
	X(EXPIRED, "expired")                                                  \
	X(ENABLED, "enabled")                                                  \
	X(DISABLED, "disabled")                                                \
	X(HALTED, "halted")                                                    \
	X(RESUMED, "resumed")                                                  \
	X(CANCEL, "cancel-on-disconnect")                                      \
	X(USER, "user")                                                        \
	X(CURSOR, "cursor")                                                    \
	X(QUARANTINE, "quarantine")                                            \
	X(RELOADED, "reloaded")                                                \
	X(BY_HAND, "by-hand")                                                 \
	X(RESTORED, "restored")

enum sess_event {
#define X(name, text) SESS_EV_##name,
	SESS_EVENTS(X)
#undef X
};

const char *sess_event_text(enum sess_event ev);

/* What survives a restart; what the store keeps of a session. */
struct sess_seqs {
	uint64_t next_in;  /* number expected from the peer */
	uint64_t next_out; /* number of our next message */
	uint32_t epoch;    /* raised by every reset of the numbers */
	wall_t created;    /* when this epoch began */
	/* It began with our Logon that asked for the reset on an open
	 * connection. While nothing has come in it, the peer may not know of
	 * it: the next Logon asks again. */
	bool asked_reset;
};

/* ---- actions ---- */

enum sess_act_kind {
	/* The message given to sess_recv was processed in sequence: a FIX_IN
	 * row with MsgSeqNum seq. */
	SESS_STORE_IN,
	/* It was not: a FIX_IN_OTHER row; code is an enum sess_other, bytes
	 * the reason. */
	SESS_STORE_OTHER,
	/* bytes are a message of ours, number seq: a FIX_OUT row. Not for
	 * resends and gap fills that answer a ResendRequest: they use no
	 * number. */
	SESS_STORE_OUT,
	/* bytes go to the peer, once this wake-up's commit is released. */
	SESS_SEND,
	/* The state to commit is sess_seqs() at this point. */
	SESS_STATE,
	/* SESSION_EVENT row: code is an enum sess_event, bytes its text; seq
	 * and seq2 are numbers it is about, or 0. */
	SESS_EVENT,
	/* Fetch our stored messages seq ... seq2 (inclusive) of this epoch and
	 * give each, ascending, to sess_stored, then call sess_stored_end;
	 * after this wake-up's commit is released. */
	SESS_RESEND,
	/* Keep a copy of the message given to sess_recv, as early number
	 * seq. */
	SESS_KEEP,
	/* If message seq was kept, give it to sess_recv (with SESS_RECALLED)
	 * and forget it: before what comes from the peer next, but behind the
	 * first rows of a SESS_RESEND in the same list, which answers a message
	 * in front of it. */
	SESS_RECALL,
	/* Forget all kept messages. */
	SESS_FORGET,
	/* Close the connection when all before it is sent. */
	SESS_DISCONNECT,
};

/* Why a received message became no FIX_IN row. */
#define SESS_OTHERS(X)                                                         \
	X(DUPLICATE, "duplicate")                                              \
	X(TOO_LOW, "too-low")                                                  \
	X(REFUSED, "refused")                                                  \
	X(EARLY_DROPPED, "early-dropped")                                      \
	X(GARBLED, "garbled")                                                  \
	X(INVALID, "invalid")                                                  \
	X(BEFORE_LOGON, "before-logon")                                        \
	X(UNSEQUENCED, "unsequenced")

enum sess_other {
#define X(name, text) SESS_OTHER_##name,
	SESS_OTHERS(X)
#undef X
};

const char *sess_other_text(enum sess_other o);

struct sess_act {
	enum sess_act_kind kind;
	int code;
	uint32_t epoch; /* in which it happened */
	uint64_t seq, seq2;
	size_t off, len; /* bytes, in acts.bytes */
	/* Of a SESS_EV_REJECTED that a Reject or, of a Reject, nothing tells:
	 * enum fix_reject + 1, and its tag or DICT_NO_TAG; reason 0: other. */
	int reason;
	int32_t tag;
};

/* Zero-initialise once, sess_acts_clear before each call (or let calls add up),
 * sess_acts_free at the end. err is sticky: FG_ENOMEM. */
struct sess_acts {
	struct sess_act *act;
	size_t n, cap;
	struct buf bytes;
	int err;
};

void sess_acts_clear(struct sess_acts *a);
void sess_acts_free(struct sess_acts *a);

/* ---- life ---- */

/* Returns owned, or NULL: no memory. cfg is copied, its strings are borrowed.
 * scratch is borrowed, may be shared by all sessions of a thread. */
struct sess *sess_new(const struct sess_cfg *cfg, const struct sess_seqs *seqs,
    struct dict_scratch *scratch);
void sess_free(struct sess *s);

/* Before a restart it was logged on, and what ended that is known only so far:
 * for CancelOnDisconnect. Before the first input. */
void sess_was_on(struct sess *s, struct now now, bool logged_out);

/* ---- inputs; each appends to *a ---- */

/* The connection is up. An initiator sends its Logon, an acceptor waits. */
void sess_connected(struct sess *s, struct now now, struct sess_acts *a);

/* The connection is gone (after a DISCONNECT, too); text is why, for the
 * event. */
void sess_disconnected(struct sess *s, struct now now, const char *text,
    struct sess_acts *a);

#define SESS_RECALLED 1 /* flags: an early message that was kept */

/* A clean frame, indexed. m and its bytes need to live until the call returns.
 * arrived: when it came (CheckLatency looks at this, so that a kept message
 * does not grow old while it waits). */
void sess_recv(struct sess *s, struct now now, const struct fix_msg *m,
    wall_t arrived, unsigned flags, struct sess_acts *a);

/* A Logon was refused before it came here, though it is of the peer: a
 * connection that is up and has nothing else yet ends, with a Logout that says
 * text if RefusedLogon asks for one. */
void sess_refuse(struct sess *s, struct now now, const struct fix_msg *m,
    const char *text, struct sess_acts *a);

/* A garbled frame; m has the fields before what is wrong, or none. It is
 * dropped, or answered if RejectGarbledMessage is set and it tells its number.
 * */
void sess_garbled(struct sess *s, struct now now, const struct fix_msg *m,
    enum fix_garble why, struct sess_acts *a);

/*
 * Send an application message. fields are complete body (and optional header)
 * fields, each ended by SOH: header fields among them (50 57 97 115 ...) go
 * to the header; 8 9 34 35 49 52 56 10 are refused with FG_EINVAL. The session
 * need not be logged on: then the message is numbered and stored only.
 * 0 and *seq = its MsgSeqNum, or FG_EINVAL / FG_ELIMIT: nothing was done.
 */
int sess_send(struct sess *s, struct now now, const char *msg_type,
    const char *fields, size_t len, struct sess_acts *a, uint64_t *seq);

/* Would sess_send take these fields? 0 or FG_EINVAL / FG_ELIMIT. */
int sess_check(const struct sess *s, const char *msg_type, const char *fields,
    size_t len);

/* A row for a running SESS_RESEND: the stored bytes of our message seq. */
void sess_stored(struct sess *s, struct now now, uint64_t seq,
    const char *msg, size_t len, struct sess_acts *a);
/* No more rows for it. */
void sess_stored_end(struct sess *s, struct now now, struct sess_acts *a);

/* Timers; call when sess_due() is reached (earlier does no harm). */
void sess_tick(struct sess *s, struct now now, struct sess_acts *a);

/* Something of this session's was written to the connection at now. */
void sess_released(struct sess *s, struct now now);

/* Operator: end the session with a Logout (text may be NULL). */
void sess_logout(struct sess *s, struct now now, const char *text,
    struct sess_acts *a);
/* Operator: both numbers to 1 in a new epoch. Legal at any time; logged on it
 * ends the connection with a Logout first. who goes to the event. */
void sess_reset(struct sess *s, struct now now, const char *who,
    struct sess_acts *a);
/*
 * The schedule. A window that began at opens is on: the numbers of an epoch
 * from before it go to 1 in a new one, logged on after a Logout. Call it at
 * the start of a window, and before each connection.
 */
void sess_window_begins(struct sess *s, struct now now, wall_t opens,
    struct sess_acts *a);
/* It ends, or the time to be logged on: Logout. */
void sess_window_ends(struct sess *s, struct now now, struct sess_acts *a);
/* ResetSeqTime. Initiator, logged on: both numbers to 1 by a Logon with
 * ResetSeqNumFlag on the open connection; what comes before its answer is of
 * the past epoch, and not processed. Else nothing. */
void sess_reset_open(struct sess *s, struct now now, struct sess_acts *a);
/* Operator: set numbers (0 = leave). FG_ESTATE while connected. */
int sess_set_seqs(struct sess *s, struct now now, uint64_t next_in,
    uint64_t next_out, const char *who, struct sess_acts *a);

/* ---- questions ---- */

mono_t sess_due(const struct sess *s); /* next sess_tick, or MONO_NEVER */
enum sess_state sess_state(const struct sess *s);
struct sess_seqs sess_seqs(const struct sess *s);
const struct sess_cfg *sess_config(const struct sess *s);
/* The dictionary of a message that was just received, or is ours: transport for
 * the session's own, else by its version. NULL without one. */
const struct dict *sess_dict(const struct sess *s, const struct fix_msg *m,
    bool ours);
/* The data fields of the session's messages and of the old versions: for a
 * message whose dictionary is not known, or a session without one. Static. */
const struct fix_lens *sess_std_lens(void);
/* Is a ResendRequest of ours open: first missing number, or 0. */
uint64_t sess_gap(const struct sess *s);
/* The heartbeat interval in force, seconds; 0: none. */
uint32_t sess_heart_bt_int(const struct sess *s);
/* Is the peer still to get something that it asked for? */
bool sess_is_resending(const struct sess *s);
/* The code of the SESS_RESEND whose rows are wanted. One that has another code
 * was given up: by a reset, a new connection, or our Logout. */
int sess_resend_id(const struct sess *s);

#endif
