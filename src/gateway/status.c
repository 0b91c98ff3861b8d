#include "gateway/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* An initiator that is off for longer needs a person. */
#define PATIENCE_NS (60 * NS_PER_S)
/* A client that starts again, and one that has much to do, need some time. */
#define AWAY_NS  (10 * NS_PER_S)
#define STILL_NS (30 * NS_PER_S)
#define LANE_NS  (5 * NS_PER_S)

const char *
status_health_text(enum status_health h)
{
	switch (h) {
#define X(name)                                                                \
	case STATUS_##name:                                                    \
		return #name;
		STATUS_HEALTHS(X)
#undef X
	}
	return "";
}

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static void
advise_off(const struct status_session *s, char advice[STATUS_ADVICE_MAX])
{
	char next[64] = "";

	if (s->role == SESS_ACCEPTOR) {
		snprintf(advice, STATUS_ADVICE_MAX, "the counterparty is not "
		    "connected (%s). Ask them, or look for its address in "
		    "`fixgatectl tail FIX_IN_OTHER`; if it is not expected: "
		    "fixgatectl session stop %s", s->last_event, s->name);
		return;
	}
	if (s->next_try_ns >= 0)
		snprintf(next, sizeof(next), "; next try in %lld s",
		    (long long)(s->next_try_ns + NS_PER_S - 1) / NS_PER_S);
	snprintf(advice, STATUS_ADVICE_MAX, "not connected (%s)%s. Check "
	    "SocketConnectHost, SocketConnectPort and the network, or ask the "
	    "counterparty", s->last_event, next);
}

static enum status_health
judge_off(const struct status_session *s, char advice[STATUS_ADVICE_MAX])
{
	if (begins(s->last_event, "refused")) {
		snprintf(advice, STATUS_ADVICE_MAX, "a Logon was refused (%s). "
		    "See `fixgatectl tail SESSION_EVENT --session %s`, and "
		    "compare CompIDs and sequence numbers with the "
		    "counterparty", s->last_event, s->name);
		return STATUS_ERROR;
	}
	advise_off(s, advice);
	return s->role == SESS_INITIATOR && s->off_ns > PATIENCE_NS
	    ? STATUS_ERROR : STATUS_WARNING;
}

static void
say_closed(const struct status_session *s, char advice[STATUS_ADVICE_MAX])
{
	char time[WALL_TEXT_MAX];
	int n;

	if (s->opens.ns == INT64_MAX) {
		snprintf(advice, STATUS_ADVICE_MAX, "outside its schedule, for "
		    "a year at least");
		return;
	}
	n = (int)wall_format(time, s->opens, 0);
	snprintf(advice, STATUS_ADVICE_MAX, "outside its schedule until %.*s "
	    "UTC", n, time);
}

/* It is logged on, and there is nothing that has to be done. */
static void
say_rejects(const struct rejects *r, char advice[STATUS_ADVICE_MAX])
{
	const struct reject_kind *k = r == NULL ? NULL : rejects_most(r);
	const char *setting = k == NULL ? NULL : rejects_setting(k);
	char tag[32] = "";

	if (k == NULL)
		return;
	if (k->tag != DICT_NO_TAG)
		snprintf(tag, sizeof(tag), " (tag %" PRId32 ")", k->tag);
	snprintf(advice, STATUS_ADVICE_MAX, "messages of the counterparty are "
	    "rejected: since its Logon %" PRIu64 " for: %s%s. See `fixgatectl "
	    "tail FIX_IN_OTHER`. %s%s", k->n, fix_reject_text(k->reason), tag,
	    setting == NULL ? "Ask the counterparty" :
	    "If they are to be accepted, write ", setting == NULL ? "" :
	    setting);
}

