/* users_file.h: UsersFile (fixgate.conf(5)): a line for each user. */
#ifndef FG_GATEWAY_USERS_FILE_H
#define FG_GATEWAY_USERS_FILE_H

#include <stddef.h>

#include "daemon/password.h"

/* The text of the user's password, for password_check, if this CompID may log
 * on as that user: 1; 0: there is no such; or FG_EIO, which was logged. Reads
 * the file: not on the loop. */
int users_file_find(const char *file, const char *user, const char *comp_id,
    char text[PASSWORD_TEXT_MAX]);

#endif
