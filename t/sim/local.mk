# broken.c stands in front of these functions.
sim_wraps = -Wl,--wrap=store_durable -Wl,--wrap=store_set_state \
	-Wl,--wrap=store_add -Wl,--wrap=out_u64 -Wl,--wrap=fix_out_bytes \
	-Wl,--wrap=release_head -Wl,--wrap=early_take \
	-Wl,--wrap=sess_window_begins -Wl,--wrap=sess_garbled \
	-Wl,--wrap=seq_use -Wl,--wrap=logon_send

check_PROGRAMS += t/sim/sim
TESTS += t/sim/sim
t_sim_sim_SOURCES = \
	t/session/dicts.c \
	t/session/dicts.h \
	t/sim/broken.c \
	t/sim/broken.h \
	t/sim/broken_session.c \
	t/sim/gate.c \
	t/sim/invariants.c \
	t/sim/net.c \
	t/sim/sim.c \
	t/sim/sim.h
t_sim_sim_LDFLAGS = $(AM_LDFLAGS) $(sim_wraps)
t_sim_sim_LDADD = libgateway.a libstore.a libschedule.a libsession.a \
	libdictxml.a libdict.a libfix.a liblog.a libbase.a $(BDB_LIBS) \
	$(LIBXML2_LIBS)
