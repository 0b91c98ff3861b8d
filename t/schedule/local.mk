check_PROGRAMS += t/schedule/check_schedule
TESTS += t/schedule/check_schedule
t_schedule_check_schedule_SOURCES = \
	t/schedule/check_clock.c \
	t/schedule/check_schedule.c \
	t/schedule/check_zone.c \
	t/schedule/zones.c \
	t/schedule/zones.h
t_schedule_check_schedule_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_schedule_check_schedule_LDADD = libschedule.a libbase.a $(CHECK_LIBS)
