check_PROGRAMS += t/store/check_store
TESTS += t/store/check_store
t_store_check_store_SOURCES = \
	t/store/check_store.c \
	t/store/contract.c \
	t/store/contract.h \
	t/store/world.c \
	t/store/world.h
t_store_check_store_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_store_check_store_LDADD = libstore.a libbase.a $(CHECK_LIBS) $(BDB_LIBS)
