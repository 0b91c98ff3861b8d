noinst_LIBRARIES += libdaemon.a
libdaemon_a_CPPFLAGS = $(AM_CPPFLAGS) -DFG_CONF_DIR='"$(sysconfdir)/fixgate"'
libdaemon_a_SOURCES = \
	src/daemon/address.c \
	src/daemon/address.h \
	src/daemon/beat.c \
	src/daemon/beat.h \
	src/daemon/begin.c \
	src/daemon/confine.c \
	src/daemon/daemon.h \
	src/daemon/drop.c \
	src/daemon/expiry.c \
	src/daemon/expiry.h \
	src/daemon/folder.c \
	src/daemon/folder.h \
	src/daemon/http.c \
	src/daemon/http.h \
	src/daemon/metric.c \
	src/daemon/metric.h \
	src/daemon/notify.c \
	src/daemon/password.c \
	src/daemon/password.h \
	src/daemon/pidfile.c \
	src/daemon/remote.c \
	src/daemon/remote.h \
	src/daemon/role_files.c \
	src/daemon/role_files.h \
	src/daemon/roles.c \
	src/daemon/roles.h \
	src/daemon/rowdicts.c \
	src/daemon/rowdicts.h \
	src/daemon/rows.c \
	src/daemon/rows.h \
	src/daemon/secure.c \
	src/daemon/secure.h \
	src/daemon/server.c \
	src/daemon/server.h \
	src/daemon/server_conn.c \
	src/daemon/server_int.h \
	src/daemon/start.c \
	src/daemon/start.h \
	src/daemon/watchdog.c \
	src/daemon/watchdog.h
libdaemon_a_CFLAGS = $(AM_CFLAGS) $(MICROHTTPD_CFLAGS)
