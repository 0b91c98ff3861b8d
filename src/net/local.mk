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
	src/net/timer.c \
	src/net/tls.c \
	src/net/tls.h \
	src/net/tls_ctx.c \
	src/net/tls_expiry.c \
	src/net/tls_file.c \
	src/net/tls_int.h \
	src/net/tls_peer.c \
	src/net/tls_stream.c \
	src/net/turn.c
libnet_a_CFLAGS = $(AM_CFLAGS) $(LIBUV_CFLAGS) $(OPENSSL_CFLAGS)
