/* verify of an open store: it may be written to all the time, and SESSION is
 * compared nevertheless; heads that somebody has kept are, too. */
#include <check.h>
#include <endian.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "log/log.h"
#include "store/bdb.h"
#include "store/chain.h"
#include "store/verify.h"
#include "world.h"

#define ROUNDS   8          /* of verify, while rows come */
#define SEGMENT  (48 * 1024)
#define SESSIONS 40

static struct world w;
static struct store_chain *ch;
static char dir[128], log_path[80];
static int kind;

static void
setup(void)
{
	struct store_chain_cfg cfg = { 0 };
	char err[STORE_ERR_MAX], name[32];
	int i;

	world_open(&w, kind);
	w.cfg.segment_bytes = SEGMENT;
	world_reopen(&w);
	cfg.path = w.dir;
	snprintf(dir, sizeof(dir), "%s/CHAIN", w.dir);
	snprintf(log_path, sizeof(log_path), "%s.log", w.dir);
	ck_assert_int_eq(log_open("check", log_path), 0);
	ck_assert_msg(store_chain_open(&ch, w.st, &cfg, err) == 0, "%s", err);
	for (i = 0; i < SESSIONS; i++) {
		snprintf(name, sizeof(name), "SESSION-%d", i);
		world_session(&w, name);
	}
}

static void
teardown(void)
{
	store_chain_close(ch);
	world_rmdir(dir);
	world_close(&w);
	unlink(log_path);
}

/* A commit with a row, or with none, and states of two sessions. */
static uint64_t
put(unsigned i)
{
	static char text[300];
	struct store_batch *b = store_begin(w.st);
	struct store_row row = { .session = 1 + i % SESSIONS, .epoch = 1,
		.msg_seq_num = i + 1, .data = text, .len = sizeof(text) };
	struct store_state s;
	uint64_t commit;
	unsigned n;

	if (i % 5 != 4)
		store_add(b, i % 2 == 0 ? STORE_FIX_IN : STORE_FIX_OUT, &row);
	for (n = 0; n < 2; n++) {
		store_session_state(w.st, 1 + (i * 7 + n) % SESSIONS, &s);
		s.next_in++;
		s.next_out = i;
		store_set_state(b, &s);
	}
	ck_assert_int_eq(store_commit(b, &commit), 0);
	return commit;
}

struct found {
	char text[4096];
	struct verify_result r;
	struct heads heads;
	bool has_key, notes;
};

static void
on_bad(void *arg, const struct verify_bad *b)
{
	struct found *f = arg;
	char line[1024];

	verify_bad_text(line, sizeof(line), b);
	snprintf(f->text + strlen(f->text), sizeof(f->text) - strlen(f->text),
	    "%s\n", line);
}

static void
on_note(void *arg, const char *text)
{
	struct found *f = arg;

	if (f->notes)
		snprintf(f->text + strlen(f->text), sizeof(f->text) -
		    strlen(f->text), "note: %s\n", text);
}

static void
look(struct found *f)
{
	struct verify_cfg cfg = { .heads = &f->heads, .has_key = f->has_key,
		.open = true, .bad = on_bad, .note = on_note, .arg = f };
	int err;

	f->text[0] = '\0';
	err = source_store_open(&cfg.source, w.st, ch, w.dir, &cfg.commits);
	if (err == 0)
		err = verify(&cfg, &f->r);
	if (err != 0)
		snprintf(f->text, sizeof(f->text), "%s", fg_strerror(err));
	source_close(cfg.source);
}

/* ---- while rows come ---- */

struct looker {
	struct found f;
	_Atomic int rounds;
};

static void *
look_on(void *arg)
{
	struct looker *l = arg;

	while (l->rounds < ROUNDS && l->f.text[0] == '\0') {
		look(&l->f);
		l->rounds++;
	}
	l->rounds = ROUNDS;
	return NULL;
}

