noinst_LIBRARIES += libstreamer.a
libstreamer_a_SOURCES = \
	src/streamer/forward.c \
	src/streamer/list.c \
	src/streamer/load.c \
	src/streamer/load.h \
	src/streamer/logon.c \
	src/streamer/metrics.c \
	src/streamer/reload.c \
	src/streamer/rights.c \
	src/streamer/rows.c \
	src/streamer/stream.c \
	src/streamer/streamer.h \
	src/streamer/upstream.c

sbin_PROGRAMS += fixgate-streamer
fixgate_streamer_SOURCES = src/streamer/main.c
fixgate_streamer_LDADD = libstreamer.a libdaemon.a libscript.a libnet.a \
	liblink.a libdictxml.a libdict.a libfix.a liblog.a libbase.a \
	$(LIBUV_LIBS) $(LUA_LIBS) $(LIBXML2_LIBS) \
	$(MICROHTTPD_LIBS) -lm
