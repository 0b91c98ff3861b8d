/* damage.h: which files of a store have damaged pages (bdb_damage.c). */
#ifndef FG_STORE_DAMAGE_H
#define FG_STORE_DAMAGE_H

#include "store/page.h"

#define DAMAGE_NAME 96

struct damage_file {
	char name[DAMAGE_NAME];
	bool hot;
	int err;
	struct page_report pages;
};

struct damage {
	struct damage_file *file; /* by name */
	size_t n, cap;
};

/* Look at the hot files of a closed store, or at all of them. 0 or FG_E*. */
int damage_check(struct damage *p, const char *dir, bool all);
/* Call empty pages in use damaged. */
void damage_in_use(struct damage *p);
/* The first file with a damaged page, or NULL. */
const struct damage_file *damage_first(const struct damage *p);
void damage_free(struct damage *p);

#endif
