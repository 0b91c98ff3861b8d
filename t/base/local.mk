check_PROGRAMS += t/base/check_base
TESTS += t/base/check_base
t_base_check_base_SOURCES = t/base/check_base.c
t_base_check_base_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_base_check_base_LDADD = liblog.a libbase.a $(CHECK_LIBS)

check_PROGRAMS += t/base/check_latency
TESTS += t/base/check_latency
t_base_check_latency_SOURCES = t/base/check_latency.c
t_base_check_latency_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_base_check_latency_LDADD = libbase.a $(CHECK_LIBS)
