/*
 * bdb_identity.c: who the store is, in META:
 *
 *	"store"             version 1, UUID text 36
 *	"incarnation NAME"  number 8; changes when table NAME is made anew
 *	"origin"            of a store that was restored: version 1, UUID text 36
 *	                    of the store that was backed up, its last commit here
 *	                    8, time 8, complete 1
 *	"was UUID"          each one that it was before it was restored: nothing
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/now.h"
#include "store/bdb.h"

#define UUID_TEXT    36
#define ORIGIN_BYTES (1 + UUID_TEXT + 8 + 8 + 1)
#define PUT_TRIES    100 /* of a record that a deadlock ended */

static void
make_uuid(char out[UUID_TEXT + 1])
{
	unsigned char r[16];

	if (getrandom(r, sizeof(r), 0) != sizeof(r))
		abort();
	r[6] = (r[6] & 0x0f) | 0x40;
	r[8] = (r[8] & 0x3f) | 0x80;
	snprintf(out, UUID_TEXT + 1, "%02x%02x%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x-%02x%02x%02x%02x%02x%02x", r[0], r[1], r[2], r[3],
	    r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13],
	    r[14], r[15]);
}

int
bdb_meta_put_in(struct bdb *b, DB_TXN *txn, const char *key, const void *p, size_t n)
{
	DBT kd = bdb_dbt(key, strlen(key)), vd = bdb_dbt(p, n);

	return b->meta->put(b->meta, txn, &kd, &vd, 0);
}

static int
try_put(struct bdb *b, const char *key, const void *p, size_t n)
{
	DB_TXN *txn;
	int ret = b->env->txn_begin(b->env, NULL, &txn, 0);

	if (ret != 0)
		return ret;
	ret = bdb_meta_put_in(b, txn, key, p, n);
	if (ret != 0) {
		txn->abort(txn);
		return ret;
	}
	return txn->commit(txn, DB_TXN_SYNC);
}

int
bdb_meta_put(struct bdb *b, const char *key, const void *p, size_t n)
{
	int ret, tries = 0;

	do /* the writer may be at the same page */
		ret = try_put(b, key, p, n);
	while (ret == DB_LOCK_DEADLOCK && ++tries < PUT_TRIES);
	return bdb_err(ret);
}

/* A new identity, in one transaction; all incarnations are one higher than known,
 * or 1. */
static int
make_identity(struct bdb *b, bool again)
{
	unsigned char value[1 + UUID_TEXT] = { BDB_STATE_VERSION };
	uint64_t v;
	char key[64];
	DB_TXN *txn;
	unsigned t;
	int ret;

	make_uuid(b->st.uuid);
	memcpy(value + 1, b->st.uuid, UUID_TEXT);
	ret = b->env->txn_begin(b->env, NULL, &txn, 0);
	if (ret != 0)
		return ret;
	for (t = 1; t < STORE_TABLE_END && ret == 0; t++) {
		snprintf(key, sizeof(key), "incarnation %s",
		    bdb_table_name(b, t));
		v = htobe64(again ? b->st.table[t].incarnation + 1 : 1);
		ret = bdb_meta_put_in(b, txn, key, &v, sizeof(v));
	}
	if (ret == 0)
		ret = bdb_meta_put_in(b, txn, "store", value, sizeof(value));
	if (ret != 0) {
		txn->abort(txn);
		return ret;
	}
	return txn->commit(txn, DB_TXN_SYNC);
}

static int
load_origin(struct bdb *b)
{
	struct store_origin *o = &b->st.origin;
	struct buf v = { 0 };
	struct cursor c;
	int err = bdb_get(b->meta, "origin", 6, 0, &v);

	if (err == 0 && v.len != ORIGIN_BYTES)
		err = FG_EDAMAGED;
	if (err == 0) {
		memcpy(o->uuid, v.p + 1, UUID_TEXT);
		c = cursor_over(v.p + 1 + UUID_TEXT, v.len - 1 - UUID_TEXT);
		o->commit = cursor_get64(&c);
		o->time.ns = (int64_t)cursor_get64(&c);
		o->complete = cursor_get8(&c) != 0;
	}
	buf_free(&v);
	return err == FG_ENOENT ? 0 : err;
}

/* A table that is younger than the store begins with the first one. */
static int
load_incarnations(struct bdb *b)
{
	struct buf v = { 0 };
	uint64_t n;
	char key[64];
	unsigned t;
	int err = 0;

	for (t = 1; t < STORE_TABLE_END && err == 0; t++) {
		snprintf(key, sizeof(key), "incarnation %s",
		    bdb_table_name(b, t));
		v.len = 0;
		err = bdb_get(b->meta, key, strlen(key), 0, &v);
		if (err == 0 && v.len != sizeof(n))
			err = FG_EDAMAGED;
		if (err == 0) {
			memcpy(&n, v.p, sizeof(n));
			b->st.table[t].incarnation = be64toh(n);
		}
		if (err == FG_ENOENT)
			err = 0;
	}
	buf_free(&v);
	return err;
}

int
bdb_identity_load(struct bdb *b)
{
	struct buf v = { 0 };
	int err = bdb_get(b->meta, "store", 5, 0, &v);

	if (err == FG_ENOENT)
		err = bdb_err(make_identity(b, false));
	else if (err == 0 && v.len != 1 + UUID_TEXT)
		err = FG_EDAMAGED;
	else if (err == 0)
		memcpy(b->st.uuid, v.p + 1, UUID_TEXT);
	buf_free(&v);
	if (err == 0)
		err = load_incarnations(b);
	return err != 0 ? err : load_origin(b);
}

static int
put_origin(struct bdb *b, bool complete)
{
	char value[ORIGIN_BYTES] = { 0 };
	struct cursor c = cursor_over(value + 1 + UUID_TEXT,
	    sizeof(value) - 1 - UUID_TEXT);

	value[0] = BDB_STATE_VERSION;
	memcpy(value + 1, b->st.uuid, UUID_TEXT);
	cursor_put64(&c, b->written);
	cursor_put64(&c, (uint64_t)wall_now().ns);
	cursor_put8(&c, complete);
	return bdb_meta_put(b, "origin", value, sizeof(value));
}

static void
was_key(char out[64], const char *uuid)
{
	snprintf(out, 64, "was %.*s", UUID_TEXT, uuid);
}

bool
bdb_identity_is(struct bdb *b, const char *uuid)
{
	struct buf v = { 0 };
	char key[64];
	bool is = strcmp(uuid, b->st.uuid) == 0;

	if (!is && b->st.origin.time.ns != 0) {
		was_key(key, uuid);
		is = bdb_get(b->meta, key, strlen(key), 0, &v) == 0;
		buf_free(&v);
	}
	return is;
}

int
bdb_identity_renew(struct bdb *b, bool complete)
{
	struct store *st = &b->st;
	char key[64];
	unsigned t;
	int err;

	/* It is not covered by the backup of another store. */
	st->covered = (struct store_covered){ 0 };
	err = bdb_log_covered(b, &st->covered);
	if (err == 0)
		err = put_origin(b, complete);
	was_key(key, st->uuid);
	if (err == 0)
		err = bdb_meta_put(b, key, "", 0);
	for (t = STORE_USER_FIRST; t < st->n_tables && err == 0; t++) {
		if (st->table[t].name == NULL)
			continue;
		st->table[t].incarnation++;
		err = bdb_put_table(st, t, st->table[t].name,
		    st->table[t].definition);
	}
	if (err == 0)
		err = bdb_err(make_identity(b, true));
	for (t = 1; t < STORE_TABLE_END; t++)
		st->table[t].incarnation++;
	return err;
}
