noinst_LIBRARIES += libsession.a
libsession_a_SOURCES = \
	src/session/acts.c \
	src/session/admin.c \
	src/session/appl.c \
	src/session/appl.h \
	src/session/cfg.h \
	src/session/fields.c \
	src/session/internal.h \
	src/session/logon.c \
	src/session/logout.c \
	src/session/out.c \
	src/session/out.h \
	src/session/recv.c \
	src/session/reject.c \
	src/session/resend.c \
	src/session/seq.c \
	src/session/session.c \
	src/session/session.h \
	src/session/timer.c \
	src/session/version.c
