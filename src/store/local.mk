noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	src/store/archive.c \
	src/store/archive.h \
	src/store/archive_check.c \
	src/store/archive_int.h \
	src/store/archive_read.c \
	src/store/archive_write.c \
	src/store/bdb.h \
	src/store/bdb_blocks.c \
	src/store/bdb_commit.c \
	src/store/bdb_def.c \
	src/store/bdb_dir.c \
	src/store/bdb_read.c \
	src/store/bdb_scan.c \
	src/store/bdb_seg.c \
	src/store/bdb_state.c \
	src/store/bdb_thread.c \
	src/store/block.c \
	src/store/block.h \
	src/store/blocks.c \
	src/store/chain.c \
	src/store/chain.h \
	src/store/chain_file.c \
	src/store/chain_file.h \
	src/store/chain_hash.c \
	src/store/chain_hash.h \
	src/store/chain_place.c \
	src/store/chain_place.h \
	src/store/commit.c \
	src/store/definition.c \
	src/store/impl.h \
	src/store/index.c \
	src/store/index.h \
	src/store/index_db.c \
	src/store/index_db.h \
	src/store/read.c \
	src/store/recent.c \
	src/store/source.h \
	src/store/store.c \
	src/store/store.h \
	src/store/store_bdb.c \
	src/store/store_mem.c \
	src/store/subject.c \
	src/store/table.c
libstore_a_CFLAGS = $(AM_CFLAGS) $(OPENSSL_CFLAGS)
