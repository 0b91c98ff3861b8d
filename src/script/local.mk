# The only user of Lua.
noinst_LIBRARIES += libscript.a
libscript_a_CFLAGS = $(AM_CFLAGS) $(LUA_CFLAGS)
libscript_a_SOURCES = \
	src/script/clients.c \
	src/script/code.h \
	src/script/dsl.c \
	src/script/dsl.h \
	src/script/format.c \
	src/script/library.c \
	src/script/library.h \
	src/script/load.c \
	src/script/luadec.c \
	src/script/match.c \
	src/script/match.h \
	src/script/out.c \
	src/script/pattern.c \
	src/script/read.c \
	src/script/read.h \
	src/script/roles.c \
	src/script/row.c \
	src/script/rows.c \
	src/script/sandbox.c \
	src/script/sandbox.h \
	src/script/scan.c \
	src/script/scan.h \
	src/script/script.c \
	src/script/script.h \
	src/script/sends.c \
	src/script/streams.c
