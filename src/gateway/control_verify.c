/* control_verify.c: VERIFY: the rows are compared with the chain and heads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/control_int.h"
#include "gateway/job.h"
#include "log/log.h"
#include "store/chain.h"
#include "store/chain_file.h"
#include "store/verify.h"

#define PATH_BYTES 4096
#define TEXT_BYTES 1024

struct order {
	struct store *store;
	struct store_chain *chain;
	const char *path, *key; /* the private one; or NULL */
	struct head_key *public; /* of who asks; or NULL */
	struct buf kept; /* heads that he has kept, lines */
	uint64_t total;
	struct job *job;
	struct verify_result r;
};

static void
on_bad(void *arg, const struct verify_bad *b)
{
	struct order *o = arg;
	char text[TEXT_BYTES];

	verify_bad_text(text, sizeof(text), b);
	job_note(o->job, "%s", text);
	log_event(LOG_LEVEL_ERROR, "verify", NULL, "verify: %s", text);
}

static void
on_note(void *arg, const char *text)
{
	struct order *o = arg;

	job_note(o->job, "%s", text);
}

static bool
on_rows(void *arg, uint64_t rows)
{
	struct order *o = arg;

	job_at(o->job, rows, o->total, "rows");
	return job_cancelled(o->job);
}

/* Those of a file, which is closed; NULL: there is none. 0 or FG_E*. */
static int
read_file(struct heads *hs, FILE *f, const struct head_key *key)
{
	int err;

	if (f == NULL)
		return 0;
	err = heads_read(hs, f, key);
	fclose(f);
	return err;
}

/* Those of the store and those that were kept, with the key of who asks, or the
 * public part of the own one. 0 or FG_E*. */
static int
read_heads(struct order *o, struct heads *hs, struct verify_cfg *cfg)
{
	char path[PATH_BYTES], why[STORE_ERR_MAX];
	struct head_key *key = NULL;
	int err = 0;

	if (o->public == NULL && o->key != NULL &&
	    head_key_private(&key, o->key, why) != 0)
		job_note(o->job, "%s", why);
	cfg->has_key = key != NULL || o->public != NULL;
	snprintf(path, sizeof(path), "%s/" CHAIN_DIR "/" HEAD_FILE, o->path);
	if (o->kept.len != 0)
		err = read_file(hs, fmemopen(o->kept.p, o->kept.len, "r"),
		    key != NULL ? key : o->public);
	heads_kept(hs);
	if (err == 0)
		err = read_file(hs, fopen(path, "re"), key != NULL ? key
		    : o->public);
	if (hs->garbled != 0)
		job_note(o->job, "%zu lines of heads are none", hs->garbled);
	heads_sort(hs);
	head_key_free(key);
	return err;
}

static int
run(struct job *j, void *arg)
{
	struct order *o = arg;
	struct heads hs = { 0 };
	struct verify_cfg cfg = { .heads = &hs, .open = true, .bad = on_bad,
		.note = on_note, .at = on_rows, .arg = o };
	struct buf text = { 0 };
	size_t i;
	int err;

	o->job = j;
	/* Heads first: none of them says more than there is then. */
	err = read_heads(o, &hs, &cfg);
	if (err == 0)
		err = source_store_open(&cfg.source, o->store, o->chain,
		    o->path, &cfg.commits);
	if (err != 0) {
		heads_free(&hs);
		return err;
	}
	if (job_cancelled(j))
		err = FG_ECLOSED;
	for (i = 0; i < cfg.source->n_table; i++)
		if (cfg.source->table[i].number != 0)
			o->total += cfg.source->table[i].last;
	if (err == 0)
		err = verify(&cfg, &o->r);
	if (err == 0)
		err = verify_summary(&text, &cfg, &o->r);
	if (err == 0)
		job_say(j, "%s", text.p);
	source_close(cfg.source);
	heads_free(&hs);
	buf_free(&text);
	return err;
}

static void
result(void *arg, struct link_out *out)
{
	struct order *o = arg;

	link_key_u64(out, "ROWS", o->r.rows);
	link_key_u64(out, "WRONG", o->r.bad);
}

static void
order_free(void *arg)
{
	struct order *o = arg;

	head_key_free(o->public);
	buf_free(&o->kept);
	free(o);
}

/* What the asker brings: true, or he was answered. */
static bool
take_kept(const struct server_ask *a, struct order *o)
{
	const struct link_val *key = link_find(a->details, "KEY");
	const struct link_val *heads = link_find(a->details, "HEADS");
	const char *p;
	size_t n;

	if (key != NULL && (!link_get_str(key, &p, &n) ||
	    head_key_from_pem(&o->public, p, n) != 0)) {
		server_nack(a, "BAD_REQUEST", false, "KEY has to be a public "
		    "Ed25519 key in PEM");
		return false;
	}
	if (heads == NULL)
		return true;
	if (!link_get_str(heads, &p, &n) || buf_add(&o->kept, p, n) != 0) {
		server_nack(a, "BAD_REQUEST", false, "HEADS has to be a text: "
		    "lines of heads");
		return false;
	}
	return true;
}

void
control_verify(const struct server_ask *a)
{
	struct gateway *g = control_of(a)->g;
	const struct conf_section *sec = conf_gateway(g->conf);
	struct order *o = calloc(1, sizeof(*o));
	const struct job_work work = { .what = "verify", .run = run,
		.nresult = 2, .result = result, .free = order_free,
		.arg = o };

	if (o == NULL) {
		server_nack(a, "FAILED", true, "%s", fg_strerror(FG_ENOMEM));
		return;
	}
	if (!take_kept(a, o)) {
		order_free(o);
		return;
	}
	o->store = g->store;
	o->chain = g->chain;
	o->path = conf_path(sec, CONF_StorePath);
	o->key = conf_path(sec, CONF_ChainKey);
	job_start(g->jobs, a, &work);
}
