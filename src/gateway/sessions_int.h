/* sessions_int.h: what sessions.c and those that change sessions share. */
#ifndef FG_GATEWAY_SESSIONS_INT_H
#define FG_GATEWAY_SESSIONS_INT_H

#include <sys/queue.h>

#include "gateway/dictset.h"
#include "gateway/gateway.h"
#include "gateway/session_dicts.h"
#include "gateway/sessions.h"
#include "gateway/sign.h"
#include "gateway/tlsset.h"

/* A section with all that the session made of it borrows. */
struct unit {
	TAILQ_ENTRY(unit) link; /* of those that are sessions */
	struct sessions *sessions;
	struct conf *conf;      /* held */
	const struct conf_section *sec;
	char *logon_fields;
	struct sign *sign;      /* NULL: our Logon is not signed */
	struct limits *limits;  /* NULL: none */
	struct conf *limits_conf; /* owned: where they are from; NULL: sec */
	int32_t *masked;
	size_t nmasked;
	struct session_dicts dicts;
	struct tls *tls;        /* of the set; NULL: none */
	struct sess_cfg cfg;
	struct fgsess *fs;      /* NULL: not a session yet */
	bool enabled;           /* as the settings say, or said anew since */
	bool stopped;           /* by the operator: it comes up like that */
	struct unit *next;      /* owned; takes its place when it is gone */
};

struct sessions {
	struct gateway *g; /* NULL: only to check */
	struct dictset *dicts;
	struct tlsset *tls;
	dictset_fault_fn fault; /* who hears of faults of TLS; NULL: the log */
	void *fault_arg;
	TAILQ_HEAD(unit_list, unit) units;
	struct unit_list templates; /* no sessions */
	struct conf *conf;  /* of the last load; held */
	size_t nleaving;    /* being logged out, to be removed */
	bool again;         /* a reload waits for them */
	struct timer *later; /* it comes with this one */
};

/* A unit of session section sec of conf, with its dictionaries. 0 and *out
 * owned, or FG_E*; what is wrong with a dictionary is said. */
int unit_new(struct sessions *s, struct conf *conf,
    const struct conf_section *sec, struct unit **out);
void unit_free(struct unit *t);
void units_free(struct unit_list *list);
/* The same for good: of a conf that has only this section. */
int unit_new_alone(struct sessions *s, const struct conf *conf,
    const struct conf_section *sec, struct unit **out);
/* Who hears of faults of dictionaries and of TLS instead of the log; NULL: the
 * log again. */
void sessions_on_fault(struct sessions *s, dictset_fault_fn fn, void *arg);
/* Does it make the same session, dictionaries and all? Enabled and the limits do
 * not count. */
bool unit_same(const struct unit *a, const struct unit *b);
/* Make it a session, of the driver and of the transport, which begins. Takes t.
 * 0, or FG_E*, which is logged. */
int unit_start(struct sessions *s, struct unit *t);
/* Let it connect or not from now on, connected or not. */
void unit_enable(struct unit *t, bool on, const char *who);
/* Has it the same limits? */
bool unit_same_limits(const struct unit *a, const struct unit *b);
/* It is the same as fresh but for those: let it be as that one. */
void unit_change(struct unit *t, const struct unit *fresh, const char *who);
/* Log its session out with this text and remove it; then start next (owned;
 * may be NULL). */
void unit_leave(struct sessions *s, struct unit *t, const char *text,
    struct unit *next);

#endif
