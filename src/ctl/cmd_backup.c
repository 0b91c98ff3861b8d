/* cmd_backup.c: `backup`, `restore`, `recover`. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "ctl/ctl.h"
#include "ctl/job.h"
#include "ctl/opt.h"
#include "ctl/progress.h"
#include "store/backup.h"

#define TEXT_MAX 1024

/* The gateway stands in another directory. */
static bool
absolute(char out[PATH_MAX], const char *dir)
{
	char here[PATH_MAX];

	if (dir[0] == '/')
		return snprintf(out, PATH_MAX, "%s", dir) < PATH_MAX;
	return getcwd(here, sizeof(here)) != NULL
	    && snprintf(out, PATH_MAX, "%s/%s", here, dir) < PATH_MAX;
}

int
cmd_backup(struct ctl *c, int argc, char **argv)
{
	bool logs = false, without = false;
	const struct opt opts[] = { { "--logs", OPT_FLAG, &logs },
		{ "--without-archives", OPT_FLAG, &without } };
	char err[OPT_ERR_MAX], dir[PATH_MAX];
	struct link_out *o;

	argc = opt_parse(opts, 2, argc, argv, err);
	if (argc != 1)
		return ctl_usage("backup", argc == -1 ? err
		    : "exactly one directory is needed");
	if (!absolute(dir, argv[0]))
		return ctl_usage("backup", "the path is too long");
	o = ctl_begin(c, "BACKUP", 1u + logs + without);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	link_key_str(o, "DIR", dir);
	if (logs)
		link_key_bool(o, "LOGS", true);
	if (without)
		link_key_bool(o, "ARCHIVES", false);
	return job_done(c, "backup");
}

/* ---- of a closed store: no gateway ---- */

static int
at(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	progress_of(total, "bytes");
	progress_at(done);
	return 0;
}

static int
restored(struct ctl *c, const struct store_restore *r,
    const struct store_backup *b, bool complete)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%s: restored up to commit %llu, as store "
	    "%s. %s", r->to, (unsigned long long)b->commit, b->uuid, complete
	    ? "Its log is complete: sessions go on where they were"
	    : "Numbers may have been used behind that commit: each session is "
	      "held until you say how it goes on; fixgatectl status says how");
	c->out->done(stdout, text);
	return CTL_OK;
}

int
cmd_restore(struct ctl *c, int argc, char **argv)
{
	struct store_restore r = { 0 };
	const struct opt opts[] = { { "--logs", OPT_TEXT, &r.logs },
		{ "--archives", OPT_TEXT, &r.archives },
		{ "--complete", OPT_FLAG, &r.complete } };
	const struct store_work work = { at, NULL };
	char err[OPT_ERR_MAX], why[STORE_ERR_MAX];
	struct store_backup b;
	int rc;

	argc = opt_parse(opts, 3, argc, argv, err);
	if (argc != 2)
		return ctl_usage("restore", argc == -1 ? err
		    : "a BACKUP and the DIRECTORY of the new store are needed");
	r.backup = argv[0];
	r.to = argv[1];
	progress_begin("restore", "bytes", 0);
	rc = store_restore(&r, &work, &b, why);
	progress_end();
	if (rc == 0)
		return restored(c, &r, &b, b.complete);
	ctl_complain("%s", why);
	return CTL_REFUSED;
}

int
cmd_recover(struct ctl *c, int argc, char **argv)
{
	const char *backup = NULL;
	const struct opt opts[] = { { "--backup", OPT_TEXT, &backup } };
	const struct store_work work = { at, NULL };
	char err[OPT_ERR_MAX], why[STORE_ERR_MAX], text[TEXT_MAX];
	struct store_repair r;
	int rc;

	argc = opt_parse(opts, 1, argc, argv, err);
	if (argc != 1)
		return ctl_usage("recover", argc == -1 ? err
		    : "exactly one STORE is needed");
	progress_begin("recover", "bytes", 0);
	rc = store_repair(argv[0], backup, &work, &r, why);
	progress_end();
	if (rc != 0) {
		ctl_complain("%s", why);
		return CTL_REFUSED;
	}
	if (r.commit == 0)
		snprintf(text, sizeof(text), "%s: no page is damaged; nothing "
		    "was changed", argv[0]);
	else
		snprintf(text, sizeof(text), "%s: recovered up to commit %llu; "
		    "%u damaged file%s put aside in %s/DAMAGED. Start "
		    "fixgated", argv[0], (unsigned long long)r.commit, r.files,
		    r.files == 1 ? " was" : "s were", argv[0]);
	c->out->done(stdout, text);
	return CTL_OK;
}
