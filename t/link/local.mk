check_PROGRAMS += t/link/check_link
TESTS += t/link/check_link
t_link_check_link_SOURCES = t/link/check_link.c
t_link_check_link_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_link_check_link_LDADD = liblink.a libbase.a $(CHECK_LIBS)
EXTRA_DIST += t/link/minimal.py
