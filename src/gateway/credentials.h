/*
 * credentials.h: is a Logon's Username and Password in a file of users? On a
 * thread of its own, since the file may be slow and the password is meant to
 * be.
 *
 *	loop                              thread
 *	credentials_ask -> to check ->    the file, scrypt
 *	credentials_take <- checked <-    notify
 */
#ifndef FG_GATEWAY_CREDENTIALS_H
#define FG_GATEWAY_CREDENTIALS_H

#include <stddef.h>
#include <stdint.h>

/*
 * A file has a line for each user:
 *
 *	NAME HASH [COMPID ...]
 *
 * with what password.h says of the password, and those who may log on as that
 * user (none: all). Empty lines and those that begin with # do not count.
 */
struct credentials;

struct credentials_ask {
	const char *file;
	const char *comp_id, *user, *password; /* copied; any bytes but NUL */
};

/* notify is called on the thread when there is something to take. Returns
 * owned; NULL: no memory, or no thread. */
struct credentials *credentials_new(void (*notify)(void *arg), void *arg);
void credentials_free(struct credentials *c);
/* 0 or FG_ENOMEM. */
int credentials_ask(struct credentials *c, const struct credentials_ask *ask,
    uint64_t serial);
/* fn for each that was checked: why is NULL if it is right, else a static text
 * for the log that does not go to the peer. */
void credentials_take(struct credentials *c, void (*fn)(void *arg,
    uint64_t serial, const char *why), void *arg);

#endif
