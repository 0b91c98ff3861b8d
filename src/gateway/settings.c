#include "gateway/settings.h"

#include <stddef.h>
#include <string.h>

static unsigned
dict_flags(const struct conf_section *sec)
{
	static const struct {
		enum conf_key key;
		enum dict_flag flag;
	} row[] = {
		{ CONF_ValidateFieldsOutOfOrder, DICT_FIELDS_OUT_OF_ORDER },
		{ CONF_ValidateFieldsHaveValues, DICT_FIELDS_HAVE_VALUES },
		{ CONF_ValidateUserDefinedFields, DICT_USER_DEFINED_FIELDS },
		{ CONF_AllowUnknownMsgFields, DICT_ALLOW_UNKNOWN_MSG_FIELDS },
		{ CONF_AllowUnknownEnumValues, DICT_ALLOW_UNKNOWN_ENUM_VALUES },
		{ CONF_ValidateUnorderedGroupFields,
		    DICT_UNORDERED_GROUP_FIELDS },
		{ CONF_FirstFieldInGroupIsDelimiter,
		    DICT_FIRST_FIELD_IS_DELIMITER },
	};
	unsigned flags = 0;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (conf_bool(sec, row[i].key))
			flags |= row[i].flag;
	if (conf_enum(sec, CONF_ValidationProfile) == CONF_PROFILE_QUICKFIX)
		flags |= DICT_PROFILE_QUICKFIX;
	return flags;
}

#define AT(member) offsetof(struct sess_cfg, member)

static void
read_flags(struct sess_cfg *c, const struct conf_section *sec)
{
	static const struct {
		enum conf_key key;
		size_t at;
	} row[] = {
		{ CONF_CheckLatency, AT(check_latency) },
		{ CONF_CheckCompID, AT(check_comp_id) },
		{ CONF_HeartBtIntOverride, AT(heart_bt_int_override) },
		{ CONF_DisableHeartBeatCheck, AT(disable_heart_beat_check) },
		{ CONF_TestReqIDUnique, AT(test_req_id_unique) },
		{ CONF_SendLogoutBeforeDisconnectFromTimeout,
		    AT(send_logout_before_timeout) },
		{ CONF_LogoutResponderCloses, AT(logout_responder_closes) },
		{ CONF_ResetOnLogon, AT(reset_on_logon) },
		{ CONF_ResetOnLogout, AT(reset_on_logout) },
		{ CONF_ResetOnDisconnect, AT(reset_on_disconnect) },
		{ CONF_SendRedundantResendRequests,
		    AT(send_redundant_resend_requests) },
		{ CONF_PersistMessages, AT(persist_messages) },
		{ CONF_RequiresOrigSendingTime,
		    AT(requires_orig_sending_time) },
		{ CONF_EnableLastMsgSeqNumProcessed,
		    AT(last_msg_seq_num_processed) },
		{ CONF_SendNextExpectedMsgSeqNum, AT(next_expected) },
		{ CONF_ClosedResendInterval, AT(closed_resend_interval) },
		{ CONF_CmeEnhancedResend, AT(cme_enhanced_resend) },
		{ CONF_ValidateSequenceNumbers, AT(validate_numbers) },
		{ CONF_StrictAdminSeqNum, AT(strict_admin_numbers) },
		{ CONF_AllowPosDup, AT(allow_poss_dup) },
		{ CONF_ResendSessionLevelRejects, AT(resend_rejects) },
		{ CONF_IgnorePossDupResendRequests,
		    AT(ignore_poss_dup_resend_requests) },
		{ CONF_RejectInvalidMessage, AT(reject_invalid) },
		{ CONF_RejectGarbledMessage, AT(reject_garbled) },
	};
	size_t i;
	bool v;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		v = conf_bool(sec, row[i].key);
		memcpy((char *)c + row[i].at, &v, sizeof(v));
	}
}

