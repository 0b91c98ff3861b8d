noinst_LIBRARIES += liblink.a
liblink_a_SOURCES = \
	src/link/in.c \
	src/link/link.h \
	src/link/out.c \
	src/link/value.c \
	src/link/value.h
