/* bdb_backup.h: a backup under way, for the parts that make it. */
#ifndef FG_STORE_BDB_BACKUP_H
#define FG_STORE_BDB_BACKUP_H

#include "store/bdb.h"
#include "store/manifest.h"

#define BACKUP_NAME BDB_SEG_NAME /* bytes of a file name */

struct backup_item {
	char name[BACKUP_NAME];
	bool sealed;
};

struct bdb_backup {
	struct bdb *b;
	struct copy c;
	const char *dir;
	struct manifest old, now;
	char run[COPY_PATH_MAX];
	struct backup_item *item;
	size_t n, cap;
	int err; /* of the callbacks */
	bool no_archives;
	uint64_t archives; /* that there are */
};

/* Which files there are, and which of them are sealed. 0 or FG_E*. */
int bdb_backup_list(struct bdb_backup *k);
/* How much there is to copy, for the progress. */
void bdb_backup_total(struct bdb_backup *k);
/* Copy the files of the list. */
int bdb_backup_items(struct bdb_backup *k);
/* Copy plain files that only grow, or never change: the chain; the archives. */
int bdb_backup_chain(struct bdb_backup *k);
int bdb_backup_archives(struct bdb_backup *k);
/* Copy the log from a file on. */
int bdb_backup_logs(struct bdb_backup *k, uint32_t first);
int bdb_backup_format(struct bdb_backup *k);

#endif
