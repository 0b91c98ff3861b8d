/* schema.h: the keys of fixgate.conf(5) as numbers, and the values of those
 * whose value is one of a list of words. The rows are in schema.def. */
#ifndef FG_CONF_SCHEMA_H
#define FG_CONF_SCHEMA_H

enum conf_key {
#define BOOL(name, where, dflt) CONF_##name,
#define INT(name, where, flags, low, high, dflt, unit) CONF_##name,
#define STR(name, where, flags, dflt) CONF_##name,
#define PATH(name, where, flags, dflt) CONF_##name,
#define WORD(name, where, dflt, words) CONF_##name,
#define ALIAS(name, of) CONF_##name,
#define IGNORED(name, what) CONF_##name,
#define FAMILY(name, what) CONF_##name,
#define REFUSED(name, harmless, advice) CONF_##name,
#include "conf/schema.def"
	CONF_NKEYS
};

/* What conf_enum gives for each key of words. */
enum conf_connection_type { CONF_INITIATOR, CONF_ACCEPTOR };
enum conf_dialect { CONF_QUICKFIX, CONF_QUICKFIXJ };
enum conf_profile { CONF_PROFILE_STRICT, CONF_PROFILE_QUICKFIX };
enum conf_logged_off {
	CONF_LOGGED_OFF_QUEUE,
	CONF_LOGGED_OFF_NUMBER,
	CONF_LOGGED_OFF_REJECT
};
enum conf_host_policy {
	CONF_HOST_ROUNDROBIN,
	CONF_HOST_ROUND_ROBIN,
	CONF_HOST_PRIORITY
};
enum conf_signature {
	CONF_SIGN_NONE,
	CONF_SIGN_HMAC,
	CONF_SIGN_HMAC_BASE64, /* the key file is base64 */
	CONF_SIGN_ED25519
};
enum conf_sign_encoding { CONF_SIGN_BASE64, CONF_SIGN_HEX };
enum conf_refused_logon { CONF_REFUSED_CLOSE, CONF_REFUSED_LOGOUT };
enum conf_echo_141 { CONF_ECHO_ASKED, CONF_ECHO_ALWAYS };
enum conf_tls_profile { CONF_TLS_STANDARD, CONF_TLS_FIXS };
/* Those before TLS 1.2 mean 1.2. */
enum conf_tls_minimum { CONF_TLS12, CONF_TLS13 };
enum conf_cancel {
	CONF_CANCEL_NONE,
	CONF_CANCEL_DISCONNECT,
	CONF_CANCEL_LOGOUT,
	CONF_CANCEL_BOTH
};
enum conf_proxy { CONF_PROXY_HTTP, CONF_PROXY_SOCKS };
enum conf_proxy_version {
	CONF_PROXY_1_0,
	CONF_PROXY_1_1,
	CONF_PROXY_4,
	CONF_PROXY_4A,
	CONF_PROXY_5
};
enum conf_throttle { CONF_THROTTLE_REJECT, CONF_THROTTLE_LOGOUT };
enum conf_rate { CONF_RATE_REJECT, CONF_RATE_WAIT };
enum conf_durability {
	CONF_DURABILITY_NONE,
	CONF_DURABILITY_WRITTEN,
	CONF_DURABILITY_SYNCED
};
/* In the order of enum log_level. */
enum conf_log_level {
	CONF_LOG_ERROR,
	CONF_LOG_WARN,
	CONF_LOG_INFO,
	CONF_LOG_DEBUG
};
/* In the order of enum log_format. */
enum conf_log_format { CONF_LOG_LOGFMT, CONF_LOG_TEXT };
enum conf_idle { CONF_IDLE_BLOCK, CONF_IDLE_ADAPTIVE };

#endif
