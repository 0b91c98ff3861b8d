/*
 * internal.h: what the files of the session machine share. The flow of a
 * received message: session.c (by state) -> recv.c (checks, in the order of
 * R11) -> admin.c, logon.c, logout.c, resend.c, seq.c (what it means) -> out.c
 * (answers).
 */
#ifndef FG_SESSION_INTERNAL_H
#define FG_SESSION_INTERNAL_H

#include "base/num.h"
#include "session/out.h"
#include "session/session.h"

/* Largest MsgSeqNum that is taken from a peer: leaves room to count on. */
#define SEQ_MAX UINT64_C(1000000000000000000)

/* What differs between the versions; version.c has the rows. */
enum reject_form {
	REJECT_TEXT,    /* 45 and 58 only, the tag in the text */
	REJECT_FEW,     /* 371, 372, and 373 up to 11 */
	REJECT_ALL_CODES,
};

struct version {
	const char *begin_string;
	bool fractions; /* of a second in 52 and 122 */
	enum reject_form reject;
	bool business_reject;    /* 35=j exists */
	bool routing_locations;  /* 144 and 145 exist */
	bool reset_flag;         /* 141 exists */
	bool last_processed;     /* 369 exists */
	bool next_expected;      /* 789 exists */
	uint64_t resend_to_end;  /* EndSeqNo that means "and all after it" */
	bool fixt;
};

/* Borrowed, static. begin_string must be one of the table's. */
const struct version *version_find(const char *begin_string);

/* An open ResendRequest of ours. */
struct gap {
	uint64_t end;  /* number that showed the gap, due when it is closed;
			  0: none is open */
	uint64_t upto; /* what was asked for; 0: all to come */
	/* A request with an end leaves out what is missing behind it: from
	 * hole up to hole_end, of all seen up to top; 0: nothing. */
	uint64_t top, hole, hole_end;
	mono_t asked;  /* or the last progress since */
	unsigned asks; /* without progress */
};

/* Early messages, kept by the driver. n, counted and bytes may be too high
 * (numbers that came twice, or were skipped), never too low, until all are
 * passed. */
struct early {
	uint64_t first, last;
	uint32_t n;
	uint32_t counted; /* against max_early: all but ResendRequests */
	uint64_t bytes;
};

/* Answering the peer's ResendRequest. */
struct resend {
	uint64_t first, last; /* asked of the driver; last 0: idle */
	uint64_t next;        /* first number not answered yet */
	uint64_t fill;        /* first number of the gap fill to come, or 0 */
	bool held;            /* sending what was held, not resending */
	uint64_t again_first, again_last; /* asked meanwhile; 0: nothing */
	uint64_t held_first;  /* numbered meanwhile and not sent; 0: nothing */
	uint64_t same_first, same_last; /* of the last request, as it was */
	uint32_t same;        /* how often it came in a row */
	int id;               /* of the one asked of the driver, or to be */
};

#define CME_RESEND_MAX 2500 /* messages, CmeEnhancedResend */

#define WHO_MAX 64 /* bytes of the name of who asked for a reset */

struct sess {
	struct sess_cfg cfg;
	const struct version *ver;
	struct dict_scratch *scratch; /* borrowed */
	const struct dict *own_app;  /* of messages that name no version, ours */
	const struct dict *peer_app; /* ... and the peer's */
	enum sess_state state;
	struct sess_seqs seqs;
	bool dirty; /* seqs changed since the last SESS_STATE */
	mono_t entered;
	mono_t last_in, last_out;
	bool testing; /* a TestRequest of ours is open, since tested */
	mono_t tested;
	uint32_t heart_bt_int;
	bool reset_sent; /* our Logon said 141=Y */
	bool reset_open; /* ... on a connection that was logged on */
	/* What an end of the epoch would leave in doubt: ours up to
	 * last_app, if the peer is not known to have them. */
	uint64_t last_app;
	uint64_t peer_has;
	uint64_t test_seq; /* of our last TestRequest */
	mono_t throttle; /* when the messages so far are due at even pace */
	bool was_on, logged_out; /* on this connection */
	bool cancels;       /* at cancel_at, unless the peer logs on before */
	mono_t cancel_at;
	bool lingers; /* in ENDING: the peer may close first */
	struct gap gap;
	struct early early;
	struct resend resend;
	bool reset_pending; /* sess_reset waits for the end of the connection */
	char reset_who[WHO_MAX];
};

