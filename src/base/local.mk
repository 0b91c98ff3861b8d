noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	src/base/buf.c \
	src/base/buf.h \
	src/base/clock.c \
	src/base/clock.h \
	src/base/cursor.c \
	src/base/cursor.h \
	src/base/decimal.c \
	src/base/decimal.h \
	src/base/err.c \
	src/base/err.h \
	src/base/latency.c \
	src/base/latency.h \
	src/base/names.c \
	src/base/names.h \
	src/base/near.c \
	src/base/near.h \
	src/base/now.h \
	src/base/num.c \
	src/base/num.h \
	src/base/thread.c \
	src/base/thread.h
