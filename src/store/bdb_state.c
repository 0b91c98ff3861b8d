/*
 * bdb_state.c: what is not rows: the sessions, the dictionaries, the tables.
 *
 * META     "store", "incarnation NAME", "origin"  bdb_identity.c
 *          "definition NAME"   bdb_def.c
 *          "backup"            bdb_log.c
 *          "states"            version 1, commit 8, tables 1, then for each
 *                              table from 0: its next sequence 8
 * SESSION  id 4                version 1, epoch 4, next in 8, next out 8,
 *                              pending 8, created 8, name; of a mark (its name
 *                              begins with a TAB): version 1, part 4,
 *                              sequence 8, token 8, flags 8, time 8, name
 * DICT     id 4                version 1, hash 8, text's length 8, name's
 *                              length 2, name, text
 * TABLE    number - 15, 4      version 1, incarnation 8, name's length 2, name,
 *                              definition
 *
 * SESSION holds the states as of the commit that "states" names; later ones
 * are in the heads of the blocks behind it (bdb_scan.c).
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "store/bdb.h"

#define SESSION_HEAD  37  /* bytes before the name */
#define DICT_HEAD     19  /* bytes before the name */
#define TABLE_HEAD    11  /* bytes before the name */
#define PUT_TRIES     100 /* of a record that a deadlock ended */
#define NAME_MAX_LEN  512 /* bytes of a session's or dictionary's name */
#define STATES_MAX    (10 + 8 * STORE_TABLES_MAX)

int
bdb_get(DB *db, const void *key, size_t klen, size_t n, struct buf *out)
{
	DBT kd = bdb_dbt(key, klen), vd = { 0 };
	int ret;

	vd.flags = DB_DBT_MALLOC;
	if (n != 0) {
		vd.flags |= DB_DBT_PARTIAL;
		vd.dlen = (uint32_t)n;
	}
	ret = db->get(db, NULL, &kd, &vd, 0);
	if (ret != 0)
		return bdb_err(ret);
	ret = buf_add(out, vd.data, vd.size);
	free(vd.data);
	return ret;
}

/* Go through a table of ids 1, 2, 3 ..., at most max bytes of each value. */
static int
each(DB *db, size_t max, struct bdb *b,
    int (*cb)(struct bdb *, uint32_t, const char *, size_t))
{
	uint32_t id, want = 1;
	DBT kd = { 0 }, vd = { 0 };
	DBC *c;
	int ret = db->cursor(db, NULL, &c, 0), err = 0;

	if (ret != 0)
		return bdb_err(ret);
	vd.flags = DB_DBT_REALLOC | DB_DBT_PARTIAL;
	vd.dlen = (uint32_t)max;
	while (err == 0 && (ret = c->get(c, &kd, &vd, DB_NEXT)) == 0) {
		if (kd.size != sizeof(id)) {
			err = FG_EDAMAGED;
			break;
		}
		memcpy(&id, kd.data, sizeof(id));
		err = be32toh(id) == want ? cb(b, want, vd.data, vd.size)
		    : FG_EDAMAGED;
		want++;
	}
	c->close(c);
	free(vd.data);
	if (err == 0 && ret != DB_NOTFOUND)
		err = bdb_err(ret);
	return err;
}

static int
bdb_state_room(struct bdb *b, uint32_t id, const struct store_state *s)
{
	struct bdb_state *v;
	size_t cap;
	int err = 0;

	pthread_mutex_lock(&b->state_lock);
	if (id > b->cap_state) {
		cap = b->cap_state == 0 ? 16 : b->cap_state * 2;
		v = realloc(b->state, cap * sizeof(*v));
		if (v == NULL) {
			err = FG_ENOMEM;
		} else {
			b->state = v;
			b->cap_state = cap;
		}
	}
	if (err == 0) {
		b->state[id - 1] = (struct bdb_state){ .s = *s };
		b->n_state = id;
	}
	pthread_mutex_unlock(&b->state_lock);
	return err;
}

static int
load_session(struct bdb *b, uint32_t id, const char *p, size_t n)
{
	struct cursor c = cursor_over(p, n);
	struct store_state s = { .session = id };
	char name[NAME_MAX_LEN + 1];
	int err;

	if (n < SESSION_HEAD || n - SESSION_HEAD > NAME_MAX_LEN)
		return FG_EDAMAGED;
	if (cursor_get8(&c) != BDB_STATE_VERSION)
		return FG_EFORMAT;
	s.epoch = cursor_get32(&c);
	s.next_in = cursor_get64(&c);
	s.next_out = cursor_get64(&c);
	s.pending = cursor_get64(&c);
	s.created.ns = (int64_t)cursor_get64(&c);
	memcpy(name, p + SESSION_HEAD, n - SESSION_HEAD);
	name[n - SESSION_HEAD] = '\0';
	err = bdb_state_room(b, id, &s);
	return err != 0 ? err : store_known_session(&b->st, name, &s);
}

