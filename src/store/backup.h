/*
 * backup.h: copies of a store, and stores made of copies.
 *
 * A backup is a directory:
 *
 *	BACKUP              what it has; written last, so what it says is there
 *	FIX_IN.n ...        sealed segments, which never change
 *	CHAIN/              as in the store
 *	ARCHIVE/            archives, wherever the store has them
 *	RUN.n/              everything else, copied while it changed, and the log
 *	                    files to bring it to one moment
 *
 * The next backup into the same directory copies only what is not there.
 */
#ifndef FG_STORE_BACKUP_H
#define FG_STORE_BACKUP_H

#include "store/store.h"

/* How far a long work is. at: called often; non-zero: give up (FG_ECLOSED). */
struct store_work {
	int (*at)(void *arg, uint64_t done, uint64_t total);
	void *arg;
};

struct store_backup {
	char uuid[37];
	wall_t time;
	uint64_t commit;      /* it has at least this one */
	uint32_t first_log, last_log;
	uint64_t files;       /* that it has ... */
	uint64_t bytes;       /* ... and their size */
	uint64_t copied;      /* bytes that were copied for it */
	uint64_t archives;    /* files of those; or that were left out */
	bool complete;        /* restored: nothing came behind */
};

#define STORE_BACKUP_LOGS     1u /* only what the log has more than the backup
                                  * that is there */
#define STORE_BACKUP_NO_ARCHIVES 2u

/* Copy an open store to a directory (made if missing), while it is written to.
 * Any thread, one at a time. 0 or FG_E* and a text for the operator. */
int store_backup(struct store *st, const char *dir, unsigned how,
    const struct store_work *work, struct store_backup *out,
    char err[STORE_ERR_MAX]);

/* What the store knows of its last backup. */
struct store_covered {
	wall_t time;          /* 0: there was none */
	uint64_t commit;
	uint32_t log;         /* log files from this one on are kept */
	bool gone;            /* they were too many: some were removed */
	uint64_t kept_bytes;  /* of log files */
};
void store_backed_up(struct store *st, struct store_covered *out);

struct store_restore {
	const char *backup, *to;
	const char *logs;     /* a directory with later log files, or NULL */
	const char *archives; /* where archives go; NULL: into the store */
	bool complete;        /* the logs are all that there ever were */
};

/*
 * Make a store in a directory that is missing or empty. It has a UUID and
 * incarnations of its own: what others remember of the old one does not fit.
 * 0 or FG_E* and a text.
 */
int store_restore(const struct store_restore *r,
    const struct store_work *work, struct store_backup *out,
    char err[STORE_ERR_MAX]);

struct store_repair {
	unsigned files;   /* that were damaged, and are put back; 0: none was */
	char first[96];   /* one of them, */
	uint32_t page;    /* and its first damaged page */
	uint64_t commit;  /* the last one */
};

/*
 * Put the damaged files of a closed store back from its backup, and bring them
 * to the last commit with the log. backup NULL: from the log alone, which then
 * has to go back to the beginning. 0 or FG_E* and a text.
 */
int store_repair(const char *dir, const char *backup,
    const struct store_work *work, struct store_repair *out,
    char err[STORE_ERR_MAX]);

/* Of a store that was restored; all 0 of any other. */
struct store_origin {
	char uuid[37];    /* of the store that was backed up */
	uint64_t commit;  /* the last one of it that is here */
	wall_t time;      /* of the restore */
	bool complete;    /* nothing came behind that commit */
};
void store_origin(struct store *st, struct store_origin *out);

#endif
