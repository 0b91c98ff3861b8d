/* sessions.h: what the dict commands need to know of the gateway's sessions. */
#ifndef FG_CTL_SESSIONS_H
#define FG_CTL_SESSIONS_H

#include "ctl/ctl.h"

struct session_info {
	char *name;
	uint32_t dict, transport; /* ids; 0: none */
	unsigned flags;		  /* enum dict_flag */
};

struct sessions_info {
	struct session_info *s;
	size_t n;
};

/* An enum ctl_exit; the reason was printed. */
int sessions_ask(struct ctl *c, struct sessions_info *out);
void sessions_free(struct sessions_info *s);
/* NULL: there is none. */
const struct session_info *sessions_find(const struct sessions_info *s,
    const char *name);

#endif
