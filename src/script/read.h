/* read.h: from declarations to structures, with all faults of the file named.
 * For libscript only. */
#ifndef FG_SCRIPT_READ_H
#define FG_SCRIPT_READ_H

#include "script/code.h"
#include "script/dsl.h"
#include "script/scan.h"

struct fault {
	unsigned line;
	char *text;
};

/* A file on its way in. */
struct reader {
	const char *path, *text;
	size_t len;
	struct script_limits limits;
	unsigned words; /* dsl_open */
	struct scan scan;
	struct arena *arena; /* of the result */
	struct fault *fault;
	size_t nfault, cap;
	bool no_memory;
	/* Of the run that is being read: */
	lua_State *L;
	int decl; /* stack index of the declaration at hand */
	const char *what; /* what it is, for faults: "stream A" */
	const struct script_process *process;
	size_t nprocess;
};

/* ---- read.c ---- */

void fault_at(struct reader *r, unsigned line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

enum option_type {
	OPTION_BOOL,
	OPTION_INT,      /* int64_t */
	OPTION_TEXT,     /* const char * */
	OPTION_FUNCTION, /* int */
	OPTION_RANGE,    /* struct script_range */
	OPTION_FIELDS,   /* struct script_out */
	OPTION_READ,     /* by read() */
};

struct option {
	const char *name;
	enum option_type type;
	size_t offset; /* in the target */
	int64_t min, max;
	void (*read)(struct reader *r, unsigned line, void *target);
};

/*
 * Read the named entries of the table at the top by a list of options that ends
 * with a NULL name. other says of names in another list (NULL: none) that they
 * are known, too. Values without a name are faults unless list.
 */
void read_options(struct reader *r, const struct option *options,
    const struct option *other, bool list, void *target);

/* The text at the top, copied; a fault and NULL if it is none or empty. */
const char *read_text(struct reader *r, unsigned line, const char *name);

/* A name that goes over links: a fault if it cannot be one. NULL is legal. */
void read_check_name(struct reader *r, unsigned line, const char *name,
    const char *text);

/* Argument i of the declaration as text; NULL, with a fault, if it is none. */
const char *read_argument(struct reader *r, int i, const char *name);

/* The list of fields at the top. */
void read_fields(struct reader *r, unsigned line, struct script_out *out);

/* Is the name one of the file's processes? Else a fault. */
bool read_process(struct reader *r, unsigned line, const char *name);

/* The line of the option of that name in the declaration at hand. */
unsigned read_line(struct reader *r, const char *name);

/* Memory of the result; raises when there is none. */
void *read_alloc(struct reader *r, size_t n, size_t size);
const char *read_printf(struct reader *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- sends.c ---- */

/* The declaration at the top. */
void read_send(struct reader *r, struct decl *d, struct script_send *s);
/* Are the ids of a block's sends, and the lanes that they may have, their own? */
void read_check_ids(struct reader *r, const struct script_block *b);

/* ---- load.c ---- */

/* A copy of the path, which the states borrow; NULL: no memory. */
const char *read_path(struct arena *a, const char *path);

/* Start to read a file: 0, or FG_E* (as read_end). */
int read_begin(struct reader *r, const char *path, const char *text,
    size_t len, const struct script_limits *limits, struct arena *arena,
    unsigned words);
/* FG_EINVAL and the faults by line, FG_ENOMEM, or 0: there was none. Frees. */
int read_end(struct reader *r, struct buf *faults);

/*
 * Run the file in a state of its own, then f(L) with the reader as light
 * userdata under the same limits. Returns owned, or NULL with a fault.
 */
struct script_code *read_run(struct reader *r, const char *what,
    lua_CFunction f);
void script_code_free(struct script_code *c);

/* The processes, and listen()s. */
void read_processes(struct reader *r, enum decl_kind kind, bool exec,
    const struct script_process **list, size_t *n);

/* roles.c: the roles; of a streamer's file, they have streams. */
void read_roles(struct reader *r, bool streams,
    const struct script_role **list, size_t *n);

/* How many declarations there are of two kinds; push number i (from 0). */
int read_count(struct reader *r, enum decl_kind a, enum decl_kind b);
struct decl *read_push(struct reader *r, enum decl_kind a, enum decl_kind b,
    int i);

/* Faults of declarations that have no body or stand nowhere. */
void read_unfinished(struct reader *r);

#endif
