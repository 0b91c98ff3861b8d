/* role_files.h: the roles of all Lua files of a program, as one. */
#ifndef FG_DAEMON_ROLE_FILES_H
#define FG_DAEMON_ROLE_FILES_H

#include "base/buf.h"
#include "daemon/roles.h"
#include "script/script.h"

struct role_of_file {
	const struct script_role *role;
	const char *file;
};

/* All-zero is valid and empty. */
struct role_files {
	struct role_of_file *role;
	size_t n;
};

/* Add those of a file (borrowed). What is not possible is a line in faults. 0,
 * FG_EINVAL or FG_ENOMEM. */
int role_files_add(struct role_files *rf, const char *file,
    const struct script_role *role, size_t n, struct buf *faults);
void role_files_free(struct role_files *rf);

/* Obey them. 0 or FG_ENOMEM: all stays as it was. */
int role_files_settle(struct roles *r, const struct role_files *rf);

#endif
