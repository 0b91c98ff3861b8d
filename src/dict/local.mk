noinst_LIBRARIES += libdict.a
libdict_a_SOURCES = \
	src/dict/arena.c \
	src/dict/arena.h \
	src/dict/build.c \
	src/dict/build.h \
	src/dict/check.c \
	src/dict/compile.c \
	src/dict/defs.h \
	src/dict/diff.c \
	src/dict/diff.h \
	src/dict/dict.c \
	src/dict/dict.h \
	src/dict/dump.c \
	src/dict/dump.h \
	src/dict/faults.c \
	src/dict/fields.c \
	src/dict/impl.h \
	src/dict/lens.c \
	src/dict/pretty.c \
	src/dict/pretty.h \
	src/dict/quick.h \
	src/dict/resolve.c \
	src/dict/seen.c \
	src/dict/seen.h \
	src/dict/shape.c \
	src/dict/shape.h \
	src/dict/show.c \
	src/dict/show.h \
	src/dict/validate.c \
	src/dict/write.c \
	src/dict/write.h

# The only user of libxml2.
noinst_LIBRARIES += libdictxml.a
libdictxml_a_SOURCES = \
	src/dict/xml/index.c \
	src/dict/xml/index.h \
	src/dict/xml/load.c \
	src/dict/xml/load.h \
	src/dict/xml/orchestra.c \
	src/dict/xml/quickfix.c \
	src/dict/xml/xml.c \
	src/dict/xml/xml.h
libdictxml_a_CFLAGS = $(AM_CFLAGS) $(LIBXML2_CFLAGS)
