#include "daemon/role_files.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/names.h"
#include "base/num.h"

#define USER_MAX 128 /* bytes of a user's name */

/* What check_user looks at. */
struct looking {
	const char *file;
	const struct script_role *role;
	struct buf *faults;
	int err;
};

static bool
is_user(const char *name)
{
	uint64_t uid;

	if (strcmp(name, "*") == 0)
		return true;
	if (num_parse_u64(name, strlen(name), &uid) == 0)
		return uid < UINT32_MAX;
	errno = 0;
	/* Where accounts cannot be asked for, it is not known. */
	return getpwnam(name) != NULL || (errno != 0 && errno != ENOENT);
}

static bool
check_user(const char *p, size_t n, void *arg)
{
	struct looking *l = arg;
	char name[USER_MAX] = "";

	if (n < sizeof(name))
		memcpy(name, p, n);
	if (n < sizeof(name) && is_user(name))
		return true;
	buf_printf(l->faults, "%s:%u: role %s: users: this machine has no user "
	    "%.*s: write names or numbers of users, or *\n", l->file,
	    l->role->line, l->role->name, n > 60 ? 60 : (int)n, p);
	l->err = FG_EINVAL;
	return true;
}

static int
check(const struct role_files *rf, const char *file,
    const struct script_role *role, struct buf *faults)
{
	struct looking l = { file, role, faults, 0 };
	size_t i;

	for (i = 0; i < rf->n; i++) {
		if (strcmp(rf->role[i].role->name, role->name) != 0)
			continue;
		buf_printf(faults, "%s:%u: role %s is declared twice (first in "
		    "%s:%u)\n", file, role->line, role->name,
		    rf->role[i].file, rf->role[i].role->line);
		l.err = FG_EINVAL;
	}
	if (rf->n == ROLES_MAX) {
		buf_printf(faults, "%s:%u: role %s: there are more than %d "
		    "roles\n", file, role->line, role->name, ROLES_MAX);
		l.err = FG_EINVAL;
	}
	if (role->users != NULL)
		(void)names_each(role->users, check_user, &l);
	return l.err;
}

int
role_files_add(struct role_files *rf, const char *file,
    const struct script_role *role, size_t n, struct buf *faults)
{
	struct role_of_file *p;
	size_t i;
	int err = 0;

	p = realloc(rf->role, (rf->n + n + 1) * sizeof(*p));
	if (p == NULL)
		return FG_ENOMEM;
	rf->role = p;
	for (i = 0; i < n; i++)
		if (check(rf, file, &role[i], faults) == 0)
			p[rf->n++] = (struct role_of_file){ &role[i], file };
		else
			err = FG_EINVAL;
	return err;
}

void
role_files_free(struct role_files *rf)
{
	free(rf->role);
	*rf = (struct role_files){ 0 };
}

int
role_files_settle(struct roles *r, const struct role_files *rf)
{
	struct role_cfg *cfg = calloc(rf->n + 1, sizeof(*cfg));
	const struct script_role *from;
	size_t i;
	int err;

	if (cfg == NULL)
		return FG_ENOMEM;
	for (i = 0; i < rf->n; i++) {
		from = rf->role[i].role;
		cfg[i] = (struct role_cfg){ .name = from->name,
			.users = from->users,
			.certificate = from->certificate, .read = from->read,
			.append = "none", .send = "none",
			.operate = from->operate };
	}
	err = roles_settle(r, cfg, rf->n);
	free(cfg);
	return err;
}
