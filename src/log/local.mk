noinst_LIBRARIES += liblog.a
liblog_a_SOURCES = \
	src/log/line.c \
	src/log/line.h \
	src/log/log.c \
	src/log/log.h
