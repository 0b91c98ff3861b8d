# t/bench: measured by hand with t/bench/run, not a test. Built by it, too.
EXTRA_PROGRAMS = t/bench/floor t/bench/pingpong t/bench/blast t/bench/events \
	t/bench/replay t/bench/rows
CLEANFILES += $(EXTRA_PROGRAMS) t/bench/qf_acceptor t/bench/qf_acceptor.lock \
	t/bench/qf_validate t/bench/qf_validate.lock
EXTRA_DIST += t/bench/run t/bench/sessions.py t/bench/qf_acceptor.cpp \
	t/bench/qf_validate.cpp

t_bench_floor_SOURCES = t/bench/floor.c t/bench/bench.c t/bench/bench.h
t_bench_pingpong_SOURCES = t/bench/pingpong.c t/bench/bench.c t/bench/bench.h
t_bench_blast_SOURCES = t/bench/blast.c t/bench/bench.c t/bench/bench.h
t_bench_replay_SOURCES = t/bench/replay.c t/bench/bench.c t/bench/bench.h \
	t/bench/link.c t/bench/link.h
t_bench_events_SOURCES = t/bench/events.c t/bench/bench.c t/bench/bench.h \
	t/bench/link.c t/bench/link.h
t_bench_rows_SOURCES = t/bench/rows.c t/bench/bench.c t/bench/bench.h
t_bench_rows_LDADD = libstore.a liblog.a libbase.a $(BDB_LIBS)

# By hand as well, but small: built by `make check` so that it keeps compiling.
check_PROGRAMS += t/bench/codec

t_bench_codec_SOURCES = \
	t/bench/codec.c \
	t/bench/messages.c \
	t/bench/messages.h
t_bench_codec_LDADD = libfix.a libbase.a

check_PROGRAMS += t/bench/validate
t_bench_validate_SOURCES = \
	t/bench/messages.c \
	t/bench/messages.h \
	t/bench/validate.c
t_bench_validate_LDADD = libdictxml.a libdict.a libfix.a libbase.a \
	$(LIBXML2_LIBS)
