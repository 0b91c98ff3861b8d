/* code.h: what the files of the script layer share. For libscript only. */
#ifndef FG_SCRIPT_CODE_H
#define FG_SCRIPT_CODE_H

#include "dict/arena.h"
#include "dict/shape.h"
#include "script/sandbox.h"
#include "script/script.h"

/* The row of the running call; its message is indexed when a field of it is
 * first asked for. */
struct rows {
	const struct script_row *row;
	const char *fix; /* the message, NULL: none */
	size_t fix_len;
	bool indexed;
	struct fix_msg m;
	struct dict_shape shape;
	uint32_t *end; /* see dict/shape.h; room for m.cap */
};

/* How a value's text is made. */
struct format {
	int function;     /* or LUA_NOREF */
	const char *mask; /* or NULL */
};

struct projected {
	const char *source, *name;
	struct format format;
};

/* What is sent of a row. */
struct script_out {
	int function;            /* or LUA_NOREF */
	struct projected *field; /* NULL: all columns */
	size_t nfield;
};

struct script_code {
	struct sandbox *sb;
	struct rows rows;
	struct arena out; /* what the last call returned */
	const char *message_column; /* of a fixStream */
	const char *msg_type;
	int line;
	int where, on_parsing_error; /* or LUA_NOREF */
	struct script_out to_row;
	/* Is msg_type a message of a dictionary? Not of that asked last. */
	bool knows_type, lacks_type;
	const struct dict *asked;
};

/* ---- rows.c ---- */

/* The row of the calls to come; column holds its message (NULL: none). */
void rows_set(struct rows *r, const struct script_row *row, const char *column);
void rows_free(struct rows *r);

/* Index the message. 0, or FG_E* and *why. */
int rows_index(struct rows *r, const char **why);

/* A field's text as its type asks for; what is no such value stays text. */
struct script_value rows_typed(const struct dict_field *f, const char *p,
    size_t n);
/* Is the field's type one of numbers? */
bool rows_numeric(const struct dict_field *f);

/* Of the group's fields from..to: how many instances there are, and the first
 * field of instance i (from 1), or to; *stop: the end of it. */
int64_t rows_instances(const struct rows *r, uint32_t from, uint32_t to);
uint32_t rows_instance(const struct rows *r, uint32_t from, uint32_t to,
    int64_t i, uint32_t *stop);

/* ---- row.c ---- */

void row_open(lua_State *L);

/* Push the row as an object that is valid during this call. */
void row_push(lua_State *L);

/* The value of a column or field of the row, as fields = {} takes it. Raises
 * an error for an unknown name. Texts are borrowed from the row; a group is
 * made in out. */
void row_get(lua_State *L, const char *name, size_t n, struct arena *out,
    struct script_value *v);

/* The group or instance object at index as a value; false: it is none. */
bool row_take(lua_State *L, int index, struct arena *out,
    struct script_value *v);

/* Push a value as the script sees it. */
void value_push(lua_State *L, const struct script_value *v, const char *name);

/* ---- out.c ---- */

/* Zeroed memory of an arena; raises when there is none. */
void *out_alloc(lua_State *L, struct arena *a, size_t n, size_t size);

/* The table at index as fields sorted by name. They are copied. what names them
 * in errors. */
void out_fields(lua_State *L, int index, struct arena *a, const char *what,
    struct script_fields *out);

/* The row's columns, or the listed fields. absent: keep those without value. */
void out_project(lua_State *L, const struct script_out *how, bool absent,
    struct arena *a, struct script_fields *out);

/* ---- format.c ---- */

/* Is the mask one that format_value can obey? */
bool format_valid(const char *mask);

/* The value's text by the mask; raises if it is of no type that masks are
 * for. */
void format_value(lua_State *L, const char *mask, const char *name,
    struct arena *a, struct script_value *v);

#endif
