/* cmd_archive.c: `archive`. */
#include <string.h>

#include "base/now.h"
#include "ctl/ctl.h"
#include "ctl/job.h"
#include "ctl/opt.h"

#define DAY_NS   (86400 * NS_PER_S)
#define DAYS_MAX 36500

/* So many days ago; at least 1, for 0 is no time. */
static uint64_t
days_ago(const struct opt_number *days)
{
	int64_t ns = wall_now().ns - (int64_t)days->v * DAY_NS;

	return ns > 0 ? (uint64_t)ns : 1;
}

int
cmd_archive(struct ctl *c, int argc, char **argv)
{
	struct opt_number days = { 0 }, gone = { 0 };
	const char *before = NULL, *why = NULL;
	bool dry = false, force = false, yes = false;
	const struct opt opts[] = { { "--days", OPT_NUMBER, &days },
		{ "--before", OPT_TEXT, &before },
		{ "--delete-days", OPT_NUMBER, &gone },
		{ "--dry-run", OPT_FLAG, &dry },
		{ "--force", OPT_FLAG, &force }, { "--yes", OPT_FLAG, &yes } };
	char err[OPT_ERR_MAX];
	struct link_out *o;
	wall_t at = { 0 };

	argc = opt_parse(opts, sizeof(opts) / sizeof(opts[0]), argc, argv,
	    err);
	if (argc != 0)
		why = argc == -1 ? err : "there is nothing to name: all "
		    "tables are archived";
	else if (days.given && before != NULL)
		why = "--days N or --before TIME, not both";
	else if (!days.given && before == NULL && !gone.given)
		why = "--days N or --before TIME is needed: rows that are "
		    "older are archived";
	else if (days.v > DAYS_MAX || gone.v > DAYS_MAX)
		why = "so many days ago there was nothing";
	else if (before != NULL && (wall_parse(before, strlen(before), &at) !=
	    0 || at.ns <= 0))
		why = "--before needs a time in UTC, YYYYMMDD-HH:MM:SS";
	else if (force && !yes && !dry)
		why = "--force does not look who still needs the rows; if you "
		    "mean it, add --yes";
	if (why != NULL)
		return ctl_usage("archive", why);
	o = ctl_begin(c, "ARCHIVE", (unsigned)(days.given || before != NULL) +
	    gone.given + dry + force);
	if (o == NULL)
		return CTL_NO_GATEWAY;
	if (days.given || before != NULL)
		link_key_u64(o, "BEFORE", days.given ? days_ago(&days)
		    : (uint64_t)at.ns);
	if (gone.given)
		link_key_u64(o, "DELETE_BEFORE", days_ago(&gone));
	if (dry)
		link_key_bool(o, "DRY_RUN", true);
	if (force)
		link_key_bool(o, "FORCE", true);
	return job_done(c, "archive");
}
