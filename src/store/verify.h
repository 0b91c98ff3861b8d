/*
 * verify.h: does what a source has agree with its chain and with heads? Each
 * block is read, hashed, and each difference is traced to the first bad row of
 * its table.
 */
#ifndef FG_STORE_VERIFY_H
#define FG_STORE_VERIFY_H

#include "store/head.h"
#include "store/source.h"

struct verify_bad {
	const char *table; /* or the name of a file that is no table */
	uint64_t row;      /* the first bad one; 0: it is about no row */
	const char *text;  /* "changed", "missing", with more words */
};

struct verify_cfg {
	struct block_source *source;
	const struct heads *heads; /* sorted; may be NULL */
	bool has_key;              /* heads were checked with a key */
	bool open;                 /* the source is an open store, */
	uint64_t commits;          /* and has all commits up to this one */
	/* Any of these may be NULL. */
	void (*bad)(void *arg, const struct verify_bad *b);
	void (*note)(void *arg, const char *text); /* a line for people */
	/* So far; return true to give up. */
	bool (*at)(void *arg, uint64_t rows);
	void *arg;
};

struct verify_result {
	uint64_t bad;   /* how many were said */
	uint64_t tables, rows, segments;
	uint64_t bytes; /* of blocks */
	uint64_t unchained; /* rows behind the end of the chain */
	uint64_t heads; /* that agree */
	bool signed_head;
	struct head head; /* the newest that agrees; if signed_head it is signed
	                   * and the signature is good */
};

/* 0: it was done, whatever was found; FG_ECLOSED: it was given up; or FG_E*. */
int verify(const struct verify_cfg *cfg, struct verify_result *r);

/* Do the heads say that the store was not closed? uuid "": of any one. With a
 * key those count that are signed, if there are such. */
bool verify_unclean(const struct heads *heads, bool has_key,
    const char *uuid);

/* As a line: "FIX_IN, row 12: changed". */
void verify_bad_text(char *to, size_t cap, const struct verify_bad *b);
/* What became of it all, in a sentence or two. 0 or FG_ENOMEM. */
int verify_summary(struct buf *to, const struct verify_cfg *cfg,
    const struct verify_result *r);

#endif
