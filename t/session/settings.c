#include "settings.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct sess_cfg, member)

static const struct {
	const char *key;
	size_t at;
	const char *word; /* the value that sets it */
} flags[] = {
	{ "AllowPosDup", AT(allow_poss_dup), "Y" },
	{ "CheckCompID", AT(check_comp_id), "Y" },
	{ "CheckLatency", AT(check_latency), "Y" },
	{ "ClosedResendInterval", AT(closed_resend_interval), "Y" },
	{ "CmeEnhancedResend", AT(cme_enhanced_resend), "Y" },
	{ "DisableHeartBeatCheck", AT(disable_heart_beat_check), "Y" },
	{ "Echo141", AT(echo_141_always), "always" },
	{ "EnableLastMsgSeqNumProcessed", AT(last_msg_seq_num_processed), "Y" },
	{ "HeartBtIntOverride", AT(heart_bt_int_override), "Y" },
	{ "IgnorePossDupResendRequests", AT(ignore_poss_dup_resend_requests),
	    "Y" },
	{ "LogoutResponderCloses", AT(logout_responder_closes), "Y" },
	{ "PersistMessages", AT(persist_messages), "Y" },
	{ "RefusedLogon", AT(refused_logon_logout), "logout" },
	{ "RejectGarbledMessage", AT(reject_garbled), "Y" },
	{ "RejectInvalidMessage", AT(reject_invalid), "Y" },
	{ "RequiresOrigSendingTime", AT(requires_orig_sending_time), "Y" },
	{ "ResendSessionLevelRejects", AT(resend_rejects), "Y" },
	{ "ResetOnDisconnect", AT(reset_on_disconnect), "Y" },
	{ "ResetOnLogon", AT(reset_on_logon), "Y" },
	{ "ResetOnLogout", AT(reset_on_logout), "Y" },
	{ "SendLogoutBeforeDisconnectFromTimeout",
	    AT(send_logout_before_timeout), "Y" },
	{ "SendNextExpectedMsgSeqNum", AT(next_expected), "Y" },
	{ "SendRedundantResendRequests", AT(send_redundant_resend_requests),
	    "Y" },
	{ "StrictAdminSeqNum", AT(strict_admin_numbers), "Y" },
	{ "ThrottleAction", AT(throttle_logout), "logout" },
	{ "TestReqIDUnique", AT(test_req_id_unique), "Y" },
	{ "ValidateIncomingMessage", AT(validate), "Y" },
	{ "ValidateSequenceNumbers", AT(validate_numbers), "Y" },
};

static const struct {
	const char *key;
	size_t at;
	double unit;
} numbers[] = {
	{ "CancelOnDisconnectTimeout", AT(cancel_after), 1 },
	{ "HeartBeatTimeoutMultiplier", AT(heart_beat_timeout), 1000 },
	{ "HeartBtInt", AT(heart_bt_int), 1 },
	{ "HeartBtIntMin", AT(heart_bt_int_min), 1 },
	{ "LogonTimeout", AT(logon_timeout), 1 },
	{ "LogoutTimeout", AT(logout_timeout), 1 },
	{ "MaxEarlyBytes", AT(max_early_bytes), 1 },
	{ "MaxEarlyMessages", AT(max_early), 1 },
	{ "MaxLatency", AT(max_latency), 1 },
	{ "MaxResendAge", AT(max_resend_age), 1 },
	{ "MaxResendMessages", AT(max_resend), 1 },
	{ "MaxSequenceJump", AT(max_sequence_jump), 1 },
	{ "RepeatedResendLimit", AT(repeated_resend_limit), 1 },
	{ "ResendRequestChunkSize", AT(resend_chunk), 1 },
	{ "ResendRequestTimeout", AT(resend_timeout), 1 },
	{ "ThrottleNoMsgs", AT(throttle), 1 },
	{ "ThrottleTimeInterval", AT(throttle_interval), 1 },
	{ "TestRequestDelayMultiplier", AT(test_request_delay), 1000 },
};

static const struct {
	const char *key;
	size_t at;
} texts[] = {
	{ "AcceptMsgTypes", AT(accept_msg_types) },
	{ "GapfillOnReplayMessageTypes", AT(gap_fill_types) },
	{ "LogonFields", AT(logon_fields) },
	{ "SenderSubID", AT(sender_sub_id) },
};

/* It must live as long as the configuration that points to it. */
static const char *
keep_text(const char *value)
{
	static char kept[8][128];
	static unsigned next;
	char *p, *text = kept[next++ % 8];

	snprintf(text, sizeof(kept[0]), "%s", value);
	for (p = text; *p != '\0'; p++)
		if (*p == '|')
			*p = '\001';
	return text;
}

bool
settings_set(struct sess_cfg *c, const char *key, const char *value)
{
	char *base = (char *)c;
	uint32_t number;
	size_t i;
	bool flag;

	if (strcmp(key, "CancelOnDisconnect") == 0) {
		c->cancel_on = strcmp(value, "disconnect") == 0 ?
		    SESS_CANCEL_LOST : SESS_CANCEL_LOGOUT;
		return true;
	}
	if (strcmp(key, "ValidateFieldsHaveValues") == 0 &&
	    strcmp(value, "N") == 0) {
		c->dict_flags &= ~(unsigned)DICT_FIELDS_HAVE_VALUES;
		return true;
	}
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(key, flags[i].key) == 0) {
			flag = strcmp(value, flags[i].word) == 0;
			memcpy(base + flags[i].at, &flag, sizeof(flag));
			return true;
		}
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(key, numbers[i].key) == 0) {
			number = (uint32_t)(strtod(value, NULL) *
			    numbers[i].unit + 0.5);
			memcpy(base + numbers[i].at, &number, sizeof(number));
			return true;
		}
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(key, texts[i].key) == 0) {
			value = keep_text(value);
			memcpy(base + texts[i].at, &value, sizeof(value));
			return true;
		}
	return false;
}
