check_PROGRAMS += t/store/check_store
TESTS += t/store/check_store
t_store_check_store_SOURCES = \
	t/store/check_store.c \
	t/store/contract.c \
	t/store/contract.h \
	t/store/definitions.c \
	t/store/disk.c \
	t/store/disk.h \
	t/store/marks.c \
	t/store/tables.c \
	t/store/world.c \
	t/store/world.h
t_store_check_store_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_store_check_store_LDADD = libstore.a liblog.a libbase.a \
	$(CHECK_LIBS) $(BDB_LIBS)

check_PROGRAMS += t/store/check_archive
TESTS += t/store/check_archive
t_store_check_archive_SOURCES = t/store/check_archive.c
t_store_check_archive_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_store_check_archive_LDADD = libstore.a liblog.a libbase.a \
	$(CHECK_LIBS) $(BDB_LIBS)

check_PROGRAMS += t/store/check_segment
TESTS += t/store/check_segment
t_store_check_segment_SOURCES = \
	t/store/check_segment.c \
	t/store/old_rows.c \
	t/store/old_rows.h \
	t/store/world.c \
	t/store/world.h
t_store_check_segment_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_store_check_segment_LDADD = libstore.a liblog.a libbase.a $(CHECK_LIBS) \
	$(BDB_LIBS)

check_PROGRAMS += t/store/check_left
TESTS += t/store/check_left
t_store_check_left_SOURCES = \
	t/store/check_left.c \
	t/store/old_rows.c \
	t/store/old_rows.h \
	t/store/world.c \
	t/store/world.h
t_store_check_left_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_store_check_left_LDADD = libstore.a liblog.a libbase.a $(CHECK_LIBS) \
	$(BDB_LIBS)

check_PROGRAMS += t/store/check_index
TESTS += t/store/check_index
t_store_check_index_SOURCES = \
	t/store/check_index.c \
	t/store/world.c \
	t/store/world.h
t_store_check_index_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_store_check_index_LDADD = libstore.a libsession.a libdict.a libfix.a \
	liblog.a libbase.a $(CHECK_LIBS) $(BDB_LIBS)

check_PROGRAMS += t/store/check_chain
TESTS += t/store/check_chain
t_store_check_chain_SOURCES = \
	t/store/check_chain.c \
	t/store/world.c \
	t/store/world.h
t_store_check_chain_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_store_check_chain_LDADD = libstore.a liblog.a libbase.a $(CHECK_LIBS) \
	$(BDB_LIBS) $(OPENSSL_LIBS)

check_PROGRAMS += t/store/check_verify
TESTS += t/store/check_verify
t_store_check_verify_SOURCES = \
	t/store/check_verify.c \
	t/store/world.c \
	t/store/world.h
t_store_check_verify_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_store_check_verify_LDADD = libstore.a liblog.a libbase.a $(CHECK_LIBS) \
	$(BDB_LIBS) $(OPENSSL_LIBS)

check_PROGRAMS += t/store/check_backup
TESTS += t/store/check_backup
t_store_check_backup_SOURCES = \
	t/store/check_backup.c \
	t/store/numbered.c \
	t/store/numbered.h \
	t/store/world.c \
	t/store/world.h
t_store_check_backup_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_store_check_backup_LDADD = libstore.a liblog.a libbase.a $(CHECK_LIBS) \
	$(BDB_LIBS)

TESTS += t/store/test_verify_archive.py
EXTRA_DIST += t/store/test_verify_archive.py
TESTS += t/store/test_verify_attacks.py
EXTRA_DIST += t/store/test_verify_attacks.py
TESTS += t/store/test_verify.py
EXTRA_DIST += t/store/test_verify.py
check_PROGRAMS += t/store/spoil
t_store_spoil_SOURCES = t/store/spoil.c
t_store_spoil_LDADD = libstore.a liblog.a libbase.a $(BDB_LIBS) \
	$(OPENSSL_LIBS)

check_PROGRAMS += t/store/check_torn
TESTS += t/store/check_torn
t_store_check_torn_SOURCES = \
	t/store/check_torn.c \
	t/store/numbered.c \
	t/store/numbered.h \
	t/store/world.c \
	t/store/world.h
t_store_check_torn_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_store_check_torn_LDADD = libstore.a liblog.a libbase.a $(CHECK_LIBS) \
	$(BDB_LIBS)

check_PROGRAMS += t/store/check_crash
TESTS += t/store/check_crash
t_store_check_crash_SOURCES = \
	t/store/check_crash.c \
	t/store/world.c \
	t/store/world.h
t_store_check_crash_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_store_check_crash_LDADD = libstore.a liblog.a libbase.a \
	$(CHECK_LIBS) $(BDB_LIBS)

# By hand; built by `make check` so that it keeps compiling.
check_PROGRAMS += t/bench/store
t_bench_store_SOURCES = t/bench/store.c
t_bench_store_LDADD = libstore.a liblog.a libbase.a \
	$(BDB_LIBS)
EXTRA_DIST += t/valgrind.supp
