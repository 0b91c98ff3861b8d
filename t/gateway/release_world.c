#include "release_world.h"

#include <stdio.h>
#include <string.h>

struct release_world rw;

static void
note(const char *text)
{
	ck_assert_uint_lt(rw.nleft, 64);
	snprintf(rw.left[rw.nleft++], sizeof(rw.left[0]), "%s", text);
}

static void
op_send(void *arg, struct fgsess *fs, const void *p, size_t n)
{
	const struct fix_field *type, *seq;
	struct fix_msg m = { 0 };
	char line[96];

	(void)arg;
	(void)fs;
	ck_assert_int_eq(0, fields_index(&rw.fields, &m, p, n, NULL));
	type = fix_find(&m, 35);
	seq = fix_find(&m, 34);
	snprintf(line, sizeof(line), "send 35=%.*s 34=%.*s%s", (int)type->len,
	    fix_value(&m, type), (int)seq->len, fix_value(&m, seq),
	    fix_get_bool(&m, 43) ? " 43=Y" : "");
	note(line);
}

static bool
op_is_full(void *arg, struct fgsess *fs)
{
	(void)arg;
	(void)fs;
	return rw.is_full;
}

static void
op_answered(void *arg, struct fgsess *fs)
{
	(void)arg;
	(void)fs;
	rw.answers++;
}

static void
op_disconnect(void *arg, struct fgsess *fs, const char *why)
{
	(void)arg;
	(void)fs;
	(void)why;
	note("disconnect");
}

static void
op_drop_all(void *arg, const char *why)
{
	(void)arg;
	(void)why;
	note("drop");
}

static void
op_fatal(void *arg, const char *why)
{
	(void)arg;
	(void)why;
	rw.fatal = true;
}

static struct now
op_now(void *arg)
{
	(void)arg;
	return rw.now;
}

const struct driver_ops rw_ops = { .now = op_now, .send = op_send,
	.is_full = op_is_full, .answered = op_answered,
	.disconnect = op_disconnect, .drop_all = op_drop_all,
	.fatal = op_fatal };

static int
fault(void *arg, const char *step)
{
	(void)arg;
	if (strcmp(step, "recover") == 0)
		return rw.no_recovery;
	return strcmp(step, "commit") == 0 ? rw.fail_with : 0;
}

void
rw_end(void)
{
	wakes_end(rw.driver);
}

void
rw_pass(int64_t ns)
{
	rw.now.mono.ns += ns;
	rw.now.wall.ns += ns;
}

void
rw_peer(const char *type, const char *body)
{
	wakes_peer(rw.driver, rw.fs, rw.peer_seq++, rw.now.wall, type, body);
}

void
rw_answered(void *arg, const struct release_done *done)
{
	(void)arg;
	rw.answered++;
	rw.answer_err = done->err;
	rw.answer_seq = done->msg_seq_num;
}

int
rw_send_order(const char *id)
{
	static char body[256 * 1024];

	snprintf(body, sizeof(body), "11=%s\001", id);
	return driver_send(rw.driver, rw.fs, "D", body, strlen(body),
	    rw_answered, NULL);
}

void
rw_logon(void)
{
	driver_connected(rw.driver, rw.fs, "test");
	rw.peer_seq = 1;
	rw_peer("A", "98=0|108=30|");
	rw_end();
}

void
rw_setup(void)
{
	struct store_cfg sc = { .durability = STORE_SYNCED, .fault = fault };
	char err[STORE_ERR_MAX];
	struct sess_cfg cfg = wakes_cfg();

	memset(&rw, 0, sizeof(rw));
	ck_assert_int_eq(0, store_open_mem(&rw.store, &sc, err));
	rw.driver = driver_new(rw.store, &rw_ops);
	rw.now.mono.ns = START_MONO;
	rw.now.wall.ns = START_WALL;
	ck_assert_int_eq(0, driver_add(rw.driver, &cfg, &rw.fs));
	ck_assert_int_eq(0, driver_start(rw.driver));
}

void
rw_teardown(void)
{
	driver_free(rw.driver);
	store_close(rw.store);
	fields_free(&rw.fields);
}
