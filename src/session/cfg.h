/* cfg.h: what a session machine is told when it is made. */
#ifndef FG_SESSION_CFG_H
#define FG_SESSION_CFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dict/dict.h"
#include "fix/msg.h"

#define SESS_SIGNATURE_MAX 512 /* bytes of fields with their NUL */

enum sess_role { SESS_ACCEPTOR, SESS_INITIATOR };

enum sess_cancel { SESS_CANCEL_LOST = 1, SESS_CANCEL_LOGOUT = 2 };

/* An application dictionary of FIXT.1.1. */
struct sess_appl {
	const char *ver_id; /* ApplVerID (1128), "9" */
	const struct dict *dict;
};

/* All strings are borrowed and must outlive the session; times are seconds. */
struct sess_cfg {
	const char *name; /* CONNECTION_NAME */
	enum sess_role role;
	const char *begin_string;
	const char *default_appl_ver_id; /* 1137, FIXT only, else NULL */
	const char *sender_comp_id, *sender_sub_id, *sender_location_id;
	const char *target_comp_id, *target_sub_id, *target_location_id;
	/* (sub and location: NULL if they are not part of the identity) */

	uint32_t heart_bt_int;      /* initiator's 108 */
	uint32_t logon_timeout;     /* LogonTimeout */
	uint32_t logout_timeout;    /* LogoutTimeout */
	bool heart_bt_int_override; /* ours, not the initiator's */
	uint32_t heart_bt_int_min;  /* refuse a Logon with less */
	/* In thousandths of the interval, silence beyond the first one until
	 * we ask with a TestRequest, and until we close. */
	uint32_t test_request_delay, heart_beat_timeout;
	bool disable_heart_beat_check;
	bool test_req_id_unique;
	bool refused_logon_logout;  /* RefusedLogon=logout */
	bool logout_responder_closes;
	bool echo_141_always;       /* Echo141=always */
	bool check_latency;         /* CheckLatency */
	uint32_t max_latency;       /* MaxLatency */
	bool check_comp_id;         /* CheckCompID */
	bool reset_on_logon, reset_on_logout, reset_on_disconnect;
	bool send_redundant_resend_requests;
	bool persist_messages;      /* N: resends are gap fills */
	bool requires_orig_sending_time;
	bool last_msg_seq_num_processed; /* 369 in the header */
	bool next_expected;         /* 789 in the Logon */
	uint32_t resend_chunk;      /* ResendRequestChunkSize; 0: all at once */
	bool closed_resend_interval;
	bool cme_enhanced_resend;
	uint32_t resend_timeout;    /* ResendRequestTimeout */
	bool validate_numbers;      /* ValidateSequenceNumbers */
	bool strict_admin_numbers;  /* StrictAdminSeqNum */
	uint32_t max_sequence_jump; /* of a SequenceReset; 0: any */
	bool allow_poss_dup;        /* the application may set 43 and 122 */
	bool resend_rejects;        /* ResendSessionLevelRejects */
	bool ignore_poss_dup_resend_requests;
	uint32_t repeated_resend_limit; /* 0: none */
	const char *gap_fill_types; /* never resent, "D,F"; NULL: none */
	uint32_t max_resend;        /* MaxResendMessages; 0: any number */
	uint32_t max_resend_age;    /* older ones are not resent; 0: all are */
	/* SendLogoutBeforeDisconnectFromTimeout */
	bool send_logout_before_timeout;
	unsigned timestamp_digits;  /* TimestampPrecision, 4.2 and later */

	bool validate;              /* ValidateIncomingMessage, a dictionary */
	bool reject_invalid;        /* RejectInvalidMessage */
	bool reject_garbled;        /* RejectGarbledMessage */
	unsigned dict_flags;        /* enum dict_flag */
	const struct dict *transport, *app; /* borrowed; NULL without one */
	/* FIXT.1.1: all that a message or the peer's Logon may name, that of
	 * default_appl_ver_id among them; borrowed. nappl 0: app is for all. */
	const struct sess_appl *appl;
	size_t nappl;
	/* Data fields of all these dictionaries; borrowed. NULL: of app. */
	const struct fix_lens *lens;
	int32_t header_tag; /* one more that goes to the header; 0: none */
	const char *accept_msg_types; /* AcceptMsgTypes "D,d,C"; NULL: all */
	const char *logon_fields; /* complete fields, SOH ended, of our Logon */
	/* More of them, that sign a Logon with this SendingTime (52) and
	 * MsgSeqNum (34), into out; "": it goes without. NULL: none. */
	void (*sign_logon)(void *arg, const char *sending_time, uint64_t seq,
	    char out[SESS_SIGNATURE_MAX]);
	void *sign_arg;

	/* ThrottleNoMsgs in ThrottleTimeInterval (ms); 0: any number */
	uint32_t throttle, throttle_interval;
	bool throttle_logout;       /* ThrottleAction=logout */

	/* CancelOnDisconnect: ends that say so (enum sess_cancel), and seconds
	 * in which a Logon prevents that */
	unsigned cancel_on;
	uint32_t cancel_after;

	uint32_t max_early;         /* MaxEarlyMessages; not ResendRequests */
	uint32_t max_early_bytes;   /* MaxEarlyBytes */
};

/* Fill c with the defaults of the settings (identity stays NULL). */
void sess_cfg_default(struct sess_cfg *c);

#endif