static int
load_dict(struct bdb *b, uint32_t id, const char *p, size_t n)
{
	struct cursor c = cursor_over(p, n);
	char name[NAME_MAX_LEN + 1];
	uint64_t hash, len;
	size_t nlen;

	(void)id;
	if (n < DICT_HEAD)
		return FG_EDAMAGED;
	if (cursor_get8(&c) != BDB_STATE_VERSION)
		return FG_EFORMAT;
	hash = cursor_get64(&c);
	len = cursor_get64(&c);
	nlen = cursor_get16(&c);
	if (nlen > NAME_MAX_LEN || n - DICT_HEAD < nlen)
		return FG_EDAMAGED;
	memcpy(name, p + DICT_HEAD, nlen);
	name[nlen] = '\0';
	return store_known_dict(&b->st, name, hash, len);
}

static int
load_table(struct bdb *b, uint32_t id, const char *p, size_t n)
{
	struct cursor c = cursor_over(p, n);
	char name[STORE_NAME_MAX + 1], *text;
	uint64_t incarnation;
	enum store_table t;
	size_t nlen;
	int err;

	if (n < TABLE_HEAD || id > STORE_TABLES_MAX - STORE_USER_FIRST)
		return FG_EDAMAGED;
	if (cursor_get8(&c) != BDB_STATE_VERSION)
		return FG_EFORMAT;
	incarnation = cursor_get64(&c);
	nlen = cursor_get16(&c);
	if (nlen > STORE_NAME_MAX || n - TABLE_HEAD < nlen)
		return FG_EDAMAGED;
	memcpy(name, p + TABLE_HEAD, nlen);
	name[nlen] = '\0';
	text = strndup(p + TABLE_HEAD + nlen, n - TABLE_HEAD - nlen);
	if (text == NULL)
		return FG_ENOMEM;
	t = (enum store_table)(id + STORE_USER_FIRST - 1);
	err = store_known_table(&b->st, t, name, text);
	b->st.table[t].incarnation = incarnation;
	free(text);
	return err;
}

/* Put one record in a transaction of its own. 0 or Berkeley DB's error. */
static int
try_put(struct bdb *b, DB *db, uint32_t id, const struct buf *v)
{
	DBT kd, vd = bdb_dbt(v->p, v->len);
	DB_TXN *txn;
	int ret;

	id = htobe32(id);
	kd = bdb_dbt(&id, sizeof(id));
	ret = b->env->txn_begin(b->env, NULL, &txn, 0);
	if (ret != 0)
		return ret;
	ret = db->put(db, txn, &kd, &vd, 0);
	if (ret != 0) {
		txn->abort(txn);
		return ret;
	}
	return txn->commit(txn, b->st.cfg.durability == STORE_SYNCED
	    ? DB_TXN_SYNC : bdb_commit_flags(b));
}

/* The writer may be at the same page. */
static int
put_own(struct bdb *b, DB *db, uint32_t id, const struct buf *v,
    const char *step)
{
	int ret, tries = 0, err = store_fault(&b->st, step);

	if (err != 0)
		return err;
	do
		ret = try_put(b, db, id, v);
	while (ret == DB_LOCK_DEADLOCK && ++tries < PUT_TRIES);
	return bdb_err(ret);
}

static int
pack_session(struct buf *out, const struct store_state *s, const char *name)
{
	char head[SESSION_HEAD] = { 0 };
	struct cursor c = cursor_over(head, sizeof(head));

	cursor_put8(&c, BDB_STATE_VERSION);
	cursor_put32(&c, s->epoch);
	cursor_put64(&c, s->next_in);
	cursor_put64(&c, s->next_out);
	cursor_put64(&c, s->pending);
	cursor_put64(&c, (uint64_t)s->created.ns);
	out->len = 0;
	return buf_add(out, head, sizeof(head)) != 0 ? FG_ENOMEM
	    : buf_puts(out, name);
}

int
bdb_add_session(struct store *st, uint32_t id, const char *name,
    const struct store_state *state)
{
	struct bdb *b = (struct bdb *)st;
	struct buf v = { 0 };
	int err;

	if (strlen(name) > NAME_MAX_LEN)
		return FG_ELIMIT;
	err = pack_session(&v, state, name);
	if (err == 0)
		err = put_own(b, b->session, id, &v, "SESSION put");
	buf_free(&v);
	return err != 0 ? err : bdb_state_room(b, id, state);
}

int
bdb_add_dict(struct store *st, uint32_t id, const char *name,
    const void *text, size_t len)
{
	struct bdb *b = (struct bdb *)st;
	char head[DICT_HEAD] = { 0 };
	struct cursor c = cursor_over(head, sizeof(head));
	size_t nlen = strlen(name);
	struct buf v = { 0 };
	int err;

	if (nlen > NAME_MAX_LEN)
		return FG_ELIMIT;
	cursor_put8(&c, BDB_STATE_VERSION);
	cursor_put64(&c, store_hash(text, len));
	cursor_put64(&c, len);
	cursor_put16(&c, (uint16_t)nlen);
	err = buf_reserve(&v, sizeof(head) + nlen + len);
	if (err == 0) {
		buf_add(&v, head, sizeof(head));
		buf_add(&v, name, nlen);
		buf_add(&v, text, len);
		err = put_own(b, b->dict, id, &v, "DICT put");
	}
	buf_free(&v);
	return err;
}

