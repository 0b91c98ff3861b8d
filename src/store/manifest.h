/*
 * manifest.h: the file BACKUP of a backup, which says what belongs to it.
 *
 *	fixgate backup 1
 *	store UUID
 *	time YYYYMMDD-HH:MM:SS
 *	commit N
 *	logs FIRST LAST
 *	run NAME
 *	file SHA-256 LENGTH NAME      of the file's first LENGTH bytes
 *	...
 *	end SHA-256                   of all lines before
 */
#ifndef FG_STORE_MANIFEST_H
#define FG_STORE_MANIFEST_H

#include "store/copy.h"

#define MANIFEST_NAME "BACKUP"
#define MANIFEST_RUN  40

struct manifest_file {
	char *name; /* in the backup's directory */
	struct copy_sum sum;
};

struct manifest {
	char uuid[37];
	wall_t time;
	uint64_t commit;
	uint32_t first_log, last_log;
	char run[MANIFEST_RUN]; /* name of the folder of its last run */
	struct manifest_file *file;
	size_t n, cap;
};

/* FG_ENOENT without a text: there is none. */
int manifest_read(struct manifest *m, struct copy *c, const char *dir);
int manifest_write(const struct manifest *m, struct copy *c, const char *dir);
int manifest_add(struct manifest *m, const char *name,
    const struct copy_sum *sum);
/* NULL: it has none of that name. */
struct manifest_file *manifest_find(const struct manifest *m,
    const char *name);
void manifest_free(struct manifest *m);

#endif
