noinst_LIBRARIES += libgateway.a
libgateway_a_SOURCES = \
	src/gateway/auth.c \
	src/gateway/auth.h \
	src/gateway/compose.c \
	src/gateway/compose.h \
	src/gateway/control.c \
	src/gateway/control.h \
	src/gateway/control_cursor.c \
	src/gateway/control_defer.c \
	src/gateway/control_event.c \
	src/gateway/control_event.h \
	src/gateway/control_int.h \
	src/gateway/control_halt.c \
	src/gateway/control_lane.c \
	src/gateway/control_quarantine.c \
	src/gateway/control_read.c \
	src/gateway/control_send.c \
	src/gateway/control_session.c \
	src/gateway/control_tail.c \
	src/gateway/dictset.c \
	src/gateway/dictset.h \
	src/gateway/disk.c \
	src/gateway/disk.h \
	src/gateway/driver.c \
	src/gateway/driver.h \
	src/gateway/driver_find.c \
	src/gateway/driver_halt.c \
	src/gateway/driver_int.h \
	src/gateway/driver_life.c \
	src/gateway/driver_lost.c \
	src/gateway/driver_pending.c \
	src/gateway/driver_rows.c \
	src/gateway/driver_run.c \
	src/gateway/driver_send.c \
	src/gateway/driver_work.c \
	src/gateway/early.c \
	src/gateway/early.h \
	src/gateway/feed.c \
	src/gateway/feed.h \
	src/gateway/feeder.c \
	src/gateway/feeder.h \
	src/gateway/fields.c \
	src/gateway/fields.h \
	src/gateway/heap.c \
	src/gateway/heap.h \
	src/gateway/identity.c \
	src/gateway/identity.h \
	src/gateway/join.c \
	src/gateway/join.h \
	src/gateway/job.c \
	src/gateway/job.h \
	src/gateway/known.c \
	src/gateway/lanes.c \
	src/gateway/lanes.h \
	src/gateway/match.c \
	src/gateway/match.h \
	src/gateway/metrics.c \
	src/gateway/metrics.h \
	src/gateway/order.c \
	src/gateway/parked.c \
	src/gateway/parked.h \
	src/gateway/proxy.c \
	src/gateway/proxy.h \
	src/gateway/quarantine.c \
	src/gateway/quarantine.h \
	src/gateway/release.c \
	src/gateway/release.h \
	src/gateway/rights.c \
	src/gateway/rights.h \
	src/gateway/rows.c \
	src/gateway/rows.h \
	src/gateway/scope.c \
	src/gateway/status.c \
	src/gateway/status.h \
	src/gateway/table.c \
	src/gateway/table.h \
	src/gateway/table_link.c \
	src/gateway/tables.c \
	src/gateway/tables.h \
	src/gateway/tunnel.c \
	src/gateway/tunnel.h \
	src/gateway/waits.h

sbin_PROGRAMS += fixgated
fixgated_SOURCES = \
	src/gateway/gateway.h \
	src/gateway/admin.c \
	src/gateway/admin.h \
	src/gateway/control_reload.c \
	src/gateway/control_metrics.c \
	src/gateway/control_auth.c \
	src/gateway/control_create.c \
	src/gateway/create.c \
	src/gateway/create.h \
	src/gateway/template.c \
	src/gateway/template.h \
	src/gateway/tlsset.c \
	src/gateway/tlsset.h \
	src/gateway/users_file.c \
	src/gateway/users_file.h \
	src/gateway/definitions.c \
	src/gateway/definitions.h \
	src/gateway/initiate.c \
	src/gateway/listen.c \
	src/gateway/main.c \
	src/gateway/peers.c \
	src/gateway/peers.h \
	src/gateway/peers_int.h \
	src/gateway/reload.c \
	src/gateway/reload.h \
	src/gateway/session_dicts.c \
	src/gateway/session_dicts.h \
	src/gateway/sessions.c \
	src/gateway/sessions.h \
	src/gateway/sessions_int.h \
	src/gateway/sign.c \
	src/gateway/sign.h \
	src/gateway/settings.c \
	src/gateway/settings.h \
	src/gateway/visitor.c \
	src/gateway/window.c
fixgated_CPPFLAGS = $(AM_CPPFLAGS) \
	-DFG_CONF_FILE='"$(sysconfdir)/fixgate/fixgate.conf"'
fixgated_LDADD = libgateway.a libdaemon.a libconf.a libschedule.a \
	libnet.a libstore.a liblink.a libsession.a libdictxml.a libdict.a \
	libfix.a liblog.a libbase.a $(BDB_LIBS) $(LIBUV_LIBS) $(MSGPACK_LIBS) \
	$(LIBXML2_LIBS) $(MICROHTTPD_LIBS)
