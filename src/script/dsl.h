/*
 * dsl.h: the words of the files. Each call of a word, stream("A", "T") { ... },
 * is kept as a declaration; what it means is read when the file has run
 * (streams.c, clients.c). For libscript only.
 */
#ifndef FG_SCRIPT_DSL_H
#define FG_SCRIPT_DSL_H

#include <lua.h>
#include <stdbool.h>

#define DECLARATIONS(X)                                                        \
	X(PROCESS, "process")                                                  \
	X(LISTEN, "listen")                                                    \
	X(ROLE, "role")                                                        \
	X(STREAM, "stream")                                                    \
	X(FIX_STREAM, "fixStream")                                             \
	X(VIEW, "view")                                                        \
	X(CLIENT, "streamerClient")                                            \
	X(ON_MESSAGE, "onMessage")                                             \
	X(SEND, "send")                                                        \
	X(SEND_FORMATTED, "sendFormatted")

enum decl_kind {
#define X(name, word) DECL_##name,
	DECLARATIONS(X)
#undef X
	DECL_KINDS
};

/* A userdata; its arguments are user value 1, its body (or nil) 2. */
struct decl {
	enum decl_kind kind;
	int line;
	int nargs; /* without the body */
	bool body;
	bool used; /* it is inside another one */
};

/* Add the words of the mask (1 << kind) to the globals. */
void dsl_open(lua_State *L, unsigned words);

/* How many declarations there are; push number i (from 1). */
int dsl_count(lua_State *L);
struct decl *dsl_push(lua_State *L, int i);

/* The declaration at index, or NULL. */
struct decl *dsl_test(lua_State *L, int index);

/* Push argument i (from 1), or the body, of the declaration at index. */
void dsl_argument(lua_State *L, int index, int i);
void dsl_body(lua_State *L, int index);

const char *dsl_word(enum decl_kind kind);

#endif
