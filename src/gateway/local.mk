noinst_LIBRARIES += libgateway.a
libgateway_a_SOURCES = \
	src/gateway/compose.c \
	src/gateway/compose.h \
	src/gateway/control.c \
	src/gateway/control.h \
	src/gateway/control_int.h \
	src/gateway/control_read.c \
	src/gateway/control_send.c \
	src/gateway/control_session.c \
	src/gateway/driver.c \
	src/gateway/driver.h \
	src/gateway/driver_int.h \
	src/gateway/driver_run.c \
	src/gateway/driver_send.c \
	src/gateway/early.c \
	src/gateway/early.h \
	src/gateway/fields.c \
	src/gateway/fields.h \
	src/gateway/heap.c \
	src/gateway/heap.h \
	src/gateway/identity.c \
	src/gateway/identity.h \
	src/gateway/release.c \
	src/gateway/release.h \
	src/gateway/rows.c \
	src/gateway/rows.h \
	src/gateway/status.c \
	src/gateway/status.h
