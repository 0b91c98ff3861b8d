noinst_LIBRARIES += libclient.a
libclient_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libclient_a_SOURCES = \
	src/client/exec.c \
	src/client/exec.h \
	src/client/health.c \
	src/client/health.h \
	src/client/lane.c \
	src/client/lane.h \
	src/client/settle.c \
	src/client/settle.h
