/* check.c: what spans several keys of one section. */
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "conf/internal.h"

static const char *
text(const struct conf_section *s, enum conf_key k)
{
	const struct conf_entry *e = section_good(s, k);

	return e == NULL ? NULL : e->value;
}

static void
demand(struct conf *c, const struct conf_section *s, enum conf_key k,
    const char *why, const char *example)
{
	if (section_at(s, k, 0) == NULL)
		fault_add(c, CONF_ERROR, s->line, "no %s%s: write %s",
		    conf_rules[k].name, why, example);
}

/* ---- sessions ---- */

static void
check_proxy(struct conf *c, const struct conf_section *s)
{
	const struct conf_entry *type = section_good(s, CONF_ProxyType);
	const struct conf_entry *version = section_good(s, CONF_ProxyVersion);

	if (section_at(s, CONF_ProxyType, 0) == NULL) {
		if (section_at(s, CONF_ProxyHost, 0) != NULL)
			demand(c, s, CONF_ProxyType, " of ProxyHost",
			    "ProxyType=http (or socks)");
		return;
	}
	demand(c, s, CONF_ProxyHost, ", which ProxyType needs",
	    "ProxyHost=proxy.example.com");
	demand(c, s, CONF_ProxyPort, ", which ProxyType needs",
	    "ProxyPort=1080");
	if (type != NULL && version != NULL && (type->num == CONF_PROXY_HTTP) !=
	    (version->num <= CONF_PROXY_1_1))
		fault_add(c, CONF_ERROR, version->line, "ProxyVersion=%s is "
		    "none of ProxyType=%s: write %s", version->value,
		    type->value, type->num == CONF_PROXY_HTTP ? "1.0 or 1.1" :
		    "4, 4a or 5");
}

static void
check_initiator(struct conf *c, const struct conf_section *s)
{
	const struct conf_entry *e;
	unsigned i;

	demand(c, s, CONF_SocketConnectHost, ", which an initiator needs",
	    "SocketConnectHost=fix.example.com");
	demand(c, s, CONF_SocketConnectPort, ", which an initiator needs",
	    "SocketConnectPort=5001");
	check_proxy(c, s);
	e = section_good(s, CONF_LogonSignature);
	if (e != NULL && e->num != CONF_SIGN_NONE)
		demand(c, s, CONF_LogonSignatureKeyFile,
		    ", with which LogonSignature signs",
		    "LogonSignatureKeyFile=logon.key");
	demand(c, s, CONF_HeartBtInt, ", which an initiator needs",
	    "HeartBtInt=30 (seconds)");
	for (i = 0; (e = section_at(s, CONF_SocketConnectHost, i)); i++)
		if (section_at(s, CONF_SocketConnectPort, 0) != NULL &&
		    section_find(s, CONF_SocketConnectPort, e->suffix) == NULL)
			fault_add(c, CONF_ERROR, e->line,
			    "%s has no port: write SocketConnectPort%s",
			    e->name, e->suffix);
	for (i = 0; (e = section_at(s, CONF_SocketConnectPort, i)); i++)
		if (section_at(s, CONF_SocketConnectHost, 0) != NULL &&
		    section_find(s, CONF_SocketConnectHost, e->suffix) == NULL)
			fault_add(c, CONF_ERROR, e->line,
			    "%s has no host: write SocketConnectHost%s",
			    e->name, e->suffix);
	e = section_good(s, CONF_AuthenticateLogonCredentials);
	if (e != NULL && e->num != 0)
		fault_add(c, CONF_ERROR, e->line, "%s=Y is for acceptors: an "
		    "initiator gives a password, with LogonTag=553=user and "
		    "LogonTag1=554=password", e->name);
}

static void
check_users(struct conf *c, const struct conf_section *s)
{
	const struct conf_entry *file = section_good(s, CONF_UsersFile);
	const struct conf_entry *kept =
	    section_good(s, CONF_AuthenticateLogonCredentials);

	if (file != NULL && kept != NULL && kept->num != 0)
		fault_add(c, CONF_ERROR, file->line, "UsersFile beside "
		    "AuthenticateLogonCredentials=Y: write one of them");
}

static void
check_connection(struct conf *c, const struct conf_section *s)
{
	const struct conf_entry *e = section_good(s, CONF_ConnectionType);

	if (e == NULL)
		demand(c, s, CONF_ConnectionType, "",
		    "ConnectionType=acceptor (or initiator)");
	else if (e->num == CONF_INITIATOR)
		check_initiator(c, s);
	else
		demand(c, s, CONF_SocketAcceptPort,
		    ", which an acceptor needs", "SocketAcceptPort=5001");
}

