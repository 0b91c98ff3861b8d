/* control_backup.c: BACKUP: the store is copied while it works. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control_int.h"
#include "gateway/job.h"
#include "log/log.h"
#include "store/backup.h"

#define DIR_MAX 4096
#define MB      (1024 * 1024)

struct order {
	struct store *store;
	unsigned how;
	struct job *job;
	struct store_backup done;
	char dir[DIR_MAX], archives[DIR_MAX];
	char why[STORE_ERR_MAX];
};

static int
at(void *arg, uint64_t done, uint64_t total)
{
	struct order *o = arg;

	job_at(o->job, done, total, "bytes");
	return job_cancelled(o->job) ? -1 : 0;
}

static int
run(struct job *j, void *arg)
{
	struct order *o = arg;
	struct store_work work = { at, o };
	char left[DIR_MAX + 200] = "";
	int err;

	o->job = j;
	err = store_backup(o->store, o->dir, o->how, &work, &o->done, o->why);
	if ((o->how & STORE_BACKUP_NO_ARCHIVES) != 0 && o->done.archives != 0)
		snprintf(left, sizeof(left), "; %llu archives in %s are not "
		    "in it: copy that folder, too, and after a restore set "
		    "ArchivePath to the copy",
		    (unsigned long long)o->done.archives,
		    o->archives);
	if (err != 0)
		job_say(j, "%s", o->why);
	else
		job_say(j, "backup %s: complete up to commit %llu, %llu files "
		    "of %llu MB, of which %llu MB were copied%s", o->dir,
		    (unsigned long long)o->done.commit,
		    (unsigned long long)o->done.files,
		    (unsigned long long)(o->done.bytes / MB),
		    (unsigned long long)(o->done.copied / MB), left);
	return err;
}

static void
done(void *arg, int err)
{
	struct order *o = arg;

	if (err != 0)
		log_event(LOG_LEVEL_ERROR, "backup", NULL, "%s", o->why);
	else
		log_event(LOG_LEVEL_INFO, "backup", NULL, "%s: complete up to "
		    "commit %llu", o->dir, (unsigned long long)o->done.commit);
}

static void
result(void *arg, struct link_out *out)
{
	struct order *o = arg;

	link_key_str(out, "STORE_UUID", o->done.uuid);
	link_key_u64(out, "COMMIT", o->done.commit);
	link_key_u64(out, "FILES", o->done.files);
	link_key_u64(out, "BYTES", o->done.bytes);
	link_key_u64(out, "COPIED", o->done.copied);
	link_key_u64(out, "ARCHIVES", o->done.archives);
}

void
control_backup(const struct server_ask *a)
{
	struct gateway *g = control_of(a)->g;
	const struct conf_section *sec = conf_gateway(g->conf);
	const char *path;
	struct order *o = calloc(1, sizeof(*o));
	const struct job_work work = { .what = "backup", .run = run,
		.done = done, .nresult = 6, .result = result, .free = free,
		.arg = o };

	if (o == NULL) {
		server_nack(a, "FAILED", true, "%s", fg_strerror(FG_ENOMEM));
		return;
	}
	if (!link_find_str(a->details, "DIR", o->dir, sizeof(o->dir))
	    || o->dir[0] != '/') {
		free(o);
		server_nack(a, "BAD_REQUEST", false, "DIR is missing, or does "
		    "not begin with /");
		return;
	}
	path = conf_path(sec, CONF_ArchivePath);
	snprintf(o->archives, sizeof(o->archives), "%s%s", path != NULL ? path
	    : conf_path(sec, CONF_StorePath), path != NULL ? "" : "/ARCHIVE");
	o->store = g->store;
	o->how = (link_find_bool(a->details, "LOGS", false)
	    ? STORE_BACKUP_LOGS : 0) | (link_find_bool(a->details, "ARCHIVES",
	    true) ? 0 : STORE_BACKUP_NO_ARCHIVES);
	job_start(g->jobs, a, &work);
}
