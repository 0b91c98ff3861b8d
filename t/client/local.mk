check_PROGRAMS += t/client/check_client
TESTS += t/client/check_client t/client/test_cursors.py t/client/test_features.py t/client/test_faults.py t/client/test_reload.py t/client/test_scripts.py
EXTRA_DIST += t/client/clients.py t/client/test_cursors.py t/client/test_faults.py t/client/test_features.py t/client/test_reload.py t/client/test_scripts.py t/lib/serve.py
t_client_check_client_SOURCES = \
	t/client/check_client.c \
	t/client/check_client.h \
	t/client/check_exec.c \
	t/client/check_fields.c \
	t/client/check_health.c \
	t/client/check_lane.c \
	t/client/check_settle.c
t_client_check_client_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_client_check_client_LDADD = libclient.a libnet.a liblink.a liblog.a \
	libbase.a $(JANSSON_LIBS) $(LIBUV_LIBS) $(CHECK_LIBS)