static void
check_identity(struct conf *c, struct conf_section *s)
{
	const char *begin = text(s, CONF_BeginString);

	demand(c, s, CONF_BeginString, "", "BeginString=FIX.4.4");
	demand(c, s, CONF_SenderCompID, "", "SenderCompID=YOU");
	demand(c, s, CONF_TargetCompID, "", "TargetCompID=THEM");
	if (begin != NULL && strcmp(begin, "FIXT.1.1") == 0)
		demand(c, s, CONF_DefaultApplVerID,
		    ", which FIXT.1.1 needs", "DefaultApplVerID=FIX.5.0SP2");
}

/* The older key holds where the newer one is not set. */
static void
settle_timestamps(struct conf *c, struct conf_section *s)
{
	const struct conf_entry *ms = section_good(s, CONF_MillisecondsInTimeStamp);
	const struct conf_entry *digits = section_good(s, CONF_TimestampPrecision);

	if (ms == NULL || digits == NULL)
		return;
	if (digits->line == 0)
		section_set(c, s, CONF_TimestampPrecision,
		    ms->num ? "3" : "0");
	else
		section_set(c, s, CONF_MillisecondsInTimeStamp,
		    digits->num > 0 ? "Y" : "N");
}

/* One side of a session's name: SENDER/SUB/LOCATION. */
static const char *
side(struct conf *c, const struct conf_section *s, enum conf_key comp,
    enum conf_key sub, enum conf_key location)
{
	const char *a = text(s, comp), *b = text(s, sub);
	const char *d = text(s, location);

	return conf_keepf(c, "%s%s%s%s%s", a == NULL ? "" : a,
	    b == NULL && d == NULL ? "" : "/", b == NULL ? "" : b,
	    d == NULL ? "" : "/", d == NULL ? "" : d);
}

/* As QuickFIX/J writes a session ID. */
static void
settle_name(struct conf *c, struct conf_section *s)
{
	const char *begin = text(s, CONF_BeginString);
	const char *qualifier = text(s, CONF_SessionQualifier);
	const char *name = text(s, CONF_SessionName);

	if (name == NULL) {
		name = conf_keepf(c, "%s:%s->%s%s%s",
		    begin == NULL ? "" : begin,
		    side(c, s, CONF_SenderCompID, CONF_SenderSubID,
			CONF_SenderLocationID),
		    side(c, s, CONF_TargetCompID, CONF_TargetSubID,
			CONF_TargetLocationID),
		    qualifier == NULL ? "" : ":",
		    qualifier == NULL ? "" : qualifier);
		section_set(c, s, CONF_SessionName, name);
	}
	s->name = name;
}

static void
check_sizes(struct conf *c, const struct conf_section *s)
{
	const struct conf_entry *early = section_good(s, CONF_MaxEarlyBytes);
	const struct conf_entry *size = section_good(s, CONF_MaxMessageSize);

	if (early != NULL && size != NULL && early->num < size->num)
		fault_add(c, CONF_ERROR, early->line != 0 ? early->line
		    : size->line, "MaxEarlyBytes=%s is less than "
		    "MaxMessageSize=%s: an early message of that size could "
		    "not be kept: raise MaxEarlyBytes", early->value,
		    size->value);
}

/* What is numbered while nobody is there goes out by resend, and is gone if the
 * numbers begin again first. */
static void
check_reset(struct conf *c, const struct conf_section *s)
{
	const struct conf_entry *reset = section_good(s, CONF_ResetOnLogon);
	const struct conf_entry *off = section_good(s, CONF_SendWhenLoggedOff);

	if (off == NULL || off->num != CONF_LOGGED_OFF_NUMBER ||
	    reset == NULL || reset->num == 0)
		return;
	fault_add(c, CONF_WARNING, off->line != 0 ? off->line : reset->line,
	    "SendWhenLoggedOff=number with ResetOnLogon=Y: what is given a "
	    "number while nobody is logged on is never sent, because the "
	    "numbers begin again: write SendWhenLoggedOff=queue");
}

static void
check_resend(struct conf *c, const struct conf_section *s)
{
	const struct conf_entry *cme = section_good(s, CONF_CmeEnhancedResend);
	const struct conf_entry *twice =
	    section_good(s, CONF_SendRedundantResendRequests);

	if (cme != NULL && cme->num != 0 && twice != NULL && twice->num != 0)
		fault_add(c, CONF_ERROR, twice->line != 0 ? twice->line :
		    cme->line, "%s=Y asks for the same again, and with "
		    "CmeEnhancedResend=Y nobody may: write %s=N", twice->name,
		    twice->name);
}

