#include "check_rows.h"

#include <string.h>

#include "gateway/status.h"

/* A session to which nothing is wrong. */
static struct status_session
healthy(void)
{
	return (struct status_session){ .name = "S", .role = SESS_INITIATOR,
		.state = SESS_ON, .enabled = true, .connected = true,
		.address = "127.0.0.1:1", .last_event = "logged-on",
		.next_try_ns = -1 };
}

static struct status_session
off(enum sess_role role, int64_t off_ns, const char *event)
{
	struct status_session s = healthy();

	s.role = role;
	s.state = SESS_DOWN;
	s.connected = false;
	s.address = "";
	s.off_ns = off_ns;
	s.last_event = event;
	return s;
}

START_TEST(each_state_of_a_session_is_judged)
{
	struct status_session row[9];
	static const enum status_health want[] = { STATUS_HEALTHY,
		STATUS_WARNING, STATUS_ERROR, STATUS_WARNING, STATUS_ERROR,
		STATUS_HEALTHY, STATUS_WARNING, STATUS_WARNING,
		STATUS_WARNING };
	static const char *const says[] = { "", "SocketConnectHost",
		"SocketConnectHost", "session stop S", "refused: CompID", "",
		"session start S", "number 7 on", "Logon" };
	char advice[STATUS_ADVICE_MAX];
	size_t i;

	row[0] = healthy();
	row[1] = off(SESS_INITIATOR, 5 * NS_PER_S, "disconnected");
	row[2] = off(SESS_INITIATOR, 61 * NS_PER_S, "disconnected");
	row[3] = off(SESS_ACCEPTOR, 3600 * NS_PER_S, "never connected");
	row[4] = off(SESS_ACCEPTOR, NS_PER_S, "refused: CompID");
	row[5] = off(SESS_INITIATOR, 3600 * NS_PER_S, "stopped");
	row[5].enabled = false;
	row[6] = row[5];
	row[6].pending = 3;
	row[7] = healthy();
	row[7].gap_from = 7;
	row[8] = healthy();
	row[8].state = SESS_LOGON_SENT;
	for (i = 0; i < 9; i++) {
		ck_assert_msg(want[i] == status_of_session(&row[i], advice),
		    "row %zu: %s", i, advice);
		ck_assert_msg(strstr(advice, says[i]) != NULL, "row %zu: %s",
		    i, advice);
		ck_assert_int_eq(want[i] == STATUS_HEALTHY, advice[0] == '\0');
	}
}
END_TEST

START_TEST(what_lets_in_what_is_rejected_is_said)
{
	static const struct {
		struct reject_kind k;
		const char *says;
	} row[] = {
		{ { 5000, FIX_REJECT_INVALID_TAG, 7 },
		    "7 for: Invalid tag number (tag 5000)" },
		{ { 5000, FIX_REJECT_INVALID_TAG, 7 },
		    "write ValidateUserDefinedFields=N" },
		{ { 4999, FIX_REJECT_INVALID_TAG, 7 },
		    "write AllowUnknownMsgFields=Y" },
		{ { -1, FIX_REJECT_INVALID_TAG, 7 }, "Ask the counterparty" },
		{ { 55, FIX_REJECT_NOT_DEFINED, 7 },
		    "write AllowUnknownMsgFields=Y" },
		{ { 5001, FIX_REJECT_NOT_DEFINED, 7 },
		    "write ValidateUserDefinedFields=N" },
		{ { 58, FIX_REJECT_EMPTY, 7 }, "ValidateFieldsHaveValues=N" },
		{ { 54, FIX_REJECT_VALUE, 7 }, "AllowUnknownEnumValues=Y" },
		{ { DICT_NO_TAG, FIX_REJECT_VALUE, 7 }, "this tag. See" },
		{ { 34, FIX_REJECT_ORDER, 7 }, "ValidateFieldsOutOfOrder=N" },
		{ { 448, FIX_REJECT_GROUP_ORDER, 7 },
		    "ValidateUnorderedGroupFields=N" },
		{ { DICT_NO_TAG, FIX_REJECT_SENDING_TIME, 7 }, "MaxLatency" },
		{ { 11, FIX_REJECT_REQUIRED_MISSING, 7 },
		    "Ask the counterparty" },
	};
	struct status_session s = healthy();
	char advice[STATUS_ADVICE_MAX];
	struct rejects r = { 0 };
	size_t i, n;

	s.rejects = &r;
	ck_assert_int_eq(STATUS_HEALTHY, status_of_session(&s, advice));
	ck_assert_str_eq("", advice);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		r = (struct rejects){ 0 };
		rejects_add(&r, 1, FIX_REJECT_FORMAT);
		for (n = 0; n < row[i].k.n; n++)
			rejects_add(&r, row[i].k.tag, row[i].k.reason);
		ck_assert_int_eq(STATUS_HEALTHY, status_of_session(&s,
		    advice));
		ck_assert_msg(strstr(advice, row[i].says) != NULL, "%s: %s",
		    row[i].says, advice);
	}
	for (i = 0; i < 2 * REJECTS_KINDS; i++)
		rejects_add(&r, (int32_t)(100 + i), FIX_REJECT_VALUE);
	ck_assert_uint_eq(REJECTS_KINDS, r.nkind);
	ck_assert_uint_eq(REJECTS_KINDS + 2, r.others);
}
END_TEST

