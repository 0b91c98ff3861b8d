/* defs.h: definitions between a loader and the tables. For libdict only. */
#ifndef FG_DICT_DEFS_H
#define FG_DICT_DEFS_H

#include "dict/build.h"
#include "dict/impl.h"

enum node_kind { NODE_FIELD, NODE_GROUP, NODE_COMPONENT };

/* State of the walk that looks for cycles. */
enum node_colour { NODE_UNSEEN, NODE_OPEN, NODE_DONE };

struct dict_list {
	struct node *first;
	struct node **end; /* NULL: still empty */
};

struct node {
	struct node *next;
	const char *name;
	const char *shared; /* of a group: the component with its members */
	unsigned line;
	enum node_kind kind;
	bool required;
	bool unchecked; /* any value is good */
	bool dropped; /* could not be resolved */
	bool told;    /* a warning about it was given */
	uint32_t field;		     /* index of a field or a group's counter */
	struct component *component; /* that it refers to, or shares */
	struct dict_list members;    /* of a group */
	struct dict_scope *scope;    /* of a group, once compiled */
};

struct component {
	struct component *next;
	const char *name;
	unsigned line;
	enum node_colour colour;
	unsigned depth;
	struct dict_list members;
	/* As the members of optional and required groups, once compiled. */
	struct dict_scope *scope[2];
};

struct message {
	struct message *next;
	const char *name;
	const char *type;
	unsigned line;
	struct dict_list members;
};

struct value {
	struct value *next;
	const char *value;
	const char *label;
};

struct dict_fdef {
	struct dict_fdef *next;
	unsigned line;
	int32_t tag;
	int32_t length_tag; /* 0: not said */
	const char *name;
	const char *type;
	bool open;
	struct value *values;
	size_t nvalues;
};

#define DICT_ODD_MAX 64

struct dict_build {
	struct arena arena; /* of the definitions */
	struct dict *dict;  /* whose arena keeps what outlives them */
	struct dict_faults *faults;
	unsigned flags;
	int err;
	size_t work;	     /* done by compile.c; bounded */
	bool char_is_string; /* before FIX.4.2 */
	bool is_session;     /* FIXT, or FIX before 5: has header and trailer */
	struct dict_fdef *fields, **fields_end;
	size_t nfields;
	struct component *components, **components_end;
	size_t ncomponents;
	struct component **by_name; /* sorted */
	struct message *messages, **messages_end;
	size_t nmessages;
	struct dict_list header, trailer;
	const char *odd[DICT_ODD_MAX]; /* unknown types that were told */
	size_t nodd;
};

#define DICT_ARENA_MAX ((size_t)256 << 20) /* bytes of each arena */

/* Allocate from one of the two arenas; NULL sets b->err. */
void *dict_build_alloc(struct dict_build *b, struct arena *a, size_t n,
    size_t size);

/* A fault that strict mode refuses and lenient mode survives. */
#define DICT_FAULT_SOFT(b, line, ...)                                          \
	dict_faults_add((b)->faults, ((b)->flags & DICT_LENIENT) == 0, line,   \
	    __VA_ARGS__)

/* The steps of dict_build_finish, in this order; 0 or FG_E*. */
int dict_build_fields(struct dict_build *b);   /* fields.c */
void dict_build_resolve(struct dict_build *b); /* resolve.c */
int dict_build_scopes(struct dict_build *b);   /* compile.c */
int dict_build_lens(struct dict_build *b);     /* lens.c */

#endif
