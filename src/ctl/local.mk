noinst_LIBRARIES += libctl.a
libctl_a_SOURCES = \
	src/ctl/ask.c \
	src/ctl/ask.h \
	src/ctl/cmd_append.c \
	src/ctl/cmd_archive.c \
	src/ctl/cmd_backup.c \
	src/ctl/chain.c \
	src/ctl/chain.h \
	src/ctl/cmd_chain.c \
	src/ctl/cmd_complete.c \
	src/ctl/cmd_cursor.c \
	src/ctl/cmd_dict.c \
	src/ctl/cmd_dict_dry.c \
	src/ctl/cmd_export.c \
	src/ctl/cmd_find.c \
	src/ctl/cmd_password.c \
	src/ctl/cmd_halt.c \
	src/ctl/cmd_quarantine.c \
	src/ctl/cmd_reload.c \
	src/ctl/cmd_replay.c \
	src/ctl/cmd_send.c \
	src/ctl/cmd_session.c \
	src/ctl/cmd_settings.c \
	src/ctl/cmd_status.c \
	src/ctl/cmd_table.c \
	src/ctl/cmd_tail.c \
	src/ctl/cmd_user.c \
	src/ctl/cmd_verify.c \
	src/ctl/cmd_watch.c \
	src/ctl/cmds.c \
	src/ctl/ctl.c \
	src/ctl/ctl.h \
	src/ctl/dict_file.c \
	src/ctl/dict_file.h \
	src/ctl/dicts.c \
	src/ctl/dicts.h \
	src/ctl/flat.c \
	src/ctl/flat.h \
	src/ctl/input.c \
	src/ctl/input.h \
	src/ctl/job.c \
	src/ctl/job.h \
	src/ctl/json.c \
	src/ctl/json.h \
	src/ctl/json_line.c \
	src/ctl/json_line.h \
	src/ctl/line.c \
	src/ctl/line.h \
	src/ctl/list.c \
	src/ctl/list.h \
	src/ctl/offline.c \
	src/ctl/offline.h \
	src/ctl/opt.c \
	src/ctl/opt.h \
	src/ctl/order.c \
	src/ctl/order.h \
	src/ctl/out.h \
	src/ctl/out_json.c \
	src/ctl/out_text.c \
	src/ctl/pretty.c \
	src/ctl/pretty.h \
	src/ctl/progress.c \
	src/ctl/progress.h \
	src/ctl/query.c \
	src/ctl/query.h \
	src/ctl/row.c \
	src/ctl/row.h \
	src/ctl/sessions.c \
	src/ctl/sessions.h \
	src/ctl/wire.c \
	src/ctl/wire.h
libctl_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)

# For operators: every command is for those who may use the control socket.
sbin_PROGRAMS += fixgatectl
fixgatectl_SOURCES = src/ctl/main.c
fixgatectl_LDADD = libctl.a libstore.a libdaemon.a libnet.a libconf.a libschedule.a \
	liblink.a libdictxml.a libdict.a libfix.a liblog.a libbase.a $(JANSSON_LIBS) \
	$(LIBXML2_LIBS) $(OPENSSL_LIBS) $(LIBUV_LIBS) $(BDB_LIBS)
