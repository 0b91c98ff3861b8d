noinst_LIBRARIES += libdaemon.a
libdaemon_a_SOURCES = \
	src/daemon/begin.c \
	src/daemon/daemon.h \
	src/daemon/drop.c \
	src/daemon/notify.c \
	src/daemon/pidfile.c
