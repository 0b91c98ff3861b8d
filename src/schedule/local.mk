noinst_LIBRARIES += libschedule.a
libschedule_a_SOURCES = \
	src/schedule/schedule.c \
	src/schedule/schedule.h \
	src/schedule/tzif.c \
	src/schedule/zone.c \
	src/schedule/zone.h
