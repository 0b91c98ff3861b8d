check_PROGRAMS += t/script/check_script
TESTS += t/script/check_script
t_script_check_script_SOURCES = \
	t/script/check_client.c \
	t/script/check_decimal.c \
	t/script/check_fault.c \
	t/script/check_rows.c \
	t/script/check_sandbox.c \
	t/script/check_script.c \
	t/script/check_script.h \
	t/script/check_stream.c
t_script_check_script_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_script_check_script_LDADD = libscript.a libdictxml.a libdict.a libfix.a \
	liblog.a libbase.a $(LUA_LIBS) $(LIBXML2_LIBS) $(CHECK_LIBS)
TESTS += t/script/documented.sh
EXTRA_DIST += t/script/documented.sh
