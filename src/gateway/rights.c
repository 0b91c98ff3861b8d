#include "gateway/rights.h"

#include <stdlib.h>

#include "base/err.h"

/* The section as a role; the list of its certificates is owned, NULL: no
 * memory. */
static const char **
read_role(struct role_cfg *r, const struct conf_section *sec)
{
	const char **list;
	unsigned i, n = 0;

	while (conf_str_at(sec, CONF_Certificate, n) != NULL)
		n++;
	list = calloc(n + 1, sizeof(*list));
	for (i = 0; list != NULL && i < n; i++)
		list[i] = conf_str_at(sec, CONF_Certificate, i);
	*r = (struct role_cfg){ .name = conf_name(sec), .certificate = list,
		.users = conf_str(sec, CONF_Users),
		.read = conf_str(sec, CONF_Read),
		.append = conf_str(sec, CONF_Append),
		.send = conf_str(sec, CONF_Send),
		.operate = conf_bool(sec, CONF_Operate) };
	return list;
}

int
rights_settle(struct roles *r, const struct conf *conf)
{
	size_t i, n = conf_nroles(conf);
	struct role_cfg *role = calloc(n + 1, sizeof(*role));
	const char ***list = calloc(n + 1, sizeof(*list));
	int err = role == NULL || list == NULL ? FG_ENOMEM : 0;

	for (i = 0; i < n && err == 0; i++) {
		list[i] = read_role(&role[i], conf_role(conf, i));
		if (list[i] == NULL)
			err = FG_ENOMEM;
	}
	if (err == 0)
		err = roles_settle(r, role, n);
	for (i = 0; list != NULL && i < n; i++)
		free(list[i]);
	free(list);
	free(role);
	return err;
}

struct roles *
rights_new(const struct conf *conf)
{
	struct roles *r = roles_new(false);

	if (r != NULL && rights_settle(r, conf) != 0) {
		roles_free(r);
		return NULL;
	}
	return r;
}
