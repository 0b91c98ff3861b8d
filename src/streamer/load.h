/* load.h: the files of a streamer, as one. */
#ifndef FG_STREAMER_LOAD_H
#define FG_STREAMER_LOAD_H

#include "daemon/role_files.h"
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

struct load_file {
	const char *path;
	struct buf text;
	struct script_streams *script; /* NULL: it has a fault */
	bool kept; /* script is the one of the load before, which owns it */
};

/* All-zero is valid and empty. */
struct load {
	struct load_file *file;
	size_t nfile;
	struct start_processes processes;
	struct role_files roles;
	struct load_stream *stream;
	size_t nstream;
	struct load_listen *listen;
	size_t nlisten;
};

/* Load files (the paths are borrowed): 0; or FG_E*, with a line in faults for
 * each fault of any of them. Of a file whose text is as in old (NULL: none), the
 * scripts are kept: load_replace, or load_free of l before old. */
int load_files(struct load *l, const struct load *old,
    const char *const *file, size_t n, struct buf *faults);
/* old, which new was loaded with, becomes new; what is not kept goes. */
void load_replace(struct load *old, struct load *new);
void load_free(struct load *l);

#endif
