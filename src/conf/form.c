/* form.c: values whose form only one key has. */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/decimal.h"
#include "base/err.h"
#include "base/names.h"
#include "base/num.h"
#include "conf/internal.h"

#define STEP_MAX 86400 /* seconds */

static bool
is_tag(const char *p, size_t n, void *arg)
{
	uint64_t tag;

	(void)arg;
	return num_parse_u64(p, n, &tag) == 0 && tag > 0 && tag <= INT32_MAX;
}

static bool
is_any(const char *p, size_t n, void *arg)
{
	(void)p;
	(void)n;
	(void)arg;
	return true;
}

static bool
is_msg_type(const char *p, size_t n, void *arg)
{
	size_t i;

	(void)arg;
	for (i = 0; i < n; i++)
		if (!isgraph((unsigned char)p[i]))
			return false;
	return true;
}

/* Add an address to the list arg, in the form in which peers are shown. */
static bool
add_address(const char *p, size_t n, void *arg)
{
	char text[INET6_ADDRSTRLEN];
	struct buf *list = arg;
	struct in6_addr in;
	int family = memchr(p, ':', n) == NULL ? AF_INET : AF_INET6;

	if (n >= sizeof(text))
		return false;
	memcpy(text, p, n);
	text[n] = '\0';
	return inet_pton(family, text, &in) == 1 &&
	    inet_ntop(family, &in, text, sizeof(text)) != NULL &&
	    buf_printf(list, "%s%s", list->len == 0 ? "" : ",", text) == 0;
}

static bool
is_other_tag(const char *p, size_t n, void *arg)
{
	const uint64_t *tag = arg;
	uint64_t v;

	return num_parse_u64(p, n, &v) != 0 || v != *tag;
}

bool
form_is_masked(const char *mask_tags, uint64_t tag)
{
	/* Password, NewPassword, EncryptedPassword, EncryptedNewPassword */
	if (tag == 554 || tag == 925 || tag == 1402 || tag == 1404)
		return true;
	return mask_tags != NULL &&
	    !names_each(mask_tags, is_other_tag, &tag);
}

bool
form_steps(const char *value, unsigned n, int64_t *seconds)
{
	const char *p = value;
	uint64_t count, wait, before = 0;
	size_t len, x;
	bool found = false;

	for (;;) {
		len = strcspn(p, ";");
		x = strcspn(p, "x*;");
		count = 1;
		if (x < len && (num_parse_u64(p, x, &count) != 0 || count == 0))
			return false;
		x = x < len ? x + 1 : 0;
		if (num_parse_u64(p + x, len - x, &wait) != 0 || wait == 0 ||
		    wait > STEP_MAX || count > UINT32_MAX)
			return false;
		before += count;
		if (!found)
			*seconds = (int64_t)wait;
		found = found || n <= before;
		if (p[len] == '\0')
			return true;
		p += len + 1;
	}
}

#define FRACTION_DIGITS 3

/* "1.4" is 1400; at most 99.999. */
static bool
is_fraction(const char *value, int64_t *thousandths)
{
	size_t whole = strcspn(value, "."), n, i;
	uint64_t v, part = 0;

	if (num_parse_u64(value, whole, &v) != 0 || v > 99)
		return false;
	n = value[whole] == '.' ? strlen(value + whole + 1) : 0;
	if (value[whole] == '.' && (n > FRACTION_DIGITS ||
	    num_parse_u64(value + whole + 1, n, &part) != 0))
		return false;
	for (i = n; i < FRACTION_DIGITS; i++)
		part *= 10;
	*thousandths = (int64_t)(v * 1000 + part);
	return true;
}

/* "553=user", with a tag that the session itself does not write. */
static bool
is_logon_tag(const char *value)
{
	static const unsigned own[] = { 8, 9, 10, 34, 35, 43, 49, 52, 56, 98,
		108, 122, 141, 369, 789, 1137 };
	size_t n = strcspn(value, "="), i;
	uint64_t tag;

	if (value[n] == '\0' || value[n + 1] == '\0' || !is_tag(value, n, NULL))
		return false;
	num_parse_u64(value, n, &tag);
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (own[i] == tag)
			return false;
	return true;
}

/* The digit of an ApplVerID(1128) that may also be written as a version. */
static void
check_appl_ver_id(struct conf *c, struct conf_entry *e)
{
	static const char *const versions = "FIX.4.0|FIX.4.1|FIX.4.2|FIX.4.3|"
	    "FIX.4.4|FIX.5.0|FIX.5.0SP1|FIX.5.0SP2";
	static const char *const digits = "2|3|4|5|6|7|8|9";
	const char *canon;
	size_t len;
	int i;

	i = schema_word(versions, e->value, &canon, &len);
	if (i < 0)
		i = schema_word(digits, e->value, &canon, &len);
	if (i >= 0) {
		e->value = conf_keepf(c, "%d", i + 2);
		return;
	}
	fault_add(c, CONF_ERROR, e->line, "DefaultApplVerID=%.60s: write 2 to "
	    "9, or FIX.4.0 to FIX.5.0SP2", e->value);
	e->bad = true;
}

static void
check_begin_string(struct conf *c, struct conf_entry *e)
{
	const char *canon;
	size_t len;

	if (schema_word("FIX.4.0|FIX.4.1|FIX.4.2|FIX.4.3|FIX.4.4|FIXT.1.1",
	    e->value, &canon, &len) >= 0 && strncmp(e->value, canon, len) == 0)
		return;
	e->bad = true;
	if (strncasecmp(e->value, "FIX.5.0", 7) == 0)
		fault_add(c, CONF_ERROR, e->line, "BeginString=%.60s: FIX 5.0 "
		    "runs over FIXT.1.1: write BeginString=FIXT.1.1 and "
		    "DefaultApplVerID=%.60s", e->value, e->value);
	else
		fault_add(c, CONF_ERROR, e->line, "BeginString=%.60s: write "
		    "FIX.4.0, FIX.4.1, FIX.4.2, FIX.4.3, FIX.4.4 or FIXT.1.1",
		    e->value);
}

