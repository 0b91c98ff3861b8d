check_PROGRAMS += t/fix/check_fix
TESTS += t/fix/check_fix
t_fix_check_fix_SOURCES = \
	t/fix/check_fix.c \
	t/fix/check_fix.h \
	t/fix/check_frame.c \
	t/fix/check_msg.c \
	t/fix/check_out.c \
	t/fix/guard.h
t_fix_check_fix_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_fix_check_fix_LDADD = libfix.a libbase.a $(CHECK_LIBS)
