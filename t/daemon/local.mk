check_PROGRAMS += t/daemon/check_daemon
TESTS += t/daemon/check_daemon
t_daemon_check_daemon_SOURCES = t/daemon/check_daemon.c
t_daemon_check_daemon_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_daemon_check_daemon_LDADD = libdaemon.a libnet.a liblog.a libbase.a \
	$(LIBUV_LIBS) $(CHECK_LIBS)

check_PROGRAMS += t/daemon/check_link
TESTS += t/daemon/check_link
t_daemon_check_link_SOURCES = \
	t/daemon/check_address.c \
	t/daemon/check_beat.c \
	t/daemon/check_frames.c \
	t/daemon/check_link.c \
	t/daemon/ends.c \
	t/daemon/ends.h
t_daemon_check_link_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_daemon_check_link_LDADD = libdaemon.a libnet.a liblink.a liblog.a \
	libbase.a $(LIBUV_LIBS) $(CHECK_LIBS)

check_PROGRAMS += t/daemon/check_start
TESTS += t/daemon/check_start
t_daemon_check_start_SOURCES = t/daemon/check_start.c
t_daemon_check_start_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_daemon_check_start_LDADD = libdaemon.a libnet.a liblink.a liblog.a \
	libbase.a $(LIBUV_LIBS) \
	$(MICROHTTPD_LIBS) $(CHECK_LIBS)

check_PROGRAMS += t/daemon/check_rows
TESTS += t/daemon/check_rows
t_daemon_check_rows_SOURCES = t/daemon/check_rows.c
t_daemon_check_rows_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_daemon_check_rows_LDADD = libdaemon.a libdict.a liblink.a liblog.a \
	libbase.a $(CHECK_LIBS)

check_PROGRAMS += t/daemon/check_password
TESTS += t/daemon/check_password
t_daemon_check_password_SOURCES = t/daemon/check_password.c
t_daemon_check_password_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_daemon_check_password_LDADD = libdaemon.a libbase.a $(OPENSSL_LIBS) \
	$(CHECK_LIBS)
