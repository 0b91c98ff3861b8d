# What takes hours is run by hand with t/long/run; its programs are built here,
# and their small forms are in t/e2e.
check_PROGRAMS += t/long/many
t_long_many_SOURCES = t/long/many.c t/long/many.h t/long/many_app.c \
	t/long/many_peer.c
t_long_many_LDADD = liblink.a libbase.a
check_PROGRAMS += t/long/find_load
t_long_find_load_SOURCES = t/long/find_load.c
t_long_find_load_LDADD = libstore.a liblog.a libbase.a $(BDB_LIBS)
EXTRA_DIST += t/long/archive.py t/long/find.py t/long/run t/long/RESULTS.md
