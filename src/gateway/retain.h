/*
 * retain.h: old rows go to the archive, and old archives go for good: once a day
 * (RetainDays, ArchiveDays), and when an operator says so. What somebody still
 * needs stays, unless the operator says so, too.
 */
#ifndef FG_GATEWAY_RETAIN_H
#define FG_GATEWAY_RETAIN_H

#include "gateway/job.h"
#include "store/chain.h"
#include "store/store.h"

#define RETAIN_WHOSE_MAX 320

/* From which row on a table is needed; seq 0: from none. */
struct retain_need {
	uint64_t seq;
	char whose[RETAIN_WHOSE_MAX];
};

/* What stays though it is old, since somebody needs a row of it. */
struct retain_held {
	unsigned t;           /* 0: nothing */
	uint64_t first, last; /* rows */
	wall_t since;
};

struct retain;

struct retain_order {
	struct retain *owner;      /* for who asks how it went; may be NULL */
	struct store *store;
	struct store_chain *chain; /* NULL: there is none */
	wall_t archive_before;     /* 0: nothing is archived */
	wall_t delete_before;      /* 0: nothing is deleted */
	bool force, dry_run;
	struct retain_need need[STORE_TABLES_MAX];
	bool keyed[STORE_TABLES_MAX]; /* its rows are versions */

	/* What came of it. */
	uint64_t archived, deleted, held; /* segments; held: tables */
	uint64_t from_bytes, to_bytes;
	struct retain_held oldest; /* of those that are held */
	char why[STORE_ERR_MAX]; /* of a failure */
};

/* A row of a table is needed; the lowest of all counts. */
void retain_need(struct retain_order *o, unsigned t, uint64_t seq,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* On a job's thread; arg is a retain_order. */
int retain_run(struct job *j, void *arg);

/* ---- retain_daily.c ---- */

struct gateway;
struct conf_section;

/* How the last run went, by itself or by an operator, and when the next one
 * comes. */
struct retain_state {
	wall_t ran, due; /* 0: not yet; not by itself */
	bool failed;
	char result[STORE_ERR_MAX];
	struct retain_held held;
};

/* NULL: no memory. */
struct retain *retain_new(struct gateway *g);
void retain_free(struct retain *r); /* NULL is legal */
void retain_ran(struct retain *r, const struct retain_order *o, int err);
const struct retain_state *retain_state(const struct retain *r);
/* RetainDays and ArchiveDays are these from now on. */
void retain_settle(struct retain *r, const struct conf_section *sec);

#endif
