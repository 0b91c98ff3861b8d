/* files.h: the Lua files of a client process, as one. */
#ifndef FG_CLIENT_FILES_H
#define FG_CLIENT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "daemon/role_files.h"
#include "daemon/start.h"
#include "script/script.h"

struct files {
	struct script_clients **file;
	const char **path; /* of each */
	struct buf *text;  /* of each */
	bool *kept; /* file is that of the files before, which own it */
	size_t n;
	struct start_processes processes;
	struct role_files roles;
	size_t nclient; /* of all files */
};

/* Load and check them. 0; or FG_E*, with lines in faults. Of a file whose text is
 * as in old (NULL: none) the scripts are kept: files_replace, or files_free of f
 * before old. */
int files_load(struct files *f, const struct files *old,
    const char *const *path, size_t n, struct buf *faults);
/* old, which new was loaded with, becomes new; what is not kept goes. */
void files_replace(struct files *old, struct files *new);
void files_free(struct files *f);

#endif
