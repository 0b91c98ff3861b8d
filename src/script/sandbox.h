/*
 * sandbox.h: one Lua state for the functions of one stream or client, and the
 * limits that user code cannot leave. For libscript only.
 *
 * A call ends in a bounded time and memory whatever the script does:
 *  - a count hook takes steps from the call's budget; when it is used up the
 *    hook fires at every instruction, so that pcall cannot swallow its error;
 *  - what C functions of the library cost is charged to the same budget;
 *    patterns are matched by our own matcher (pattern.c), which counts;
 *  - memory is capped, and so is what one call allocates in all; a refused
 *    allocation costs steps, because it makes Lua collect all its garbage;
 *  - __gc would run without hooks, so no table may have it.
 * What still takes long is seen by the process's watchdog (script_running).
 */
#ifndef FG_SCRIPT_SANDBOX_H
#define FG_SCRIPT_SANDBOX_H

#include <lauxlib.h>
#include <lua.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "script/script.h"
#include "base/decimal.h"

#define SANDBOX_ERR_MAX SCRIPT_ERR_MAX

struct rows;

struct sandbox {
	lua_State *L;
	struct script_limits limits;
	size_t memory;   /* held now */
	size_t churn;    /* allocated by this call */
	int64_t steps;   /* left to this call */
	bool over;       /* the budget is used up */
	bool running;
	uint64_t call;   /* number of the call */
	int err_line;    /* of the last error, 0: unknown */
	int function;    /* the reference that is called, or LUA_NOREF */
	char file[64];   /* the chunk's name in Lua's messages */
	const char *path;/* of the file; borrowed */
	char what[128];  /* "stream X": begins the text of errors; may be "" */
	_Atomic int64_t started; /* ns, monotonic; 0: no call */
	_Atomic uint64_t row;    /* of the call; 0: none */
	struct rows *rows;       /* of the owner; NULL while loading */
	char err[SANDBOX_ERR_MAX];
};

/* The state with its libraries. Returns owned; NULL: no memory. path is
 * borrowed. limits are complete. */
struct sandbox *sandbox_new(const char *path,
    const struct script_limits *limits);
void sandbox_free(struct sandbox *sb);

/* The sandbox that a state belongs to. */
struct sandbox *sandbox_of(lua_State *L);

/*
 * Call f(arg as light userdata) under the limits. 0; FG_EINVAL (an error of the
 * script), FG_ELIMIT (a limit) or FG_ENOMEM (ditto, of memory), with sb->err =
 * "file:line: what, row N: text". Where Lua names no line it is the one where
 * sb->function is defined, or else line. row is 0 for none.
 */
int sandbox_call(struct sandbox *sb, lua_CFunction f, void *arg, int line,
    uint64_t row);

/* Take n steps from the call's budget; raises when it is used up. */
void sandbox_charge(lua_State *L, uint64_t n);

/* pattern.c: find, match, gmatch and gsub into the table at the top. */
void pattern_open(lua_State *L);

/* luadec.c: the decimal type, and its constructor as a global of the table at
 * the top. */
void luadec_open(lua_State *L);
/* Push a decimal with the text that it was received by (NULL: none). */
void luadec_push(lua_State *L, struct decimal d, const char *text, size_t n);
/* The text of the decimal at index, or NULL if that is none; valid while the
 * value is on the stack. */
const char *luadec_text(lua_State *L, int index, size_t *n);

#endif
