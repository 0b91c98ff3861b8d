check_PROGRAMS += t/ctl/check_rows
TESTS += t/ctl/check_rows
t_ctl_check_rows_SOURCES = \
	t/ctl/check_compose.c \
	t/ctl/check_rows.c \
	t/ctl/check_rows.h \
	t/ctl/check_status.c
t_ctl_check_rows_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_ctl_check_rows_LDADD = libgateway.a libconf.a libschedule.a liblink.a \
	libsession.a libstore.a libdict.a libfix.a liblog.a libbase.a $(BDB_LIBS) \
	$(CHECK_LIBS)

check_PROGRAMS += t/ctl/check_ctl
TESTS += t/ctl/check_ctl
t_ctl_check_ctl_SOURCES = t/ctl/check_ctl.c
t_ctl_check_ctl_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_ctl_check_ctl_LDADD = libctl.a libstore.a libdaemon.a libnet.a libconf.a libschedule.a liblink.a \
	libdictxml.a libdict.a libfix.a liblog.a libbase.a $(JANSSON_LIBS) \
	$(LIBXML2_LIBS) $(OPENSSL_LIBS) $(LIBUV_LIBS) $(BDB_LIBS) \
	$(CHECK_LIBS)
