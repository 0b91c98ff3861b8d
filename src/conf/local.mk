noinst_LIBRARIES += libconf.a
libconf_a_CPPFLAGS = $(AM_CPPFLAGS) \
	-DFG_DICT_DIR='"$(pkgdatadir)/dict"' \
	-DFG_ZONE_DIR='"/usr/share/zoneinfo"' \
	-DFG_STORE_DIR='"$(localstatedir)/lib/fixgate"'
libconf_a_SOURCES = \
	src/conf/calendar.c \
	src/conf/check.c \
	src/conf/columns.c \
	src/conf/columns.h \
	src/conf/compare.c \
	src/conf/conf.c \
	src/conf/conf.h \
	src/conf/expand.c \
	src/conf/extract.c \
	src/conf/fault.c \
	src/conf/file.c \
	src/conf/form.c \
	src/conf/internal.h \
	src/conf/parse.c \
	src/conf/path.c \
	src/conf/print.c \
	src/conf/role.c \
	src/conf/schedule.c \
	src/conf/schema.c \
	src/conf/schema.def \
	src/conf/schema.h \
	src/conf/section.c \
	src/conf/settings.c \
	src/conf/table.c \
	src/conf/template.c \
	src/conf/tls.c \
	src/conf/value.c \
	src/conf/zone.c