static void
read_numbers(struct sess_cfg *c, const struct conf_section *sec)
{
	static const struct {
		enum conf_key key;
		size_t at;
	} row[] = {
		{ CONF_LogonTimeout, AT(logon_timeout) },
		{ CONF_LogoutTimeout, AT(logout_timeout) },
		{ CONF_HeartBtIntMin, AT(heart_bt_int_min) },
		{ CONF_MaxLatency, AT(max_latency) },
		{ CONF_MaxEarlyMessages, AT(max_early) },
		{ CONF_MaxEarlyBytes, AT(max_early_bytes) },
		{ CONF_ResendRequestChunkSize, AT(resend_chunk) },
		{ CONF_ResendRequestTimeout, AT(resend_timeout) },
		{ CONF_MaxSequenceJump, AT(max_sequence_jump) },
		{ CONF_RepeatedResendLimit, AT(repeated_resend_limit) },
		{ CONF_MaxResendMessages, AT(max_resend) },
		{ CONF_MaxResendAge, AT(max_resend_age) },
		{ CONF_CancelOnDisconnectTimeout, AT(cancel_after) },
		{ CONF_ThrottleNoMsgs, AT(throttle) },
		{ CONF_ThrottleTimeInterval, AT(throttle_interval) },
	};
	uint32_t v;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		v = (uint32_t)conf_int(sec, row[i].key);
		memcpy((char *)c + row[i].at, &v, sizeof(v));
	}
}

static void
read_identity(struct sess_cfg *c, const struct conf_section *sec)
{
	c->name = conf_name(sec);
	c->role = conf_enum(sec, CONF_ConnectionType) == CONF_INITIATOR ?
	    SESS_INITIATOR : SESS_ACCEPTOR;
	c->begin_string = conf_str(sec, CONF_BeginString);
	c->default_appl_ver_id = conf_str(sec, CONF_DefaultApplVerID);
	c->sender_comp_id = conf_str(sec, CONF_SenderCompID);
	c->sender_sub_id = conf_str(sec, CONF_SenderSubID);
	c->sender_location_id = conf_str(sec, CONF_SenderLocationID);
	c->target_comp_id = conf_str(sec, CONF_TargetCompID);
	c->target_sub_id = conf_str(sec, CONF_TargetSubID);
	c->target_location_id = conf_str(sec, CONF_TargetLocationID);
}

static unsigned
cancel_on(enum conf_cancel how)
{
	switch (how) {
	case CONF_CANCEL_NONE:
		break;
	case CONF_CANCEL_DISCONNECT:
		return SESS_CANCEL_LOST;
	case CONF_CANCEL_LOGOUT:
		return SESS_CANCEL_LOGOUT;
	case CONF_CANCEL_BOTH:
		return SESS_CANCEL_LOST | SESS_CANCEL_LOGOUT;
	}
	return 0;
}

void
settings_read(struct sess_cfg *c, const struct conf_section *sec)
{
	sess_cfg_default(c);
	read_identity(c, sec);
	read_flags(c, sec);
	read_numbers(c, sec);
	if (conf_is_set(sec, CONF_HeartBtInt))
		c->heart_bt_int = (uint32_t)conf_int(sec, CONF_HeartBtInt);
	c->test_request_delay =
	    conf_thousandths(sec, CONF_TestRequestDelayMultiplier);
	c->heart_beat_timeout =
	    conf_thousandths(sec, CONF_HeartBeatTimeoutMultiplier);
	c->refused_logon_logout =
	    conf_enum(sec, CONF_RefusedLogon) == CONF_REFUSED_LOGOUT;
	c->cancel_on = cancel_on(conf_enum(sec, CONF_CancelOnDisconnect));
	c->throttle_logout =
	    conf_enum(sec, CONF_ThrottleAction) == CONF_THROTTLE_LOGOUT;
	c->echo_141_always = conf_enum(sec, CONF_Echo141) == CONF_ECHO_ALWAYS;
	c->timestamp_digits = (unsigned)conf_int(sec, CONF_TimestampPrecision);
	c->dict_flags = dict_flags(sec);
	if (conf_bool(sec, CONF_IsOutboundInHeader))
		c->header_tag = (int32_t)conf_int(sec,
		    CONF_OutboundRoutingTag);
	c->accept_msg_types = conf_str(sec, CONF_AcceptMsgTypes);
	c->gap_fill_types = conf_str(sec, CONF_GapfillOnReplayMessageTypes);
}