/* A received message on its way through the checks. */
struct rx {
	const struct fix_msg *m;
	const char *type;
	size_t type_len;
	char admin; /* the type if it is a session-level one, else 0 */
	uint64_t seq; /* 0 without has_seq */
	bool has_seq;
	wall_t sent; /* 52 */
	wall_t arrived;
	bool poss_dup;
	bool recalled;
};

/* session.c */

/* The only way to another state. ev tells why, seq and text go into its row;
 * ENDING closes the connection. */
void sess_enter(struct sess *s, struct now now, enum sess_state st,
    enum sess_event ev, const char *text, struct sess_acts *a);

/* acts.c */
void acts_add(const struct sess *s, struct sess_acts *a,
    enum sess_act_kind kind, uint64_t seq, uint64_t seq2);
void acts_bytes(const struct sess *s, struct sess_acts *a,
    enum sess_act_kind kind, uint64_t seq, size_t off, size_t len);
void acts_other(const struct sess *s, struct sess_acts *a,
    enum sess_other code, uint64_t seq, const char *text);
void acts_event(const struct sess *s, struct sess_acts *a, enum sess_event ev,
    uint64_t seq, uint64_t seq2, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
/* SESS_STATE, if the numbers changed. */
void acts_state(struct sess *s, struct sess_acts *a);

/* fields.c: walk over complete fields; data fields may hold SOH. */
struct field {
	int32_t tag;
	const char *whole; /* from its tag to its SOH */
	size_t whole_len;
	const char *value;
	size_t len;
};

struct fields {
	const char *p;
	size_t n;
	size_t at;
	const struct fix_lens *lens;
	int32_t last_tag;
	uint64_t last_value;
};

struct fields fields_over(const struct sess *s, const char *p, size_t n);
/* 1 and *f, 0 at the end, or FG_EINVAL. */
int fields_next(struct fields *w, struct field *f);

/* recv.c */
void recv_read(struct rx *rx, const struct fix_msg *m, wall_t arrived,
    unsigned flags);
/* In states ON and LOGOUT_SENT. */
void recv_logged_on(struct sess *s, struct now now, struct rx *rx,
    struct sess_acts *a);
void recv_garbled(struct sess *s, struct now now, const struct fix_msg *m,
    enum fix_garble why, struct sess_acts *a);
bool recv_begin_string_ok(const struct sess *s, const struct rx *rx);
bool recv_comp_ids_ok(const struct sess *s, const struct rx *rx);
bool recv_time_ok(const struct sess *s, const struct rx *rx);
bool recv_valid(const struct sess *s, const struct rx *rx,
    struct dict_reject *rej);
/* Is the type in a list such as "D,F"? */
bool recv_type_listed(const char *list, const char *type, size_t len);

/* logon.c */
void logon_send(struct sess *s, struct now now, struct sess_acts *a);
/* Start again on the open connection. */
void logon_send_reset(struct sess *s, struct now now, const char *why,
    struct sess_acts *a);
/* In states LOGON_WAIT and LOGON_SENT. */
void logon_recv_first(struct sess *s, struct now now, struct rx *rx,
    struct sess_acts *a);
void logon_recv_answer(struct sess *s, struct now now, struct rx *rx,
    struct sess_acts *a);
/* 141=Y while logged on. */
void logon_recv_reset(struct sess *s, struct now now, struct rx *rx,
    struct sess_acts *a);
void logon_refuse(struct sess *s, struct now now, enum sess_other why,
    uint64_t seq, const char *text, struct sess_acts *a);
/* Who is not known gets no answer [R7]; who is may be told why. */
void logon_refuse_known(struct sess *s, struct now now, const struct rx *rx,
    const char *fault, struct sess_acts *a);

/* logout.c */
/* Send a Logout and wait for the answer; text (58) may be NULL, why is for the
 * event. A second Logout is never sent. */
void logout_start(struct sess *s, struct now now, const char *text,
    const char *why, struct sess_acts *a);
/* The same, and close at once. */
void logout_now(struct sess *s, struct now now, const char *text,
    struct sess_acts *a);
/* The end of the session by the peer's Logout, with its text. */
void logout_recv_text(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a);
void logout_recv(struct sess *s, struct now now, struct rx *rx,
    struct sess_acts *a);

/* admin.c: session-level messages that came in their turn (or need none). */
void admin_recv(struct sess *s, struct now now, struct rx *rx,
    struct sess_acts *a);
bool admin_is_gap_fill(const struct rx *rx);
void admin_heartbeat(struct sess *s, struct now now, struct sess_acts *a);
void admin_test_request(struct sess *s, struct now now, struct sess_acts *a);
/* Does it show that the peer is there, be a TestRequest of ours open? */
bool admin_shows_life(const struct sess *s, const struct rx *rx);

/* reject.c */
void reject_send(struct sess *s, struct now now, const struct rx *rx,
    enum fix_reject reason, int32_t tag, struct sess_acts *a);
/* What is left of the message says its number; m->garble_off where it ends. */
void reject_garbled(struct sess *s, struct now now, const struct rx *rx,
    enum fix_garble why, struct sess_acts *a);
/* AcceptMsgTypes does not name it. */
void reject_unsupported(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a);
/* It is one too many. */
void reject_throttled(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a);

/* resend.c */
void resend_recv(struct sess *s, struct now now, struct rx *rx,
    struct sess_acts *a);
bool resend_running(const struct sess *s);
/* Answer as if the peer had asked for these. */
void resend_range(struct sess *s, struct now now, uint64_t first,
    uint64_t last, struct sess_acts *a);
/* Message seq was numbered and not sent, because a resend runs. */
void resend_hold(struct sess *s, uint64_t seq);
void resend_cancel(struct sess *s);

/* seq.c */
/* rx came in its turn: FIX_IN row, next number. */
void seq_accept(struct sess *s, const struct rx *rx, struct sess_acts *a);
/* It was no use, but if it had the expected number this is used up. */
void seq_use(struct sess *s, const struct rx *rx);
/* For messages that are obeyed whatever their number is [R3]. */
void seq_accept_any(struct sess *s, const struct rx *rx, struct sess_acts *a);
/* Its number is the expected one, or numbers do not matter. */
bool seq_in_turn(const struct sess *s, const struct rx *rx);
void seq_too_high(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a);
/* The same for a Logon that says what it expects: the peer knows from ours
 * what to resend. */
void seq_await(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a);
/* The same for rx that was obeyed at once. Its number is kept: were it missing,
 * the request for it would be missing at a peer that waits as we do, and so on
 * for ever. Never asks twice, or two sides that do would not come to rest. */
void seq_missed(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a);
/* A gap fill, while a request of ours is open, from a number that has come to
 * one that has not? */
bool seq_fills(const struct sess *s, const struct rx *rx);
void seq_too_low(struct sess *s, struct now now, const struct rx *rx,
    struct sess_acts *a);
/* Once for each received message, after all else: has the gap closed, is an
 * early message due? before is the expected number at the start. */
void seq_moved(struct sess *s, struct now now, uint64_t before,
    struct sess_acts *a);
/* ResendRequest for the open gap. */
void seq_ask(struct sess *s, struct now now, struct sess_acts *a);
void seq_recalled(struct sess *s, const struct rx *rx);
/* Both numbers to 1, in a new epoch. */
void seq_reset(struct sess *s, struct now now, const char *why,
    struct sess_acts *a);
/* The same, unless nothing of this epoch was used. */
void seq_reset_used(struct sess *s, struct now now, const char *why,
    struct sess_acts *a);
void seq_forget(struct sess *s, struct sess_acts *a);

/* timer.c */
void timer_logged_on(struct sess *s, struct now now, struct sess_acts *a);
mono_t timer_due(const struct sess *s);

#endif
