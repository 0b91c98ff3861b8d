/* password.h: passwords as text that does not tell them (scrypt), and back. */
#ifndef FG_DAEMON_PASSWORD_H
#define FG_DAEMON_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#define PASSWORD_MAX      1024 /* bytes of a password */
#define PASSWORD_TEXT_MAX 160  /* bytes of its text, with the NUL */

/* "scrypt:N:r:p:SALT:KEY", in hexadecimal, with a salt of its own. Takes about
 * 50 ms and 16 MiB. 0, FG_EINVAL (empty, or too long) or FG_ENOMEM. */
int password_hash(char out[PASSWORD_TEXT_MAX], const char *password, size_t n);

/* Is it the password of the text? 1, 0, FG_EINVAL (no such text, or one that
 * would take more than 256 MiB) or FG_ENOMEM. Takes as long whatever it is. */
int password_check(const char *text, const char *password, size_t n);

#endif
