#include "daemon/secure.h"

#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/expiry.h"
#include "log/log.h"

#define PATH_ROOM 4096

/* As the log: one of a process. */
static const char *folder = SECURE_DIR;
static struct tls *side[2]; /* who connects, who listens */

void
secure_folder(const char *dir)
{
	folder = dir;
}

const struct tls *
secure_get(bool server, char err[NET_ERR_MAX])
{
	char cert[PATH_ROOM], key[PATH_ROOM], ca[PATH_ROOM], crl[PATH_ROOM];
	const struct tls_cfg cfg = { .server = server,
		.verify = TLS_VERIFY_REQUIRED, .cert = cert, .key = key,
		.ca_file = ca, .crl_file = crl };
	struct tls_cfg without = cfg;

	if (side[server] != NULL)
		return side[server];
	snprintf(cert, sizeof(cert), "%s/cert.pem", folder);
	snprintf(key, sizeof(key), "%s/key.pem", folder);
	snprintf(ca, sizeof(ca), "%s/ca.pem", folder);
	snprintf(crl, sizeof(crl), "%s/crl.pem", folder);
	without.crl_file = NULL;
	side[server] = tls_new(access(crl, F_OK) == 0 ? &cfg : &without, err);
	return side[server];
}

/* One side alone would be half of it. */
static int
secure_reload(char err[NET_ERR_MAX])
{
	int i, rc = 0;

	for (i = 0; i < 2 && rc == 0; i++)
		if (side[i] != NULL)
			rc = tls_prepare(side[i], err);
	for (i = 0; i < 2; i++) {
		if (side[i] != NULL && rc == 0)
			tls_commit(side[i]);
		else if (side[i] != NULL)
			tls_forget(side[i]);
	}
	return rc;
}

void
secure_hangup(void)
{
	char err[NET_ERR_MAX];

	if (side[0] == NULL && side[1] == NULL)
		return;
	if (secure_reload(err) != 0)
		log_event(LOG_LEVEL_ERROR, "tls", NULL, "TLS of links: %s: "
		    "nothing was changed", err);
	else
		log_event(LOG_LEVEL_INFO, "tls", NULL, "TLS of links: the "
		    "certificates were read again");
}

int
secure_expiry(void *arg, struct buf *list)
{
	int i, err = 0;

	(void)arg;
	for (i = 0; i < 2 && err == 0; i++)
		if (side[i] != NULL)
			err = expiry_add(list, side[i]);
	return err;
}

void
secure_free(void)
{
	tls_free(side[0]);
	tls_free(side[1]);
	side[0] = side[1] = NULL;
	folder = SECURE_DIR;
}
