noinst_LIBRARIES += liblog.a
liblog_a_SOURCES = \
	src/log/log.c \
	src/log/log.h
