/* load.h: the files of a streamer, as one. */
#ifndef FG_STREAMER_LOAD_H
#define FG_STREAMER_LOAD_H

#include "daemon/start.h"

struct load_stream {
	const char *file;
	struct script_stream *script;
	const struct script_view *view; /* that it has rows of, or NULL */
	bool made; /* for a view itself; owned */
};

struct load_listen {
	const char *file;
	const char *address;
	unsigned line;
	struct address at;
};

/* All-zero is valid and empty. */
struct load {
	struct script_streams **script; /* one for each file */
	size_t nscript;
	struct start_processes processes;
	struct load_stream *stream;
	size_t nstream;
	struct load_listen *listen;
	size_t nlisten;
};

/* Load files (the paths are borrowed): 0; or FG_E*, with a line in faults for
 * each fault of any of them. */
int load_files(struct load *l, const char *const *file, size_t n,
    struct buf *faults);
void load_free(struct load *l);

#endif
