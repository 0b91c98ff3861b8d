noinst_LIBRARIES += libfix.a
libfix_a_SOURCES = \
	src/fix/frame.c \
	src/fix/frame.h \
	src/fix/mask.c \
	src/fix/msg.c \
	src/fix/msg.h \
	src/fix/out.c \
	src/fix/out.h \
	src/fix/scan.h
