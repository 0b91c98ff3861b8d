/* cmd_verify.c: `verify`: is each row what it was when it was written? */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "ctl/ctl.h"
#include "ctl/job.h"
#include "ctl/opt.h"
#include "ctl/progress.h"
#include "store/chain_file.h"
#include "store/verify.h"

#define PATH_BYTES 4096
#define TEXT_BYTES 1024
#define HEADS_MAX  (3u << 20) /* bytes of heads in a message, about */
#define HEADS_MOST (HEADS_MAX + (512u << 10))

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
	heads_kept(&a->all);
	if (err != 0 || a->store == NULL)
		return err;
	snprintf(path, sizeof(path), "%s/" CHAIN_DIR "/" HEAD_FILE, a->store);
	return read_heads(a, path, false);
}

/* A store that was not closed is judged with what its log has. CTL_*. */
static int
replay(struct asked *a, struct block_source **s, char **over)
{
	const char *tmp = getenv("TMPDIR");
	struct block_source *with;
	char why[STORE_ERR_MAX];
	uint64_t bytes;
	int err;

	if (!verify_unclean(&a->all, a->key != NULL, (*s)->uuid))
		return CTL_OK;
	err = source_replay(over, a->store, tmp == NULL || tmp[0] == '\0'
	    ? "/tmp" : tmp, &bytes, why);
	if (err == 0)
		err = source_dir_open(&with, a->store, a->archive, *over, why);
	if (err != 0) {
		ctl_complain("%s", why);
		return CTL_REFUSED;
	}
	source_close(*s); /* it has the lock until now */
	*s = with;
	snprintf(why, sizeof(why), "the store was not closed: its log was "
	    "replayed on a copy (%llu MB) of what it changes",
	    (unsigned long long)(bytes >> 20));
	on_note(a, why);
	return CTL_OK;
}

static int
verify_store(struct asked *a)
{
	struct verify_cfg cfg = { .heads = &a->all, .has_key = a->key != NULL,
		.bad = on_bad, .note = on_note, .at = on_rows, .arg = a };
	struct verify_result r;
	struct buf text = { 0 };
	char why[STORE_ERR_MAX], *over = NULL;
	int code, err = a->store == NULL
	    ? source_arc_open(&cfg.source, a->archive, why)
	    : source_dir_open(&cfg.source, a->store, a->archive, NULL, why);

	if (err != 0) {
		ctl_complain("%s", why);
		return CTL_USAGE;
	}
	code = read_all(a) == 0 ? CTL_OK : CTL_USAGE;
	heads_sort(&a->all);
	if (code == CTL_OK && a->store != NULL)
		code = replay(a, &cfg.source, &over);
	if (code != CTL_OK) {
		source_close(cfg.source);
		source_replay_remove(over);
		return code;
	}
	progress_begin("verify", "rows", 0);
	err = verify(&cfg, &r);
	progress_end();
	source_close(cfg.source);
	source_replay_remove(over);
	if (err == 0)
		err = verify_summary(&text, &cfg, &r);
	if (err == 0)
		a->c->out->done(stdout, text.p);
	else
		ctl_complain("%s: %s", a->store == NULL ? a->archive
		    : a->store, fg_strerror(err));
	buf_free(&text);
	return err == 0 && r.bad == 0 ? CTL_OK : CTL_USAGE;
}

/* The lines of a file of heads. Of more than fit into a message, the newest, and
 * of the older ones each so manieth. 0 or FG_E*, said. */
static int
read_lines(struct asked *a, struct buf *to)
{
	FILE *f = fopen(a->heads, "re");
	char line[HEAD_LINE_MAX + 2];
	uint64_t at = 0, all, left = 0, take, n;
	struct stat s;
	int err = 0;

	if (f == NULL || fstat(fileno(f), &s) == -1) {
		ctl_complain("heads %s: %s", a->heads, strerror(errno));
		if (f != NULL)
			fclose(f);
		return FG_EIO;
	}
	all = (uint64_t)s.st_size;
	take = all <= HEADS_MAX ? 1 : all / (HEADS_MAX / 2) + 1;
	for (n = 0; err == 0 && fgets(line, sizeof(line), f) != NULL; n++) {
		at += strlen(line);
		if (take == 1 || n % take == 0 || at + HEADS_MAX / 2 > all)
			err = to->len > HEADS_MOST ? FG_ELIMIT
			    : buf_puts(to, line);
		else
			left++;
	}
	if (err == 0 && ferror(f))
		err = FG_EIO;
	fclose(f);
	if (err != 0)
		ctl_complain("heads %s: %s", a->heads, fg_strerror(err));
	else if (left != 0)
		ctl_complain("heads %s: too many for a gateway at work; %llu "
		    "of the older ones are left out (--store looks at all)",
		    a->heads, (unsigned long long)left);
	return err;
}

/* Key and heads, for the gateway. 0 or FG_E*, said. */
static int
read_kept(struct asked *a, struct buf *pem, struct buf *lines)
{
	char why[STORE_ERR_MAX];
	int err = 0;

	if (a->key != NULL) {
		err = head_key_public(&a->public, a->key, why);
		if (err == 0 && head_key_pem(a->public, pem) != 0) {
			snprintf(why, sizeof(why), "key %s: %s", a->key,
			    fg_strerror(FG_ENOMEM));
			err = FG_ENOMEM;
		}
		if (err != 0)
			ctl_complain("%s", why);
	}
	return err == 0 && a->heads != NULL ? read_lines(a, lines) : err;
}

/* The gateway does it, with its own heads and those that are given. */
static int
verify_open(struct asked *a)
{
	struct ctl *c = a->c;
	struct buf pem = { 0 }, lines = { 0 };
	struct link_out *o;
	struct link_msg m;
	char text[TEXT_BYTES];
	int code = read_kept(a, &pem, &lines) == 0 ? ctl_connect(c)
	    : CTL_USAGE;

	if (code == CTL_OK) {
		o = wire_begin(c->wire, "VERIFY", NULL);
		link_map(o, (a->key != NULL) + (a->heads != NULL));
		if (a->key != NULL)
			link_key_strn(o, "KEY", pem.p, pem.len);
		if (a->heads != NULL)
			link_key_strn(o, "HEADS", lines.p, lines.len);
	}
	buf_free(&pem);
	buf_free(&lines);
	if (code != CTL_OK)
		return code;
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
	code = a.store == NULL && a.archive == NULL ? verify_open(&a) : verify_store(&a);
	heads_free(&a.all);
	head_key_free(a.public);
	return code;
}
