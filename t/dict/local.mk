check_PROGRAMS += t/dict/check_dict
TESTS += t/dict/check_dict
t_dict_check_dict_SOURCES = \
	t/dict/check_dict.c \
	t/dict/check_dict.h \
	t/dict/check_limits.c \
	t/dict/check_load.c \
	t/dict/check_pretty.c \
	t/dict/check_table.c \
	t/dict/check_validate.c
t_dict_check_dict_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_dict_check_dict_LDADD = libdictxml.a libdict.a libfix.a libbase.a \
	$(LIBXML2_LIBS) $(CHECK_LIBS)
TESTS += t/dict/oddities.py t/dict/orchestra.py t/dict/tables.py
EXTRA_DIST += t/dict/oddities t/dict/oddities.py t/dict/orchestra.py \
	t/dict/scopes.xml t/dict/tables.py

check_PROGRAMS += t/dict/dump
t_dict_dump_SOURCES = t/dict/dump.c
t_dict_dump_LDADD = libdictxml.a libdict.a libfix.a libbase.a $(LIBXML2_LIBS)

# The tables of check_table.c, and the dictionary that one of them needs.
EXTRA_DIST += \
	t/dict/validation/data.txt \
	t/dict/validation/groups.txt \
	t/dict/validation/profile.txt \
	t/dict/validation/reasons.txt \
	t/dict/validation/switches.txt \
	t/dict/validation/types.txt \
	t/dict/validation/venue.txt \
	t/dict/validation/venue.xml

check_PROGRAMS += t/dict/check_tools
TESTS += t/dict/check_tools
t_dict_check_tools_SOURCES = t/dict/check_tools.c
t_dict_check_tools_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
t_dict_check_tools_LDADD = libdictxml.a libdict.a libfix.a libbase.a \
	$(LIBXML2_LIBS) $(CHECK_LIBS)