START_TEST(rows_that_come_meanwhile_are_no_alarm)
{
	struct looker l = { .rounds = 0 };
	pthread_t thread;
	uint64_t last = 0;
	unsigned i;

	kind = _i;
	setup();
	for (i = 0; i < 500; i++)
		last = put(i);
	world_settle(&w, last);
	ck_assert_int_eq(pthread_create(&thread, NULL, look_on, &l), 0);
	for (; l.rounds < ROUNDS; i++) {
		put(i);
		usleep(1000);
	}
	pthread_join(thread, NULL);
	ck_assert_msg(l.f.text[0] == '\0', "with %u commits: %s", i,
	    l.f.text);
	ck_assert_uint_eq(l.f.r.bad, 0);
	ck_assert_uint_gt(l.f.r.rows, 400);
	teardown();
}
END_TEST

/* ---- SESSION ---- */

/* Change a record as nobody may. */
static void
spoil(DB *db, uint32_t id, size_t at)
{
	struct bdb *b = (struct bdb *)w.st;
	uint32_t key = htobe32(id);
	DBT k = { .data = &key, .size = sizeof(key) };
	DBT v = { .flags = DB_DBT_MALLOC };
	DB_TXN *txn;

	ck_assert_int_eq(db->get(db, NULL, &k, &v, 0), 0);
	((char *)v.data)[at] ^= 1;
	v.flags = 0;
	ck_assert_int_eq(b->env->txn_begin(b->env, NULL, &txn, 0), 0);
	ck_assert_int_eq(db->put(db, txn, &k, &v, 0), 0);
	ck_assert_int_eq(txn->commit(txn, 0), 0);
	free(v.data);
}

START_TEST(a_changed_session_is_named)
{
	struct bdb *b;
	struct found f = { .notes = false };
	unsigned i;

	kind = WORLD_WRITTEN;
	setup();
	b = (struct bdb *)w.st;
	for (i = 0; i < 1000; i++)
		put(i);
	ck_assert_int_eq(bdb_states_now(b), 0);
	look(&f);
	ck_assert_str_eq(f.text, "");
	spoil(b->session, 3, 12);
	look(&f);
	ck_assert_msg(strncmp(f.text, "SESSION, row 3: changed: commit ", 32)
	    == 0, "%s", f.text);
	teardown();
}
END_TEST

/* ---- heads ---- */

/* As if it had been kept elsewhere. */
static void
keep(struct found *f, uint64_t row, uint64_t commit)
{
	struct head *h = calloc(1, sizeof(*h));

	ck_assert_ptr_nonnull(h);
	h->time.ns = 1700000000000000000;
	snprintf(h->uuid, sizeof(h->uuid), "%s", store_uuid(w.st));
	snprintf(h->table, sizeof(h->table), "FIX_IN");
	h->incarnation = 1;
	h->seq = row;
	h->commit = commit;
	heads_free(&f->heads);
	f->heads = (struct heads){ .v = h, .n = 1, .cap = 1 };
}

START_TEST(a_head_says_what_there_has_to_be)
{
	struct found f = { .notes = false };
	unsigned i;

	kind = WORLD_WRITTEN;
	setup();
	for (i = 0; i < 100; i++)
		put(i);
	keep(&f, 7, 20);
	look(&f);
	ck_assert_ptr_nonnull(strstr(f.text, "FIX_IN, row 7: not what it was"));
	/* More rows than there are. */
	keep(&f, 70, 120);
	look(&f);
	ck_assert_ptr_nonnull(strstr(f.text, "FIX_IN, row 41: missing: the head"
	    " of "));
	/* It was signed by somebody else. */
	keep(&f, 7, 20);
	f.heads.v->has_signature = true;
	f.has_key = true;
	look(&f);
	ck_assert_ptr_nonnull(strstr(f.text, "a head's signature is wrong"));
	heads_free(&f.heads);
	teardown();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("verify");
	TCase *tc = tcase_create("verify");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, rows_that_come_meanwhile_are_no_alarm,
	    WORLD_WRITTEN, WORLD_SYNCED + 1);
	tcase_add_test(tc, a_changed_session_is_named);
	tcase_add_test(tc, a_head_says_what_there_has_to_be);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