static void
demand(struct conf *c, struct conf_entry *e, bool ok, const char *form)
{
	if (ok)
		return;
	if (conf_rules[e->key].flags & CONF_SECRET)
		fault_add(c, CONF_ERROR, e->line, "%s: write %s", e->name,
		    form);
	else
		fault_add(c, CONF_ERROR, e->line, "%s=%.60s: write %s",
		    e->name, e->value, form);
	e->bad = true;
}

/* A list whose items hold no blanks, without those between them. */
static void
demand_list(struct conf *c, struct conf_entry *e,
    bool (*is_item)(const char *p, size_t n, void *arg), const char *form)
{
	struct buf b = { 0 };
	const char *p;

	demand(c, e, names_each(e->value, is_item, NULL), form);
	if (e->bad || strpbrk(e->value, " \t") == NULL)
		return;
	for (p = e->value; *p != '\0'; p++)
		if (*p != ' ' && *p != '\t' && buf_add(&b, p, 1) != 0)
			c->err = FG_ENOMEM;
	e->value = conf_keep(c, b.p, b.len);
	buf_free(&b);
}

#define INDEX_TAGS_MAX 16

static bool
count_tag(const char *p, size_t n, void *arg)
{
	unsigned *left = arg;

	return is_tag(p, n, NULL) && n <= 9 && (*left)-- > 0;
}

/* No blanks: it is read once, as it is. */
static bool
is_index(const char *value)
{
	unsigned left = INDEX_TAGS_MAX;

	return strcmp(value, "none") == 0 || (strpbrk(value, " \t") == NULL &&
	    names_each(value, count_tag, &left));
}

static void
check_addresses(struct conf *c, struct conf_entry *e)
{
	struct buf list = { 0 };

	demand(c, e, names_each(e->value, add_address, &list),
	    "IP addresses with commas between them (names are not looked up)");
	if (!e->bad)
		e->value = conf_keep(c, list.p, list.len);
	buf_free(&list);
}

/* "127.0.0.1:9464", "[::1]:9464"; port 0 is any free one. */
static bool
is_listen(const char *text)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2];
	struct in6_addr in;
	uint64_t port;
	size_t n;

	if (colon == NULL || (size_t)(colon - text) >= sizeof(host) ||
	    num_parse_u64(colon + 1, strlen(colon + 1), &port) != 0 ||
	    port > 65535)
		return false;
	n = (size_t)(colon - text);
	memcpy(host, text, n);
	host[n] = '\0';
	if (n < 2 || host[0] != '[' || host[n - 1] != ']')
		return inet_pton(AF_INET, host, &in) == 1;
	host[n - 1] = '\0';
	return inet_pton(AF_INET6, host + 1, &in) == 1;
}

void
form_check(struct conf *c, struct conf_entry *e)
{
	struct in6_addr in;
	struct decimal d;
	int64_t seconds;

	switch (e->key) {
	case CONF_BeginString:
		check_begin_string(c, e);
		break;
	case CONF_DefaultApplVerID:
		check_appl_ver_id(c, e);
		break;
	case CONF_ReconnectInterval:
		demand(c, e, form_steps(e->value, 1, &seconds), "seconds (1 to "
		    "86400), or steps such as 3x5;10 (three times 5, then 10)");
		break;
	case CONF_TestRequestDelayMultiplier:
	case CONF_HeartBeatTimeoutMultiplier:
		demand(c, e, is_fraction(e->value, &e->num),
		    "a number from 0 to 99.999, such as 0.5");
		break;
	case CONF_LogonTag:
		demand(c, e, is_logon_tag(e->value), "tag=value (553=user), "
		    "with a tag that the session does not write itself");
		break;
	case CONF_MaxNotional:
	case CONF_MaxOrderQty:
	case CONF_MaxPrice:
		demand(c, e, decimal_parse(e->value, strlen(e->value), &d) ==
		    0 && decimal_cmp(d, decimal_from_int(0)) > 0,
		    "a number above 0, such as 1000 or 99.95");
		break;
	case CONF_SendSymbols:
		demand(c, e, names_each(e->value, is_any, NULL),
		    "symbols with commas between them (IBM,VOD.L)");
		break;
	case CONF_AcceptMsgTypes:
	case CONF_SendMsgTypes:
	case CONF_GapfillOnReplayMessageTypes:
		demand_list(c, e, is_msg_type,
		    "message types with commas between them (D,F,G)");
		break;
	case CONF_AllowedRemoteAddresses:
		check_addresses(c, e);
		break;
	case CONF_SSLProtocol:
		demand(c, e, tls_versions(e->value, &e->num),
		    "TLSv1.2, TLSv1.3, or both with a comma between");
		break;
	case CONF_AdminListen:
		demand(c, e, is_listen(e->value), "an IP address of this host "
		    "and a port: 127.0.0.1:9464, or [::1]:9464");
		break;
	case CONF_SocketConnectSourceHost:
		demand(c, e, inet_pton(AF_INET, e->value, &in) == 1 ||
		    inet_pton(AF_INET6, e->value, &in) == 1,
		    "an IP address of this host (names are not looked up)");
		break;
	case CONF_IndexTags:
		demand(c, e, is_index(e->value), "none, or at most 16 tags with "
		    "commas between them (11,41,37)");
		break;
	case CONF_MaskTags:
		demand_list(c, e, is_tag,
		    "tags with commas between them (554,925)");
		break;
	default:
		break;
	}
}
