/* reload_int.h: what a reload has found, for those who look (reload.c) and who
 * do it (reload_apply.c). */
#ifndef FG_GATEWAY_RELOAD_INT_H
#define FG_GATEWAY_RELOAD_INT_H

#include "gateway/reload.h"
#include "gateway/sessions_int.h"

/* A session, before and after. */
struct change {
	struct unit *old, *fresh; /* old borrowed; fresh owned */
	bool only_enabled;        /* or its limits: the connection may stay */
};

struct list {
	char **name; /* owned: they outlive what is removed */
	size_t n;
};

struct fault {
	struct conf_fault f;
	char *file, *text; /* owned, or NULL: of the conf */
};

struct reload {
	struct gateway *g;
	struct conf *conf;
	struct change *change; /* without the untouched */
	size_t nchanges;
	struct unit_list templates; /* all, as they are to be */
	struct list list[RELOAD_WHATS];
	struct fault *fault;
	size_t nfaults, nerrors;
	bool no_memory;
};

/* copy: of its file and text, which are borrowed otherwise. */
void reload_add_fault(struct reload *r, const struct conf_fault *f, bool copy);

#endif
