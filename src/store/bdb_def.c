/*
 * bdb_def.c: texts kept by name, in META:
 *
 *	"definition NAME"  version 1, text
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/bdb.h"

#define PREFIX     "definition "
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define TRIES      100 /* of a record that a deadlock ended */

/* Put, or delete without a value. */
static int
try(struct bdb *b, DBT *key, DBT *value)
{
	DB_TXN *txn;
	int ret = b->env->txn_begin(b->env, NULL, &txn, 0);

	if (ret != 0)
		return ret;
	ret = value == NULL ? b->meta->del(b->meta, txn, key, 0) :
	    b->meta->put(b->meta, txn, key, value, 0);
	if (ret != 0) {
		txn->abort(txn);
		return ret;
	}
	return txn->commit(txn, b->st.cfg.durability == STORE_SYNCED ?
	    DB_TXN_SYNC : bdb_commit_flags(b));
}

int
bdb_put_def(struct store *st, const char *name, const char *text, size_t len)
{
	struct bdb *b = (struct bdb *)st;
	struct buf k = { 0 }, v = { 0 };
	char version = BDB_STATE_VERSION;
	int ret, tries = 0, err = store_fault(st, "DEFINITION put");
	DBT kd, vd;

	if (err != 0)
		return err;
	if (buf_add(&k, PREFIX, PREFIX_LEN) != 0 || buf_puts(&k, name) != 0 ||
	    buf_add(&v, &version, 1) != 0 ||
	    (text != NULL && buf_add(&v, text, len) != 0)) {
		err = FG_ENOMEM;
		goto out;
	}
	kd = bdb_dbt(k.p, k.len);
	vd = bdb_dbt(v.p, v.len);
	do /* the writer may be at the same page */
		ret = try(b, &kd, text == NULL ? NULL : &vd);
	while (ret == DB_LOCK_DEADLOCK && ++tries < TRIES);
	err = bdb_err(ret);
out:
	buf_free(&k);
	buf_free(&v);
	return err;
}

static int
load_one(struct bdb *b, const DBT *kd, const DBT *vd)
{
	char name[STORE_DEF_NAME_MAX + 1];
	const char *text = vd->data;
	size_t n = kd->size - PREFIX_LEN;

	if (n > STORE_DEF_NAME_MAX || vd->size < 1)
		return FG_EDAMAGED;
	if (text[0] != BDB_STATE_VERSION)
		return FG_EFORMAT;
	memcpy(name, (const char *)kd->data + PREFIX_LEN, n);
	name[n] = '\0';
	return store_known_def(&b->st, name, text + 1, vd->size - 1);
}

int
bdb_def_load(struct bdb *b)
{
	DBT kd = { .flags = DB_DBT_REALLOC }, vd = { .flags = DB_DBT_REALLOC };
	int ret, err = 0;
	DBC *c;

	ret = b->meta->cursor(b->meta, NULL, &c, 0);
	if (ret != 0)
		return bdb_err(ret);
	kd.data = malloc(PREFIX_LEN);
	if (kd.data != NULL) {
		memcpy(kd.data, PREFIX, PREFIX_LEN);
		kd.size = (uint32_t)PREFIX_LEN;
		ret = c->get(c, &kd, &vd, DB_SET_RANGE);
	} else {
		ret = DB_NOTFOUND;
		err = FG_ENOMEM;
	}
	while (ret == 0 && err == 0 && kd.size >= PREFIX_LEN &&
	    memcmp(kd.data, PREFIX, PREFIX_LEN) == 0) {
		err = load_one(b, &kd, &vd);
		ret = c->get(c, &kd, &vd, DB_NEXT);
	}
	c->close(c);
	free(kd.data);
	free(vd.data);
	return err != 0 || ret == 0 || ret == DB_NOTFOUND ? err : bdb_err(ret);
}
