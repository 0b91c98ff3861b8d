/* drop.c: another user, for good. */
#include "daemon/daemon.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/err.h"
#include "log/log.h"

/* All three ids are the user's, and root's do not come back. */
static bool
is_for_good(const struct passwd *pw)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	if (getresuid(&ruid, &euid, &suid) == -1
	    || getresgid(&rgid, &egid, &sgid) == -1)
		return false;
	if (ruid != pw->pw_uid || euid != pw->pw_uid || suid != pw->pw_uid
	    || rgid != pw->pw_gid || egid != pw->pw_gid || sgid != pw->pw_gid)
		return false;
	return pw->pw_uid == 0
	    || (setuid(0) == -1 && seteuid(0) == -1 && setgid(0) == -1);
}

int
daemon_drop(const char *user)
{
	const struct passwd *pw;
	int err;

	errno = 0;
	pw = getpwnam(user);
	if (pw == NULL) {
		err = errno == 0 ? FG_ENOENT : fg_errno(errno);
		log_event(LOG_LEVEL_ERROR, "start", NULL, "user %s: there is "
		    "no such user", user);
		return err;
	}
	if (geteuid() != 0 && geteuid() != pw->pw_uid) {
		log_event(LOG_LEVEL_ERROR, "start", NULL, "user %s: only root "
		    "can become another user", user);
		return FG_EACCES;
	}
	/* Groups first: without root's uid they cannot be set. */
	if (geteuid() == 0
	    && (initgroups(user, pw->pw_gid) == -1
	        || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1
	        || setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1)) {
		err = fg_errno(errno);
		log_event(LOG_LEVEL_WARN, "start", NULL, "user %s: cannot "
		    "become that user: %s", user, strerror(errno));
		return err;
	}
	if (!is_for_good(pw)) {
		log_event(LOG_LEVEL_ERROR, "start", NULL, "user %s: privileges "
		    "were not given up", user);
		return FG_EACCES;
	}
	daemon_keep_secrets();
	return 0;
}