int
bdb_dict_text(struct store *st, uint32_t id, struct buf *out)
{
	struct bdb *b = (struct bdb *)st;
	uint32_t key = htobe32(id);
	struct buf v = { 0 };
	size_t nlen;
	int err = bdb_get(b->dict, &key, sizeof(key), 0, &v);

	if (err == 0 && v.len < DICT_HEAD)
		err = FG_EDAMAGED;
	if (err == 0) {
		nlen = (size_t)(unsigned char)v.p[DICT_HEAD - 2] << 8
		    | (unsigned char)v.p[DICT_HEAD - 1];
		err = v.len - DICT_HEAD < nlen ? FG_EDAMAGED
		    : buf_add(out, v.p + DICT_HEAD + nlen,
		        v.len - DICT_HEAD - nlen);
	}
	buf_free(&v);
	return err;
}

int
bdb_put_table(struct store *st, enum store_table t, const char *name,
    const char *definition)
{
	struct bdb *b = (struct bdb *)st;
	char head[TABLE_HEAD] = { 0 };
	struct cursor c = cursor_over(head, sizeof(head));
	struct buf v = { 0 };
	int err;

	cursor_put8(&c, BDB_STATE_VERSION);
	cursor_put64(&c, st->table[t].incarnation);
	cursor_put16(&c, (uint16_t)strlen(name));
	err = buf_add(&v, head, sizeof(head));
	if (err == 0)
		err = buf_puts(&v, name);
	if (err == 0)
		err = buf_puts(&v, definition);
	if (err == 0)
		err = put_own(b, b->declared, t - STORE_USER_FIRST + 1, &v,
		    "TABLE put");
	buf_free(&v);
	return err;
}

static int
put_states_mark(struct bdb *b, DB_TXN *txn)
{
	char value[STATES_MAX] = { 0 };
	struct cursor c = cursor_over(value, sizeof(value));
	unsigned t, n = b->st.n_tables;

	cursor_put8(&c, BDB_STATE_VERSION);
	cursor_put64(&c, b->written);
	cursor_put8(&c, (uint8_t)n);
	for (t = 0; t < n; t++)
		cursor_put64(&c, b->next[t]);
	return bdb_meta_put_in(b, txn, BDB_STATES_KEY, value, c.at);
}

int
bdb_state_put(struct bdb *b, DB_TXN *txn, bool all)
{
	struct buf v = { 0 };
	uint32_t key;
	size_t i;
	DBT kd, vd;
	int ret = 0;

	pthread_mutex_lock(&b->state_lock);
	for (i = 0; i < b->n_state && ret == 0; i++) {
		if (!all && !b->state[i].dirty)
			continue;
		if (pack_session(&v, &b->state[i].s, store_subject_name(
		    &b->st, (uint32_t)i + 1)) != 0) {
			ret = ENOMEM;
			break;
		}
		key = htobe32((uint32_t)i + 1);
		kd = bdb_dbt(&key, sizeof(key));
		vd = bdb_dbt(v.p, v.len);
		ret = b->session->put(b->session, txn, &kd, &vd, 0);
	}
	pthread_mutex_unlock(&b->state_lock);
	buf_free(&v);
	return ret != 0 ? ret : put_states_mark(b, txn);
}

void
bdb_state_clean(struct bdb *b)
{
	size_t i;

	pthread_mutex_lock(&b->state_lock);
	for (i = 0; i < b->n_state; i++)
		b->state[i].dirty = false;
	pthread_mutex_unlock(&b->state_lock);
}

void
bdb_state_apply(struct bdb *b, const struct store_commit *c)
{
	struct bdb_state *s;
	size_t i;

	if (c->n_state == 0)
		return;
	pthread_mutex_lock(&b->state_lock);
	for (i = 0; i < c->n_state; i++) {
		s = &b->state[c->state[i].session - 1];
		s->s = c->state[i];
		s->dirty = true;
	}
	pthread_mutex_unlock(&b->state_lock);
}

int
bdb_state_load(struct bdb *b)
{
	int err;

	err = bdb_open_file(b, &b->meta, "META", true);
	if (err == 0)
		err = bdb_open_file(b, &b->session, "SESSION", true);
	if (err == 0)
		err = bdb_open_file(b, &b->dict, "DICT", true);
	if (err == 0)
		err = bdb_open_file(b, &b->declared, "TABLE", true);
	if (err == 0)
		err = bdb_identity_load(b);
	if (err == 0)
		err = bdb_log_load(b);
	if (err == 0)
		err = bdb_def_load(b);
	if (err == 0)
		err = each(b->session, SESSION_HEAD + NAME_MAX_LEN + 1, b,
		    load_session);
	if (err == 0)
		err = each(b->dict, DICT_HEAD + NAME_MAX_LEN, b, load_dict);
	if (err == 0)
		err = each(b->declared, TABLE_HEAD + STORE_NAME_MAX +
		    STORE_DEFINITION_MAX, b, load_table);
	return err;
}
