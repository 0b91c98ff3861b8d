/* ask.h: a password from standard input. */
#ifndef FG_CTL_ASK_H
#define FG_CTL_ASK_H

#include "daemon/password.h"

#define ASK_BYTES (PASSWORD_MAX + 2) /* with the end of the line, and a NUL */

/* A line of it; a terminal does not show it, and is asked twice. NULL, or what
 * is wrong. Whoever has it wipes it (explicit_bzero). */
const char *ask_password(char out[ASK_BYTES]);

#endif
