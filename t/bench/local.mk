# t/bench: measured by hand with t/bench/run, not a test. Built by it, too.
EXTRA_PROGRAMS = t/bench/floor t/bench/pingpong t/bench/blast
CLEANFILES += $(EXTRA_PROGRAMS) t/bench/qf_acceptor t/bench/qf_acceptor.lock
EXTRA_DIST += t/bench/run t/bench/sessions.py t/bench/qf_acceptor.cpp

t_bench_floor_SOURCES = t/bench/floor.c t/bench/bench.c t/bench/bench.h
t_bench_pingpong_SOURCES = t/bench/pingpong.c t/bench/bench.c t/bench/bench.h
t_bench_blast_SOURCES = t/bench/blast.c t/bench/bench.c t/bench/bench.h
