check_PROGRAMS += t/gateway/check_release
TESTS += t/gateway/check_release
t_gateway_check_release_SOURCES = \
	t/gateway/check_release.c \
	t/gateway/release_world.c \
	t/gateway/release_world.h \
	t/gateway/waiting.c \
	t/gateway/wakes.c \
	t/gateway/wakes.h
t_gateway_check_release_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_gateway_check_release_LDADD = libgateway.a libstore.a libsession.a \
	libdict.a libfix.a liblog.a libbase.a $(BDB_LIBS) $(CHECK_LIBS)

check_PROGRAMS += t/gateway/check_compose
TESTS += t/gateway/check_compose
t_gateway_check_compose_SOURCES = t/gateway/check_compose.c
t_gateway_check_compose_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_gateway_check_compose_LDADD = libgateway.a libdictxml.a libdict.a libfix.a \
	liblog.a libbase.a $(LIBXML2_LIBS) $(CHECK_LIBS)

check_PROGRAMS += t/gateway/check_dictset
TESTS += t/gateway/check_dictset
t_gateway_check_dictset_SOURCES = t/gateway/check_dictset.c
t_gateway_check_dictset_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_gateway_check_dictset_LDADD = libgateway.a libstore.a libdictxml.a libdict.a \
	libfix.a liblog.a libbase.a $(BDB_LIBS) $(LIBXML2_LIBS) $(CHECK_LIBS)

check_PROGRAMS += t/gateway/check_life
TESTS += t/gateway/check_life
t_gateway_check_life_SOURCES = \
	t/gateway/check_life.c \
	t/gateway/wakes.c \
	t/gateway/wakes.h
t_gateway_check_life_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_gateway_check_life_LDADD = libgateway.a libstore.a libsession.a \
	libdict.a libfix.a liblog.a libbase.a $(BDB_LIBS) $(CHECK_LIBS)

check_PROGRAMS += t/gateway/check_lanes
TESTS += t/gateway/check_lanes
t_gateway_check_lanes_SOURCES = \
	t/gateway/check_lanes.c \
	t/gateway/lane_world.c \
	t/gateway/lane_world.h \
	t/gateway/wakes.c \
	t/gateway/wakes.h
t_gateway_check_lanes_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_gateway_check_lanes_LDADD = libgateway.a libstore.a libsession.a \
	libdict.a libfix.a liblog.a libbase.a $(BDB_LIBS) $(CHECK_LIBS)

check_PROGRAMS += t/gateway/check_feeder
TESTS += t/gateway/check_feeder
t_gateway_check_feeder_SOURCES = t/gateway/check_feeder.c
t_gateway_check_feeder_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_gateway_check_feeder_LDADD = libgateway.a libconf.a libschedule.a \
	libstore.a liblink.a libsession.a libdict.a libfix.a liblog.a \
	libbase.a $(BDB_LIBS) $(CHECK_LIBS)

check_PROGRAMS += t/gateway/check_match
TESTS += t/gateway/check_match
t_gateway_check_match_SOURCES = t/gateway/check_match.c
t_gateway_check_match_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_gateway_check_match_LDADD = libgateway.a libconf.a libschedule.a \
	libstore.a liblink.a libsession.a libdict.a libfix.a liblog.a \
	libbase.a $(BDB_LIBS) $(CHECK_LIBS)

check_PROGRAMS += t/gateway/check_table
TESTS += t/gateway/check_table
t_gateway_check_table_SOURCES = t/gateway/check_table.c
t_gateway_check_table_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_gateway_check_table_LDADD = libgateway.a libconf.a libschedule.a \
	libstore.a liblink.a libfix.a liblog.a libbase.a $(BDB_LIBS) \
	$(CHECK_LIBS)

check_PROGRAMS += t/gateway/check_proxy
TESTS += t/gateway/check_proxy
t_gateway_check_proxy_SOURCES = t/gateway/check_proxy.c
t_gateway_check_proxy_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_gateway_check_proxy_LDADD = libgateway.a libbase.a $(CHECK_LIBS)

check_PROGRAMS += t/gateway/check_tunnel
TESTS += t/gateway/check_tunnel
t_gateway_check_tunnel_SOURCES = t/gateway/check_tunnel.c
t_gateway_check_tunnel_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_gateway_check_tunnel_LDADD = libgateway.a libbase.a $(CHECK_LIBS)

check_PROGRAMS += t/gateway/check_join
TESTS += t/gateway/check_join
t_gateway_check_join_SOURCES = t/gateway/check_join.c
t_gateway_check_join_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_gateway_check_join_LDADD = libgateway.a libconf.a libschedule.a \
	libstore.a liblink.a libsession.a libdict.a libfix.a liblog.a \
	libbase.a $(BDB_LIBS) $(CHECK_LIBS)

check_PROGRAMS += t/gateway/check_arrivals
TESTS += t/gateway/check_arrivals
t_gateway_check_arrivals_SOURCES = t/gateway/check_arrivals.c
t_gateway_check_arrivals_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_gateway_check_arrivals_LDADD = libgateway.a libbase.a $(CHECK_LIBS)