enum status_health
status_of_session(const struct status_session *s,
    char advice[STATUS_ADVICE_MAX])
{
	advice[0] = '\0';
	if (s->held != NULL) {
		snprintf(advice, STATUS_ADVICE_MAX, "held, numbers may have been "
		    "used that are not here: %s. Ask the counterparty which "
		    "number it expects and which it sends next, and say: "
		    "fixgatectl session seq %s --next-out N --next-in N "
		    "--reason TEXT --yes; or begin at 1 on both sides: "
		    "fixgatectl session reset %s --reason TEXT --yes",
		    s->held, s->name, s->name);
		return STATUS_ERROR;
	}
	if (s->halted != NULL) {
		snprintf(advice, STATUS_ADVICE_MAX, "halted, no message of an "
		    "application leaves: %s. To go on: fixgatectl resume %s, "
		    "or all if all are", s->halted, s->name);
		return STATUS_WARNING;
	}
	if (!s->enabled) {
		if (s->pending == 0)
			return STATUS_HEALTHY; /* as the operator wants it */
		snprintf(advice, STATUS_ADVICE_MAX, "stopped, and %" PRIu64
		    " messages wait for it: fixgatectl session start %s",
		    s->pending, s->name);
		return STATUS_WARNING;
	}
	if (s->closed) {
		say_closed(s, advice);
		return STATUS_HEALTHY;
	}
	switch (s->state) {
	case SESS_DOWN:
		return judge_off(s, advice);
	case SESS_LOGON_WAIT:
	case SESS_LOGON_SENT:
	case SESS_LOGOUT_SENT:
	case SESS_ENDING:
		snprintf(advice, STATUS_ADVICE_MAX, "%s (%s)",
		    sess_state_text(s->state), s->address);
		return STATUS_WARNING;
	case SESS_ON:
		break;
	}
	if (s->gap_from == 0) {
		say_rejects(s->rejects, advice);
		return STATUS_HEALTHY;
	}
	snprintf(advice, STATUS_ADVICE_MAX, "messages from number %" PRIu64
	    " on are missing and were asked for; what came after them waits. "
	    "If the counterparty does not resend: fixgatectl session show %s",
	    s->gap_from, s->name);
	return STATUS_WARNING;
}

enum status_health
status_of_store(const struct status_store *s, char advice[STATUS_ADVICE_MAX])
{
	advice[0] = '\0';
	if (s->down || s->error[0] != '\0') {
		snprintf(advice, STATUS_ADVICE_MAX, "the store cannot be "
		    "written: %s. %s", s->error[0] == '\0'
		    ? "it is being repaired" : s->error, s->no_space
		    ? "Free space on the disk of StorePath; it then goes on by "
		      "itself" : "Nothing is accepted or sent until it can");
		return STATUS_ERROR;
	}
	if (s->lag > STATUS_STALL_NS) {
		snprintf(advice, STATUS_ADVICE_MAX, "the disk of StorePath has "
		    "not answered for %lld s: %zu answers and messages wait "
		    "for it, and nothing leaves, no Heartbeat either; "
		    "counterparties will hang up. Look at the disk",
		    (long long)(s->lag / NS_PER_S), s->waiting);
		return STATUS_ERROR;
	}
	if (s->disk != DISK_ENOUGH) {
		snprintf(advice, STATUS_ADVICE_MAX, "%" PRIu64 " MB are free "
		    "on the disk of StorePath, less than %sMinDiskFree: %s. "
		    "Free space; it then goes on by itself",
		    s->disk_free >> 20, s->disk == DISK_OUT ? "half of " : "",
		    s->disk == DISK_OUT ? "all sessions are logged out" :
		    "no new message is taken to be sent");
		return s->disk == DISK_OUT ? STATUS_ERROR : STATUS_WARNING;
	}
	if (s->stalled) {
		snprintf(advice, STATUS_ADVICE_MAX, "the disk does not keep "
		    "up: %zu answers and messages wait for it, and reading "
		    "from counterparties is paused. Look at the load of the "
		    "disk of StorePath", s->waiting);
		return STATUS_WARNING;
	}
	return STATUS_HEALTHY;
}

enum status_health
status_of_backup(const struct status_backup *s, char advice[STATUS_ADVICE_MAX])
{
	char time[WALL_TEXT_MAX];
	int n;

	advice[0] = '\0';
	if (!s->gone)
		return STATUS_HEALTHY;
	n = (int)wall_format(time, s->time, 0);
	snprintf(advice, STATUS_ADVICE_MAX, "the backup of %.*s UTC does not "
	    "help against a damaged page any more: the log since then was "
	    "over LogKeepMB. Take another one: fixgatectl backup DIRECTORY", n,
	    time);
	return STATUS_WARNING;
}

