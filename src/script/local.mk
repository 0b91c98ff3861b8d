# The only user of Lua.
noinst_LIBRARIES += libscript.a
libscript_a_CFLAGS = $(AM_CFLAGS) $(LUA_CFLAGS)
libscript_a_SOURCES = \
	src/script/decimal.c \
	src/script/decimal.h
