/* cmd_verify.c: `verify`: is each row what it was when it was written? */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "ctl/ctl.h"
#include "ctl/job.h"
#include "ctl/opt.h"
#include "ctl/progress.h"
#include "store/chain_file.h"
#include "store/verify.h"

#define PATH_BYTES 4096
#define TEXT_BYTES 1024

struct asked {
	const char *store, *archive, *key, *heads;
	struct ctl *c;
	struct head_key *public;
	struct heads all;
};

static void
on_bad(void *arg, const struct verify_bad *b)
{
	struct asked *a = arg;
	char text[TEXT_BYTES];

	verify_bad_text(text, sizeof(text), b);
	progress_hide();
	a->c->out->note(stdout, text);
	fflush(stdout);
}

static void
on_note(void *arg, const char *text)
{
	struct asked *a = arg;

	progress_hide();
	a->c->out->note(stdout, text);
}

static bool
on_rows(void *arg, uint64_t rows)
{
	(void)arg;
	progress_at(rows);
	return false;
}

/* The heads of a file; must: it has to be there. 0 or FG_E*, said. */
static int
read_heads(struct asked *a, const char *path, bool must)
{
	FILE *f = fopen(path, "re");
	int err;

	if (f == NULL && errno == ENOENT && !must)
		return 0;
	if (f == NULL) {
		ctl_complain("heads %s: %s", path, strerror(errno));
		return fg_errno(errno);
	}
	err = heads_read(&a->all, f, a->public);
	fclose(f);
	if (err != 0)
		ctl_complain("heads %s: %s", path, fg_strerror(err));
	return err;
}

static int
read_all(struct asked *a)
{
	char path[PATH_BYTES], why[STORE_ERR_MAX];
	int err = 0;

	if (a->key != NULL)
		err = head_key_public(&a->public, a->key, why);
	if (err != 0) {
		ctl_complain("%s", why);
		return err;
	}
	if (a->heads != NULL)
		err = read_heads(a, a->heads, true);
	if (err != 0)
		return err;
	snprintf(path, sizeof(path), "%s/" CHAIN_DIR "/" HEAD_FILE, a->store);
	return read_heads(a, path, false);
}

static int
verify_store(struct asked *a)
{
	struct verify_cfg cfg = { .heads = &a->all, .has_key = a->key != NULL,
		.bad = on_bad, .note = on_note, .at = on_rows, .arg = a };
	struct verify_result r;
	struct buf text = { 0 };
	char why[STORE_ERR_MAX];
	int err = source_dir_open(&cfg.source, a->store, a->archive, why);

	if (err != 0) {
		ctl_complain("%s", why);
		return CTL_USAGE;
	}
	if (read_all(a) != 0) {
		source_close(cfg.source);
		return CTL_USAGE;
	}
	heads_sort(&a->all);
	progress_begin("verify", "rows", 0);
	err = verify(&cfg, &r);
	progress_end();
	source_close(cfg.source);
	if (err == 0)
		err = verify_summary(&text, &cfg, &r);
	if (err == 0)
		a->c->out->done(stdout, text.p);
	else
		ctl_complain("store %s: %s", a->store, fg_strerror(err));
	buf_free(&text);
	return err == 0 && r.bad == 0 ? CTL_OK : CTL_USAGE;
}

/* The gateway does it, with its own heads. */
static int
verify_open(struct ctl *c)
{
	struct link_msg m;
	char text[TEXT_BYTES];
	int code = ctl_connect(c);

	if (code != CTL_OK)
		return code;
	link_map(wire_begin(c->wire, "VERIFY", NULL), 0);
	code = job_wait(c, "verify", &m, NULL);
	if (code != CTL_OK)
		return code;
	if (!link_find_str(m.details, "TEXT", text, sizeof(text)))
		text[0] = '\0';
	c->out->done(stdout, text);
	return link_find_u64(m.details, "WRONG", 1) == 0 ? CTL_OK : CTL_USAGE;
}

int
cmd_verify(struct ctl *c, int argc, char **argv)
{
	struct asked a = { .c = c };
	const struct opt opts[] = {
		{ "--store", OPT_TEXT, &a.store },
		{ "--archive", OPT_TEXT, &a.archive },
		{ "--key", OPT_TEXT, &a.key },
		{ "--heads", OPT_TEXT, &a.heads },
	};
	char err[OPT_ERR_MAX];
	int code, n = opt_parse(opts, sizeof(opts) / sizeof(opts[0]), argc,
	    argv, err);

	if (n != 0)
		return ctl_usage("verify", n < 0 ? err
		    : "there is nothing to give but options");
	if (a.store == NULL && (a.archive != NULL || a.key != NULL ||
	    a.heads != NULL))
		return ctl_usage("verify", "these options go with --store");
	if (a.store == NULL)
		return verify_open(c);
	code = verify_store(&a);
	heads_free(&a.all);
	head_key_free(a.public);
	return code;
}
