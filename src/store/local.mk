noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	src/store/block.c \
	src/store/block.h \
	src/store/commit.c \
	src/store/impl.h \
	src/store/read.c \
	src/store/recent.c \
	src/store/store.c \
	src/store/store.h \
	src/store/store_mem.c