START_TEST(a_session_outside_its_schedule_is_healthy_and_says_until_when)
{
	struct status_session s = off(SESS_INITIATOR, 3600 * NS_PER_S,
	    "refused: outside its schedule");
	char advice[STATUS_ADVICE_MAX];

	s.closed = true;
	s.opens.ns = 1767603600 * NS_PER_S;
	ck_assert_int_eq(status_of_session(&s, advice), STATUS_HEALTHY);
	ck_assert_str_eq(advice,
	    "outside its schedule until 20260105-09:00:00 UTC");
	s.opens.ns = INT64_MAX;
	ck_assert_int_eq(status_of_session(&s, advice), STATUS_HEALTHY);
	ck_assert_msg(strstr(advice, "for a year") != NULL, "%s", advice);
}
END_TEST

START_TEST(an_initiator_says_when_it_tries_again)
{
	struct status_session s = off(SESS_INITIATOR, NS_PER_S,
	    "disconnected: timed out");
	char advice[STATUS_ADVICE_MAX];

	s.next_try_ns = 2 * NS_PER_S + 1;
	status_of_session(&s, advice);
	ck_assert_msg(strstr(advice, "next try in 3 s") != NULL, "%s", advice);
	s.next_try_ns = -1;
	status_of_session(&s, advice);
	ck_assert_msg(strstr(advice, "next try") == NULL, "%s", advice);
}
END_TEST

START_TEST(what_waits_in_quarantine_is_said)
{
	char text[STATUS_ADVICE_MAX];

	ck_assert_int_eq(STATUS_HEALTHY, status_of_quarantine(0, text));
	ck_assert_str_eq("", text);
	ck_assert_int_eq(STATUS_WARNING, status_of_quarantine(1, text));
	ck_assert_ptr_nonnull(strstr(text, "1 event could"));
	ck_assert_int_eq(STATUS_WARNING, status_of_quarantine(2, text));
	ck_assert_ptr_nonnull(strstr(text, "2 events could"));
}
END_TEST

START_TEST(what_is_held_since_a_restore_says_with_which_commands_it_goes_on)
{
	struct status_session s = { .name = "S", .enabled = true,
		.address = "", .last_event = "", .held = "store X",
		.halted = "by hand" };
	char text[STATUS_ADVICE_MAX];

	ck_assert_int_eq(STATUS_ERROR, status_of_session(&s, text));
	ck_assert_ptr_nonnull(strstr(text, "store X"));
	ck_assert_ptr_nonnull(strstr(text, "fixgatectl session seq S "
	    "--next-out N --next-in N"));
	ck_assert_ptr_nonnull(strstr(text, "fixgatectl session reset S"));
}
END_TEST

START_TEST(a_backup_that_does_not_help_any_more_is_said)
{
	struct status_backup b = { .time = { 1764000000 * NS_PER_S } };
	char text[STATUS_ADVICE_MAX];

	ck_assert_int_eq(STATUS_HEALTHY, status_of_backup(&b, text));
	ck_assert_str_eq("", text);
	b.gone = true;
	ck_assert_int_eq(STATUS_WARNING, status_of_backup(&b, text));
	ck_assert_ptr_nonnull(strstr(text, "20251124-16:00:00 UTC"));
	ck_assert_ptr_nonnull(strstr(text, "fixgatectl backup"));
}
END_TEST

START_TEST(a_template_that_is_nearly_used_up_is_said)
{
	char text[STATUS_ADVICE_MAX];

	ck_assert_int_eq(STATUS_HEALTHY, status_of_template(0, 1, text));
	ck_assert_int_eq(STATUS_HEALTHY, status_of_template(899, 1000, text));
	ck_assert_str_eq("", text);
	ck_assert_int_eq(STATUS_WARNING, status_of_template(900, 1000, text));
	ck_assert_ptr_nonnull(strstr(text, "900 of MaxTemplateSessions=1000"));
	ck_assert_ptr_null(strstr(text, "nobody"));
	ck_assert_int_eq(STATUS_WARNING, status_of_template(2, 2, text));
	ck_assert_ptr_nonnull(strstr(text, "nobody new is let in"));
}
END_TEST

