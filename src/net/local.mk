noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
	src/net/addr.c \
	src/net/child.c \
	src/net/conn.c \
	src/net/connect.c \
	src/net/internal.h \
	src/net/io.c \
	src/net/listener.c \
	src/net/loop.c \
	src/net/net.h \
	src/net/send.c \
	src/net/timer.c
libnet_a_CFLAGS = $(AM_CFLAGS) $(LIBUV_CFLAGS)
