check_PROGRAMS += t/daemon/check_daemon
TESTS += t/daemon/check_daemon
t_daemon_check_daemon_SOURCES = t/daemon/check_daemon.c
t_daemon_check_daemon_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_daemon_check_daemon_LDADD = libdaemon.a liblog.a libbase.a $(CHECK_LIBS)
