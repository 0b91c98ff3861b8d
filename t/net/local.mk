check_PROGRAMS += t/net/check_net
TESTS += t/net/check_net
t_net_check_net_SOURCES = \
	t/net/check_child.c \
	t/net/check_conn.c \
	t/net/check_listener.c \
	t/net/check_loop.c \
	t/net/check_net.c \
	t/net/check_net.h \
	t/net/check_tls.c \
	t/net/end.c \
	t/net/tls_pair.c \
	t/net/tls_pair.h \
	t/net/tls_trust.c
t_net_check_net_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_net_check_net_LDADD = libnet.a liblog.a libbase.a $(LIBUV_LIBS) \
	$(CHECK_LIBS)
EXTRA_DIST += t/lib/certs.sh
