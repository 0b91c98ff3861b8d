#include "script/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/now.h"
#include "log/log.h"
#include "script/library.h"

#define HOOK_EVERY    1000 /* instructions */
#define REFUSALS      16   /* allocations refused until the call is over */
#define CHURN_FACTOR  8    /* of the memory cap: what a call may allocate */

struct sandbox *
sandbox_of(lua_State *L)
{
	struct sandbox *sb;

	memcpy(&sb, lua_getextraspace(L), sizeof(sb));
	return sb;
}

/* The budget is used up: from now on every instruction is an error. */
static void
end_budget(struct sandbox *sb, lua_Hook hook)
{
	sb->over = true;
	lua_sethook(sb->L, hook, LUA_MASKCOUNT, 1);
}

static void
count_hook(lua_State *L, lua_Debug *ar)
{
	struct sandbox *sb = sandbox_of(L);

	sb->steps -= HOOK_EVERY;
	if (!sb->over && sb->steps > 0)
		return;
	end_budget(sb, count_hook);
	lua_getinfo(L, "Sl", ar);
	sb->err_line = ar->currentline;
	lua_pushfstring(L, "%s:%d: the call took more than its %I steps",
	    ar->short_src, ar->currentline, (LUAI_UACINT)sb->limits.steps);
	lua_error(L);
}

void
sandbox_charge(lua_State *L, uint64_t n)
{
	struct sandbox *sb = sandbox_of(L);

	if (n < (uint64_t)INT64_MAX && sb->steps > (int64_t)n) {
		sb->steps -= (int64_t)n;
		return;
	}
	sb->steps = 0;
	end_budget(sb, count_hook);
	luaL_error(L, "the call took more than its %I steps",
	    (LUAI_UACINT)sb->limits.steps);
}

static void *
refuse(struct sandbox *sb)
{
	sb->steps -= sb->limits.steps / REFUSALS;
	if (sb->L != NULL && sb->steps <= 0)
		end_budget(sb, count_hook);
	return NULL;
}

static void *
allocate(void *arg, void *p, size_t old, size_t size)
{
	struct sandbox *sb = arg;
	void *q;

	if (p == NULL)
		old = 0; /* Lua says the kind of object there */
	if (size == 0) {
		free(p);
		sb->memory -= old;
		return NULL;
	}
	if (size > old && (size - old > sb->limits.memory - sb->memory ||
	    size - old > CHURN_FACTOR * sb->limits.memory - sb->churn))
		return refuse(sb);
	q = realloc(p, size);
	if (q == NULL)
		return size > old ? refuse(sb) : p;
	sb->memory += size - old;
	if (size > old)
		sb->churn += size - old;
	return q;
}

/* Lua shortens the names of chunks; keep the end of the path. */
static void
name_chunk(struct sandbox *sb)
{
	size_t n = strlen(sb->path);
	const char *p = sb->path;

	if (n >= LUA_IDSIZE - 1) {
		p = strrchr(p, '/') == NULL ? p : strrchr(p, '/') + 1;
		n = strlen(p);
	}
	if (n >= LUA_IDSIZE - 1)
		p += n - (LUA_IDSIZE - 2);
	snprintf(sb->file, sizeof(sb->file), "%s", p);
}

static int
open_libraries(lua_State *L)
{
	library_open(L);
	return 0;
}

struct sandbox *
sandbox_new(const char *path, const struct script_limits *limits)
{
	struct sandbox *sb = calloc(1, sizeof(*sb));
	lua_State *L;

	if (sb == NULL)
		return NULL;
	sb->limits = *limits;
	sb->path = path;
	sb->function = LUA_NOREF;
	sb->steps = limits->steps;
	name_chunk(sb);
	L = lua_newstate(allocate, sb);
	if (L == NULL) {
		free(sb);
		return NULL;
	}
	memcpy(lua_getextraspace(L), &sb, sizeof(sb));
	sb->L = L;
	if (sandbox_call(sb, open_libraries, NULL, 0, 0) != 0) {
		sandbox_free(sb);
		return NULL;
	}
	return sb;
}

void
sandbox_free(struct sandbox *sb)
{
	if (sb == NULL)
		return;
	lua_close(sb->L);
	free(sb);
}

