/* library.h: what a script may call of Lua's libraries. For libscript only. */
#ifndef FG_SCRIPT_LIBRARY_H
#define FG_SCRIPT_LIBRARY_H

#include <lua.h>

/* Make the table of a script's globals. */
void library_open(lua_State *L);

/* Push the table of a script's globals. */
void library_globals(lua_State *L);

/* From now on a read of a global that is not there is an error that names the
 * nearest one. */
void library_lock(lua_State *L);

#endif
