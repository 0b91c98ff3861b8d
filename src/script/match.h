/*
 * match.h: Lua's patterns with a matcher that counts its steps: the one of
 * Lua's library runs for hours on 400 bytes when a pattern has five lazy
 * repetitions, and no hook is called meanwhile. For libscript only.
 */
#ifndef FG_SCRIPT_MATCH_H
#define FG_SCRIPT_MATCH_H

#include "script/sandbox.h"

#define MATCH_CAPTURES_MAX 32

#define MATCH_OPEN     (-1) /* a capture that has no end yet */
#define MATCH_POSITION (-2) /* a capture of a place */

struct match {
	lua_State *L;
	struct sandbox *sb;
	const char *s, *end; /* the subject */
	const char *pat_end;
	int depth;
	int ncap;
	struct {
		const char *at;
		ptrdiff_t len;
	} cap[MATCH_CAPTURES_MAX];
};

/* A match of subject s and pattern p. */
struct match match_new(lua_State *L, const char *s, size_t n, const char *p,
    size_t np);

/* Match the pattern from p on at s, without captures yet: the end of the match,
 * or NULL. Raises errors. */
const char *match_at(struct match *m, const char *s, const char *p);

#endif