/* Keep the line of the innermost function of the file; the stack is gone when
 * the call returns. An error that is no text is not asked for its __tostring,
 * which would be the script's code again. */
static int
handle_message(lua_State *L)
{
	struct sandbox *sb = sandbox_of(L);
	lua_Debug ar;
	int level;

	for (level = 0; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (ar.currentline > 0 &&
		    strcmp(ar.short_src, sb->file) == 0) {
			sb->err_line = ar.currentline;
			break;
		}
	}
	if (lua_type(L, 1) != LUA_TSTRING)
		lua_pushfstring(L, "error was called with a %s",
		    luaL_typename(L, 1));
	return 1;
}

/* Take "file:line: " from the front of a message; 0 if it is not there. */
static int
take_line(const struct sandbox *sb, const char **text)
{
	size_t n = strlen(sb->file);
	char *end;
	long line;

	if (strncmp(*text, sb->file, n) != 0 || (*text)[n] != ':')
		return 0;
	line = strtol(*text + n + 1, &end, 10);
	if (end[0] != ':' || end[1] != ' ')
		return 0;
	*text = end + 2;
	return (int)line;
}

/* Where the function that was called is defined. Allocates nothing. */
static int
defined_line(struct sandbox *sb, int line)
{
	lua_Debug ar;

	if (sb->function == LUA_NOREF)
		return line;
	lua_rawgeti(sb->L, LUA_REGISTRYINDEX, sb->function);
	if (!lua_isfunction(sb->L, -1))
		return line;
	lua_getinfo(sb->L, ">S", &ar);
	return ar.linedefined;
}

static void
write_error(struct sandbox *sb, const char *text, int line, uint64_t row)
{
	char shown[SANDBOX_ERR_MAX / 2], where[32] = "";
	int found = take_line(sb, &text);

	if (found != 0)
		line = found;
	else if (sb->err_line != 0)
		line = sb->err_line;
	else
		line = defined_line(sb, line);
	log_escape(shown, sizeof(shown), text, strlen(text));
	if (row != 0)
		snprintf(where, sizeof(where), ", row %llu",
		    (unsigned long long)row);
	snprintf(sb->err, sizeof(sb->err), "%s:%d: %s%s%s%s", sb->path, line,
	    sb->what, where, sb->what[0] == '\0' ? "" : ": ", shown);
}

static int
failure(struct sandbox *sb, int status, int line, uint64_t row)
{
	char text[128];

	if (status == LUA_ERRMEM) {
		snprintf(text, sizeof(text),
		    "not enough memory (the limit is %zu bytes)",
		    sb->limits.memory);
		write_error(sb, text, line, row);
		return FG_ENOMEM;
	}
	if (status == LUA_OK) { /* the script hid the error in pcall */
		snprintf(text, sizeof(text),
		    "the call took more than its %lld steps",
		    (long long)sb->limits.steps);
		write_error(sb, text, line, row);
		return FG_ELIMIT;
	}
	write_error(sb, lua_tostring(sb->L, -1), line, row);
	return sb->over ? FG_ELIMIT : FG_EINVAL;
}

int
sandbox_call(struct sandbox *sb, lua_CFunction f, void *arg, int line,
    uint64_t row)
{
	lua_State *L = sb->L;
	int status, err = 0;

	sb->steps = sb->limits.steps;
	sb->churn = 0;
	sb->over = false;
	sb->err_line = 0;
	sb->err[0] = '\0';
	sb->call++;
	sb->running = true;
	atomic_store_explicit(&sb->row, row, memory_order_relaxed);
	atomic_store_explicit(&sb->started, mono_now().ns, memory_order_release);
	lua_sethook(L, count_hook, LUA_MASKCOUNT, HOOK_EVERY);
	lua_settop(L, 0);
	lua_pushcfunction(L, handle_message);
	lua_pushcfunction(L, f);
	lua_pushlightuserdata(L, arg);
	status = lua_pcall(L, 1, 0, 1);
	lua_sethook(L, NULL, 0, 0);
	atomic_store_explicit(&sb->started, 0, memory_order_release);
	sb->running = false;
	if (status != LUA_OK || sb->over)
		err = failure(sb, status, line, row);
	lua_settop(L, 0);
	return err;
}
