/*
 * auth.h: users and passwords (553, 554) of Logons: those of a UsersFile, or of
 * AuthenticateLogonCredentials: then what is kept of a password is a definition
 * of the store, by session and user; it is in no table that anybody could read.
 *
 * Passwords are checked and made on a thread of their own, in the order in
 * which they come:
 *
 *	loop                          thread
 *	auth_check, auth_set  ->      scrypt
 *	auth_take             <-      notify
 */
#ifndef FG_GATEWAY_AUTH_H
#define FG_GATEWAY_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "store/store.h"

#define AUTH_USER_MAX 64 /* bytes of a user's name, but in a UsersFile */

struct auth;
struct driver;

struct auth_ask {
	const char *file;           /* UsersFile; or NULL, and of these: */
	const char *session, *base; /* base: its template, or NULL */
	const char *comp_id;        /* of who logs on */
	const char *user, *password;
	const char *fresh;          /* the new password, or NULL */
};

/* why NULL: it is right, or it is set. Else it says what is wrong; it is
 * auth_wrong if the user or the password is. */
typedef void (*auth_fn)(void *arg, const char *why);
extern const char auth_wrong[];

/* Starts the thread; notify is called on it when there is something to take.
 * The driver and its store are borrowed. Returns owned, or NULL. */
struct auth *auth_new(struct driver *d, void (*notify)(void *arg), void *arg);
/* Who still waits is told that it stops. NULL is legal. */
void auth_free(struct auth *a);

/* On the loop. 0: fn is told later, once, from auth_take; or FG_ELIMIT (too
 * many wait), FG_EINVAL (a name or password that cannot be), FG_ENOMEM. If the
 * password is right and there is a new one, that one is kept first; in no
 * UsersFile. */
int auth_check(struct auth *a, const struct auth_ask *ask, auth_fn fn,
    void *arg);
/* Keep this password, whatever it was before. As auth_check. */
int auth_set(struct auth *a, const char *session, const char *user,
    const char *password, auth_fn fn, void *arg);
/* 0, FG_ENOENT or FG_E*. */
int auth_remove(struct auth *a, const char *session, const char *user);
/* Those of a session that is no more. */
void auth_remove_all(struct auth *a, const char *session);
/* fn is not called for arg any more. */
void auth_forget(struct auth *a, void *arg);
void auth_take(struct auth *a);

/* The i-th user; false: there are no more. Valid until the next change. */
bool auth_user(const struct auth *a, size_t i, char session[STORE_DEF_NAME_MAX],
    char user[AUTH_USER_MAX + 1]);

/* Whoever gives wrong passwords waits before he may try again: the first few
 * are free, then 1 s, twice as long each time, up to a minute. address without
 * the port. */
bool auth_may_try(struct auth *a, const char *address, mono_t now);
void auth_tried(struct auth *a, const char *address, mono_t now, bool good);

#endif