START_TEST(the_store_is_judged_by_whether_it_takes_rows)
{
	static const struct {
		struct status_store s;
		enum status_health want;
		const char *says;
	} row[] = {
		{ { .error = "" }, STATUS_HEALTHY, "" },
		{ { .error = "", .waiting = 10 }, STATUS_HEALTHY, "" },
		{ { .error = "", .waiting = 10, .lag = 10 * NS_PER_S },
		    STATUS_HEALTHY, "" },
		{ { .error = "", .waiting = 10, .lag = 11 * NS_PER_S,
		    .stalled = true }, STATUS_ERROR,
		    "has not answered for 11 s: 10 answers" },
		{ { .error = "", .disk = DISK_LOW, .disk_free = 3 << 20 },
		    STATUS_WARNING, "3 MB are free" },
		{ { .error = "", .disk = DISK_OUT }, STATUS_ERROR,
		    "all sessions are logged out" },
		{ { .error = "", .stalled = true, .waiting = 10 },
		    STATUS_WARNING, "10 answers" },
		{ { .error = "no space", .no_space = true }, STATUS_ERROR,
		    "Free space" },
		{ { .error = "input/output error" }, STATUS_ERROR,
		    "input/output error" },
		{ { .error = "", .down = true }, STATUS_ERROR, "repaired" },
	};
	char advice[STATUS_ADVICE_MAX];
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		ck_assert_int_eq(row[i].want, status_of_store(&row[i].s,
		    advice));
		ck_assert_msg(strstr(advice, row[i].says) != NULL, "%s",
		    advice);
	}
}
END_TEST

START_TEST(who_reads_and_lags_is_said)
{
	static const struct {
		struct status_consumer s;
		enum status_health want;
		const char *says;
	} row[] = {
		{ { .connected = true, .still = 99 * NS_PER_S },
		    STATUS_HEALTHY, "" },
		{ { .still = 99 * NS_PER_S }, STATUS_HEALTHY, "" },
		{ { .behind = 7, .age = 10 * NS_PER_S }, STATUS_HEALTHY, "" },
		{ { .behind = 7, .age = 11 * NS_PER_S }, STATUS_WARNING,
		    "away since 20260105-09:00:00 UTC, and 7 rows of T wait "
		    "for it, the oldest for 11 s" },
		{ { .behind = 7, .age = 11 * NS_PER_S }, STATUS_WARNING,
		    "fixgatectl cursor clear C K T" },
		{ { .connected = true, .behind = 7, .age = 31 * NS_PER_S,
		    .still = 30 * NS_PER_S }, STATUS_HEALTHY, "" },
		{ { .connected = true, .behind = 7, .age = 30 * NS_PER_S,
		    .still = 31 * NS_PER_S }, STATUS_HEALTHY, "" },
		{ { .connected = true, .behind = 7, .age = 31 * NS_PER_S,
		    .still = 40 * NS_PER_S }, STATUS_WARNING,
		    "has not moved for 40 s, and 7 rows of T wait, the oldest "
		    "for 31 s" },
		{ { .connected = true, .changed = true }, STATUS_WARNING,
		    "fixgatectl cursor set C K T SEQUENCE" },
	};
	char advice[STATUS_ADVICE_MAX];
	struct status_consumer s;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		s = row[i].s;
		s.name = "C";
		s.key = "K";
		s.table = "T";
		s.seen.ns = 1767603600 * NS_PER_S;
		ck_assert_msg(row[i].want == status_of_consumer(&s, advice),
		    "row %zu: %s", i, advice);
		ck_assert_msg(strstr(advice, row[i].says) != NULL,
		    "row %zu: %s", i, advice);
		ck_assert_int_eq(row[i].want == STATUS_HEALTHY,
		    advice[0] == '\0');
	}
}
END_TEST

START_TEST(a_lane_that_is_stopped_is_said)
{
	struct status_lane s = { .send = "S", .table = "T", .seq = 9,
		.why = "LOGGED_OFF", .stopped = 5 * NS_PER_S };
	char advice[STATUS_ADVICE_MAX];

	ck_assert_int_eq(STATUS_HEALTHY, status_of_lane(&s, advice));
	ck_assert_str_eq("", advice);
	s.stopped = 6 * NS_PER_S;
	ck_assert_int_eq(STATUS_WARNING, status_of_lane(&s, advice));
	ck_assert_ptr_nonnull(strstr(advice, "send S is stopped at the event "
	    "of row 9 of T, which has been refused for 6 s (LOGGED_OFF)"));
}
END_TEST

TCase *
status_cases(void)
{
	TCase *tc = tcase_create("status");

	tcase_add_test(tc,
	    what_is_held_since_a_restore_says_with_which_commands_it_goes_on);
	tcase_add_test(tc,
	    a_backup_that_does_not_help_any_more_is_said);
	tcase_add_test(tc, each_state_of_a_session_is_judged);
	tcase_add_test(tc,
	    a_session_outside_its_schedule_is_healthy_and_says_until_when);
	tcase_add_test(tc, what_lets_in_what_is_rejected_is_said);
	tcase_add_test(tc, an_initiator_says_when_it_tries_again);
	tcase_add_test(tc, the_store_is_judged_by_whether_it_takes_rows);
	tcase_add_test(tc, who_reads_and_lags_is_said);
	tcase_add_test(tc, a_lane_that_is_stopped_is_said);
	tcase_add_test(tc, what_waits_in_quarantine_is_said);
	tcase_add_test(tc, a_template_that_is_nearly_used_up_is_said);
	return tc;
}
