/* files.h: the Lua files of a client process, as one. */
#ifndef FG_CLIENT_FILES_H
#define FG_CLIENT_FILES_H

#include <stddef.h>

#include "base/buf.h"
#include "daemon/start.h"
#include "script/script.h"

struct files {
	struct script_clients **file;
	const char **path; /* of each */
	size_t n;
	struct start_processes processes;
	size_t nclient; /* of all files */
};

/* Load and check them. 0; or FG_E*, with lines in faults. */
int files_load(struct files *f, const char *const *path, size_t n,
    struct buf *faults);
void files_free(struct files *f);

#endif