enum status_health
status_of_archive(const char *why, char advice[STATUS_ADVICE_MAX])
{
	advice[0] = '\0';
	if (why == NULL)
		return STATUS_HEALTHY;
	snprintf(advice, STATUS_ADVICE_MAX, "old rows could not be archived, "
	    "and stay where they are: %s. It is tried again each day; or at "
	    "once: fixgatectl archive", why);
	return STATUS_WARNING;
}

enum status_health
status_of_quarantine(size_t waiting, char advice[STATUS_ADVICE_MAX])
{
	advice[0] = '\0';
	if (waiting == 0)
		return STATUS_HEALTHY;
	snprintf(advice, STATUS_ADVICE_MAX, "%zu event%s could not be done and "
	    "wait%s for a decision: fixgatectl quarantine list", waiting,
	    waiting == 1 ? "" : "s", waiting == 1 ? "s" : "");
	return STATUS_WARNING;
}

static void
advise_away(const struct status_consumer *s, char advice[STATUS_ADVICE_MAX])
{
	char time[WALL_TEXT_MAX];
	int n = (int)wall_format(time, s->seen, 0);

	snprintf(advice, STATUS_ADVICE_MAX, "away since %.*s UTC, and %" PRIu64
	    " rows of %s wait for it, the oldest for %lld s. Start it, or look "
	    "at its log and at `fixgatectl clients`; if it will not come back: "
	    "fixgatectl cursor clear %s %s %s", n, time, s->behind, s->table,
	    (long long)(s->age / NS_PER_S), s->name, s->key, s->table);
}

enum status_health
status_of_consumer(const struct status_consumer *s,
    char advice[STATUS_ADVICE_MAX])
{
	advice[0] = '\0';
	if (s->changed) {
		snprintf(advice, STATUS_ADVICE_MAX, "its cursor counts rows of "
		    "another %s than this one. Say where it is to go on: "
		    "fixgatectl cursor set %s %s %s SEQUENCE, or forget it "
		    "with cursor clear", s->table, s->name, s->key, s->table);
		return STATUS_WARNING;
	}
	if (s->behind == 0)
		return STATUS_HEALTHY;
	if (!s->connected && s->age > AWAY_NS) {
		advise_away(s, advice);
		return STATUS_WARNING;
	}
	if (s->connected && s->age > STILL_NS && s->still > STILL_NS) {
		snprintf(advice, STATUS_ADVICE_MAX, "connected, but its cursor "
		    "has not moved for %lld s, and %" PRIu64 " rows of %s "
		    "wait, the oldest for %lld s. `fixgatectl clients` says "
		    "which of its sends does not answer",
		    (long long)(s->still / NS_PER_S), s->behind, s->table,
		    (long long)(s->age / NS_PER_S));
		return STATUS_WARNING;
	}
	return STATUS_HEALTHY;
}

enum status_health
status_of_lane(const struct status_lane *s, char advice[STATUS_ADVICE_MAX])
{
	advice[0] = '\0';
	if (s->stopped <= LANE_NS)
		return STATUS_HEALTHY;
	snprintf(advice, STATUS_ADVICE_MAX, "its send %s is stopped at the "
	    "event of row %" PRIu64 " of %s, which has been refused for %lld s "
	    "(%s); what is behind waits. It is tried again by itself: mend "
	    "what it is refused for", s->send, s->seq, s->table,
	    (long long)(s->stopped / NS_PER_S), s->why);
	return STATUS_WARNING;
}

enum status_health
status_of_template(size_t made, size_t most, char advice[STATUS_ADVICE_MAX])
{
	advice[0] = '\0';
	if (made < most - most / 10)
		return STATUS_HEALTHY;
	snprintf(advice, STATUS_ADVICE_MAX, "%zu of MaxTemplateSessions=%zu "
	    "sessions are made%s. Raise it, or delete some: fixgatectl session "
	    "delete", made, most, made < most ?
	    "" : ": nobody new is let in");
	return STATUS_WARNING;
}
