noinst_LIBRARIES += liblink.a
liblink_a_SOURCES = \
	src/link/in.c \
	src/link/link.h \
	src/link/out.c \
	src/link/scan.c \
	src/link/scan.h
liblink_a_CFLAGS = $(AM_CFLAGS) $(MSGPACK_CFLAGS)
