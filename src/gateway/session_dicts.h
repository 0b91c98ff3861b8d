/* session_dicts.h: which dictionaries a session has, by its settings. */
#ifndef FG_GATEWAY_SESSION_DICTS_H
#define FG_GATEWAY_SESSION_DICTS_H

#include "conf/conf.h"
#include "gateway/dictset.h"

#define SESSION_DICTS_MAX 10 /* FIX.4.0 ... FIX.5.0SP2, default, transport */

struct session_dicts {
	struct dictset *set; /* of dict */
	struct driver_dict dict[SESSION_DICTS_MAX];
	size_t ndict;
	struct sess_appl appl[SESSION_DICTS_MAX];
	size_t nappl;
	struct fix_len_pair *pair; /* of lens */
	struct fix_lens lens;
};

/* Load what the section names to d, and let cfg point to it. false: errors are
 * logged. d is cleared by the caller before, and freed after, in any case. */
bool session_dicts_load(struct session_dicts *d, struct dictset *set,
    const struct conf *conf, const struct conf_section *sec,
    struct sess_cfg *cfg);
void session_dicts_free(struct session_dicts *d);

#endif