static void
check_liveness(struct conf *c, const struct conf_section *s)
{
	const struct conf_entry *ask = section_good(s, CONF_TestRequestDelayMultiplier);
	const struct conf_entry *end = section_good(s, CONF_HeartBeatTimeoutMultiplier);
	const struct conf_entry *own = section_good(s, CONF_HeartBtIntOverride);

	if (ask != NULL && end != NULL && end->num <= ask->num)
		fault_add(c, CONF_ERROR, end->line != 0 ? end->line : ask->line,
		    "HeartBeatTimeoutMultiplier=%.60s is not more than "
		    "TestRequestDelayMultiplier=%.60s: nobody would wait for "
		    "the answer to a TestRequest", end->value, ask->value);
	if (own != NULL && own->num != 0 &&
	    section_at(s, CONF_HeartBtInt, 0) == NULL)
		fault_add(c, CONF_ERROR, own->line, "HeartBtIntOverride=Y "
		    "without HeartBtInt: write HeartBtInt=30 (seconds)");
}

/* A field that every message has from the session already. */
static void
check_routing(struct conf *c, const struct conf_section *s)
{
	static const int64_t own[] = { 8, 9, 10, 34, 35, 43, 49, 52, 56, 97,
		122 };
	const struct conf_entry *e = section_good(s, CONF_OutboundRoutingTag);
	size_t i;

	for (i = 0; e != NULL && i < sizeof(own) / sizeof(own[0]); i++)
		if (e->num == own[i])
			fault_add(c, CONF_ERROR, e->line, "OutboundRoutingTag="
			    "%s is a field of the session's own: choose "
			    "another, such as 50", e->value);
}

void
check_session(struct conf *c, struct conf_section *s)
{
	const char *mask = text(&c->gateway, CONF_MaskTags);

	check_identity(c, s);
	check_connection(c, s);
	check_schedule(c, s);
	check_resend(c, s);
	check_reset(c, s);
	check_liveness(c, s);
	check_sizes(c, s);
	check_routing(c, s);
	check_template(c, s);
	check_tls(c, s);
	check_users(c, s);
	settle_timestamps(c, s);
	settle_name(c, s);
	if (mask != NULL && section_find(s, CONF_MaskTags, "") == NULL)
		section_set(c, s, CONF_MaskTags, mask);
	check_dictionaries(c, s);
}

/* ---- the gateway ---- */

static void
check_store(struct conf *c)
{
	const struct conf_entry *e = section_good(&c->gateway, CONF_StorePath);
	const char *slash;
	struct stat st;

	if (e == NULL)
		return;
	if (e->line == 0) {
		fault_add(c, CONF_NOTE, c->gateway.line,
		    "no StorePath: the store is in %s", e->path);
		return;
	}
	if (stat(e->path, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			fault_add(c, CONF_ERROR, e->line,
			    "StorePath=%s is no directory", e->value);
		return;
	}
	slash = strrchr(e->path, '/');
	if (slash != NULL && slash != e->path &&
	    stat(conf_keep(c, e->path, (size_t)(slash - e->path)), &st) != 0)
		fault_add(c, CONF_ERROR, e->line, "StorePath=%s: the "
		    "directory above it does not exist: make it", e->value);
}

/* A socket lies in the store's folder unless it is put elsewhere. */
static void
settle_socket(struct conf *c, enum conf_key k, const char *file)
{
	struct conf_section *g = &c->gateway;
	const struct conf_entry *store = section_good(g, CONF_StorePath);
	const struct conf_entry *e;

	if (section_find(g, k, "") == NULL && store != NULL)
		section_set(c, g, k, conf_keepf(c, "%s/%s", store->path,
		    file));
	e = section_good(g, k);
	if (e != NULL &&
	    strlen(e->path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		fault_add(c, CONF_ERROR, e->line != 0 ? e->line : g->line,
		    "%s=%s is too long for the path of a socket: write one "
		    "of less than %zu bytes", e->name, e->path,
		    sizeof(((struct sockaddr_un *)0)->sun_path));
}

void
check_gateway(struct conf *c)
{
	const struct conf_entry *e = section_good(&c->gateway, CONF_Durability);
	const struct conf_entry *allow =
	    section_good(&c->gateway, CONF_AllowDurabilityNone);

	check_store(c);
	settle_socket(c, CONF_ControlSocket, "control.sock");
	settle_socket(c, CONF_ReadOnlyControlSocket, "status.sock");
	if (e != NULL && e->num == CONF_DURABILITY_NONE &&
	    c->nsessions != 0 && (allow == NULL || allow->num == 0))
		fault_add(c, CONF_ERROR, e->line, "Durability=none gives "
		    "numbers away again after a crash: write written or "
		    "synced (or AllowDurabilityNone=Y, for tests)");
}
