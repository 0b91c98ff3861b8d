# The client's parts that touch no clock, socket, file or log.
noinst_LIBRARIES += libclient.a
libclient_a_SOURCES = \
	src/client/health.c \
	src/client/health.h \
	src/client/lane.c \
	src/client/lane.h \
	src/client/settle.c \
	src/client/settle.h
