noinst_LIBRARIES += libclient.a
libclient_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libclient_a_SOURCES = \
	src/client/again.c \
	src/client/channel.c \
	src/client/channel.h \
	src/client/client.c \
	src/client/client.h \
	src/client/compare.c \
	src/client/compare.h \
	src/client/exec.c \
	src/client/exec.h \
	src/client/feed.c \
	src/client/fields.c \
	src/client/fields.h \
	src/client/files.c \
	src/client/files.h \
	src/client/health.c \
	src/client/health.h \
	src/client/lane.c \
	src/client/lane.h \
	src/client/leave.c \
	src/client/metrics.c \
	src/client/park.c \
	src/client/position.c \
	src/client/serve.c \
	src/client/settle.c \
	src/client/settle.h \
	src/client/state.c \
	src/client/target.c

# User code runs in it: it needs no rights but to reach its processes.
sbin_PROGRAMS += fixgate-client
fixgate_client_SOURCES = src/client/main.c
fixgate_client_LDADD = libclient.a libscript.a libdaemon.a libnet.a liblink.a \
	libdictxml.a libdict.a libfix.a liblog.a libbase.a $(JANSSON_LIBS) \
	$(LIBUV_LIBS) $(LUA_LIBS) $(LIBXML2_LIBS) \
	$(MICROHTTPD_LIBS)
