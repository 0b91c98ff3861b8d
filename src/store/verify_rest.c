/*
 * verify_rest.c: what is not in the chain, against what is: commit numbers
 * without a gap, SESSION against the states in blocks, the texts of DICT,
 * FIX_OUT_INDEX.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/num.h"
#include "store/chain_file.h"
#include "store/chain_heads.h"
#include "store/impl.h"
#include "store/verify_int.h"

#define STATES_MOST  (16u << 20) /* more ids than that are no ids */
#define SESSION_HEAD 37
#define DICT_HEAD    19
#define RECORD_VERSION 1
#define DELETED      "deleted "
#define ARCHIVED     "archive "
#define WAS          "was "
#define UUID_TEXT    36
#define DIGITS       20

/* ---- before ---- */

/* "deleted TABLE n", "archive TABLE n": the table, or NULL. */
static struct source_table *
table_of(struct verify *v, const char *what, const char *key, size_t klen,
    uint64_t *seg)
{
	size_t head = strlen(what), n = klen - head - DIGITS - 1, i;
	struct source_table *t = v->src->table;

	if (klen < head + DIGITS + 2 || memcmp(key, what, head) != 0 ||
	    num_parse_u64(key + klen - DIGITS, DIGITS, seg) != 0)
		return NULL;
	for (i = 0; i < v->src->n_table; i++, t++)
		if (strlen(t->name) == n && memcmp(t->name, key + head, n) ==
		    0)
			return t;
	return NULL;
}

static void
take_segments(struct verify *v, const char *key, size_t klen)
{
	struct source_table *t;
	uint64_t seg;

	t = table_of(v, DELETED, key, klen, &seg);
	if (t != NULL && t->gone < seg)
		t->gone = seg;
	t = table_of(v, ARCHIVED, key, klen, &seg);
	if (t != NULL && (t->kept == 0 || seg < t->kept))
		t->kept = seg;
}

/* "was UUID" */
static int
take_was(struct verify *v, const char *key, size_t klen)
{
	if (klen != strlen(WAS) + UUID_TEXT || memcmp(key, WAS, strlen(WAS)) !=
	    0)
		return 0;
	if (buf_add(&v->was, key + strlen(WAS), UUID_TEXT) != 0)
		return FG_ENOMEM;
	return buf_add(&v->was, "", 1);
}

/* META has up to which commit SESSION holds, and what was deleted. */
static int
take_meta(void *arg, const void *key, size_t klen, const void *value,
    size_t len)
{
	struct verify *v = arg;
	struct cursor c = cursor_over(value, len);

	v->has_meta = true;
	take_segments(v, key, klen);
	if (take_was(v, key, klen) != 0)
		return FG_ENOMEM;
	if (klen != 6 || memcmp(key, "states", 6) != 0)
		return 0;
	cursor_get8(&c);
	v->states_at = cursor_get64(&c);
	return 0;
}

static int
read_records(struct verify *v, const char *file, record_cb cb)
{
	int err;

	if (v->src->ops->records == NULL)
		return 0;
	v->src->why[0] = '\0';
	err = v->src->ops->records(v->src, file, cb, v);
	if (err == FG_EDAMAGED || err == FG_ENOENT || err == FG_EIO) {
		verify_say_bad(v, file, 0, "cannot be read: %s",
		    v->src->why[0] == '\0' ? fg_strerror(err) : v->src->why);
		return 0;
	}
	return err;
}

/* The newest head of that name; trusted: that is signed with the key. */
static const struct head *
newest(const struct heads *hs, const char *name, bool trusted, const char *uuid)
{
	const struct head *h, *best = NULL;
	size_t i;

	for (i = 0; hs != NULL && i < hs->n; i++) {
		h = &hs->v[i];
		if (strcmp(h->table, name) != 0 || (trusted && !h->good) ||
		    (uuid[0] != '\0' && strcmp(h->uuid, uuid) != 0))
			continue;
		if (best == NULL || h->time.ns > best->time.ns)
			best = h;
	}
	return best;
}

/* When was the store opened and closed, at last? NULL: it was not. */
static void
find_times(const struct heads *hs, bool has_key, const char *uuid,
    const struct head **opened, const struct head **closed)
{
	*opened = newest(hs, HEAD_OPENED, has_key, uuid);
	*closed = newest(hs, HEAD_CLOSED, has_key, uuid);
	if (has_key && *opened == NULL && *closed == NULL)
		find_times(hs, false, uuid, opened, closed);
}

bool
verify_unclean(const struct heads *hs, bool has_key, const char *uuid)
{
	const struct head *opened, *closed;

	find_times(hs, has_key, uuid, &opened, &closed);
	return opened != NULL && (closed == NULL || closed->time.ns <
	    opened->time.ns);
}

static bool
is_of(const struct verify *v, const char *uuid)
{
	const struct block_source *s = v->src;
	size_t i;

	for (i = 0; i + UUID_TEXT < v->was.len; i += UUID_TEXT + 1)
		if (strcmp(v->was.p + i, uuid) == 0)
			return true;
	for (i = 0; i + UUID_TEXT < s->uuids.len; i += UUID_TEXT + 1)
		if (strcmp(s->uuids.p + i, uuid) == 0)
			return true;
	return s->uuids.len == 0 && (s->uuid[0] == '\0' || strcmp(s->uuid,
	    uuid) == 0);
}

/* Heads that were given are for this store; and it has some of its own. */
static void
check_whose(struct verify *v)
{
	const struct heads *hs = v->cfg->heads;
	bool own = false, ours = false;
	size_t i, kept = 0;

	for (i = 0; hs != NULL && i < hs->n; i++) {
		kept += hs->v[i].kept;
		ours = ours || (hs->v[i].kept && is_of(v, hs->v[i].uuid));
		own = own || is_of(v, hs->v[i].uuid);
	}
	if (kept != 0 && !ours)
		verify_say_bad(v, HEAD_FILE, 0, "none of the %zu heads that "
		    "were given is of this store, %s", kept, v->src->uuid);
	if (!own && !v->cfg->open && !v->src->partial)
		verify_say_bad(v, CHAIN_DIR "/" HEAD_FILE, 0, "missing: nothing "
		    "says when the store was opened");
}

static void
find_closed(struct verify *v)
{
	const struct head *opened, *closed;

	find_times(v->cfg->heads, v->cfg->has_key, v->src->uuid, &opened,
	    &closed);
	if (closed != NULL && (opened == NULL || opened->time.ns <
	    closed->time.ns))
		v->closed = closed;
	else if (opened != NULL && !v->src->replayed)
		v->unclean = true;
	if (v->unclean)
		verify_note(v, "the store was not closed: rows may be in its "
		    "log alone. Let fixgated start and stop, then verify");
}

int
verify_rest_before(struct verify *v)
{
	int err;

	if (!v->cfg->open && !v->src->partial)
		find_closed(v);
	err = read_records(v, "META", take_meta);
	if (err == 0)
		check_whose(v);
	return err;
}

/* ---- blocks ---- */

static int
saw_commit(struct verify *v, uint64_t n)
{
	size_t byte = (size_t)(n / 8), len = v->seen.len;

	if (n > v->last_commit)
		v->last_commit = n;
	if (byte >= len) {
		if (byte - len > (1u << 28)) /* no such number */
			return 0;
		if (buf_reserve(&v->seen, byte + 1 - len) != 0)
			return FG_ENOMEM;
		memset(v->seen.p + len, 0, byte + 1 - len);
		v->seen.len = byte + 1;
	}
	v->seen.p[byte] = (char)(v->seen.p[byte] | 1 << n % 8);
	return 0;
}

static int
saw_state(struct verify *v, uint64_t commit, const struct store_state *s)
{
	struct verify_state *p;
	size_t n;

	if (s->session == 0 || s->session > STATES_MOST ||
	    commit > v->states_at)
		return 0;
	if (s->session > v->n_state) {
		n = s->session + (s->session >> 1) + 16;
		p = realloc(v->state, n * sizeof(*p));
		if (p == NULL)
			return FG_ENOMEM;
		memset(p + v->n_state, 0, (n - v->n_state) * sizeof(*p));
		v->state = p;
		v->n_state = n;
	}
	p = &v->state[s->session - 1];
	if (commit >= p->commit)
		*p = (struct verify_state){ commit, *s };
	return 0;
}

int
verify_rest_block(struct verify *v, const struct block_at *b)
{
	struct block_head h;
	struct store_state s;
	uint32_t i;
	int err = block_head(b->p, b->n, &h);

	if (err == 0)
		err = saw_commit(v, h.commit);
	for (i = 0; i < h.states && err == 0; i++) {
		block_state(b->p, i, &s);
		err = saw_state(v, h.commit, &s);
	}
	return err;
}

/* ---- after ---- */

static int
check_session(void *arg, const void *key, size_t klen, const void *value,
    size_t len)
{
	struct verify *v = arg;
	struct cursor c = cursor_over(value, len);
	struct store_state s = { 0 };
	const struct verify_state *was;
	uint32_t id;

	if (klen != sizeof(id) || len < SESSION_HEAD) {
		verify_say_bad(v, "SESSION", 0, "changed: a record is none");
		return 0;
	}
	memcpy(&id, key, sizeof(id));
	id = be32toh(id);
	v->sessions++;
	if (id != v->sessions || cursor_get8(&c) != RECORD_VERSION) {
		verify_say_bad(v, "SESSION", v->sessions,
		    id != v->sessions ? "missing" : "changed");
		v->sessions = id;
		return 0;
	}
	s.session = id;
	s.epoch = cursor_get32(&c);
	s.next_in = cursor_get64(&c);
	s.next_out = cursor_get64(&c);
	s.pending = cursor_get64(&c);
	s.created.ns = (int64_t)cursor_get64(&c);
	was = id <= v->n_state ? &v->state[id - 1] : NULL;
	if (was != NULL && was->commit != 0 &&
	    (s.epoch != was->s.epoch || s.next_in != was->s.next_in ||
	    s.next_out != was->s.next_out || s.pending != was->s.pending ||
	    s.created.ns != was->s.created.ns))
		verify_say_bad(v, "SESSION", id, "changed: commit %llu says "
		    "another state", (unsigned long long)was->commit);
	return 0;
}

static int
check_dict(void *arg, const void *key, size_t klen, const void *value,
    size_t len)
{
	struct verify *v = arg;
	struct cursor c = cursor_over(value, len);
	uint64_t hash, text;
	size_t name;
	uint32_t id = 0;

	v->dicts++;
	if (klen == sizeof(id))
		memcpy(&id, key, sizeof(id));
	if (be32toh(id) != v->dicts) {
		verify_say_bad(v, "DICT", v->dicts, "missing");
		v->dicts = be32toh(id);
		return 0;
	}
	cursor_get8(&c);
	hash = cursor_get64(&c);
	text = cursor_get64(&c);
	name = cursor_get16(&c);
	if (c.err != 0 || len != DICT_HEAD + name + text || store_hash(
	    (const char *)value + DICT_HEAD + name, (size_t)text) != hash)
		verify_say_bad(v, "DICT", v->dicts, "changed");
	return 0;
}

static void
check_commits(struct verify *v)
{
	uint64_t n;

	for (n = v->floor + 1; n <= v->last_commit && (!v->cfg->open ||
	    n <= v->cfg->commits); n++) {
		if (n / 8 < v->seen.len && v->seen.p[n / 8] & 1 << n % 8)
			continue;
		verify_say_bad(v, "commits", 0, "commit %llu is missing: no "
		    "table has a row of it", (unsigned long long)n);
		return;
	}
}

/* A file that is no table, as it was when the store was closed. */
static int
check_file(struct verify *v, const char *file)
{
	struct head_file_sum sum = { .c = v->hash };
	const struct heads *hs = v->cfg->heads;
	const struct head *h = newest(hs, file, v->cfg->has_key, v->src->uuid);
	int err;

	if (h == NULL)
		h = newest(hs, file, false, v->src->uuid);
	if (h == NULL || h->commit != v->closed->commit)
		return 0;
	if (v->cfg->has_key && h->has_signature && !h->good) {
		verify_say_bad(v, file, 0, "a head's signature is wrong");
		return 0;
	}
	err = v->src->ops->records(v->src, file, head_file_record, &sum);
	buf_free(&sum.bytes);
	if (err == FG_ENOMEM)
		return err;
	/* One that cannot be read was said. */
	if (err == 0 && (sum.records != h->seq ||
	    memcmp(sum.hash, h->hash, CHAIN_HASH) != 0))
		verify_say_bad(v, file, 0, "changed since the store was "
		    "closed");
	return 0;
}

static int
check_closed(struct verify *v)
{
	int i, err = 0;

	for (i = 0; i < HEAD_FILES && err == 0; i++)
		err = check_file(v, head_files[i]);
	if (err == 0 && v->r->bad == 0 && v->last_commit != v->closed->commit)
		verify_say_bad(v, "commits", 0, "the last one is %llu, and was "
		    "%llu when the store was closed",
		    (unsigned long long)v->last_commit,
		    (unsigned long long)v->closed->commit);
	return err;
}

/* No table may be gone that a head is of. */
static void
check_tables(struct verify *v)
{
	const struct heads *hs = v->cfg->heads;
	const struct head *h;
	const char *last = "";
	size_t i, t;

	for (i = 0; hs != NULL && i < hs->n; i++) {
		h = &hs->v[i];
		if (strcmp(h->table, last) == 0 || strcmp(h->uuid,
		    v->src->uuid) != 0 || strcmp(h->table, HEAD_CLOSED) == 0 ||
		    strcmp(h->table, HEAD_OPENED) == 0)
			continue;
		for (t = 0; t < v->src->n_table; t++)
			if (strcmp(v->src->table[t].name, h->table) == 0)
				break;
		if (t < v->src->n_table)
			continue;
		for (t = 0; t < HEAD_FILES; t++)
			if (strcmp(head_files[t], h->table) == 0)
				break;
		if (t == HEAD_FILES)
			verify_say_bad(v, h->table, 0, "missing: a head says "
			    "row %llu of such a table",
			    (unsigned long long)h->seq);
		last = h->table;
	}
}

int
verify_rest_after(struct verify *v)
{
	uint64_t before = v->r->bad;
	int err = 0;

	if (!v->src->partial)
		check_tables(v);
	/* Rows that are bad are not looked at any further, nor their commits. */
	if (before == 0 && !v->unclean && !v->src->partial)
		check_commits(v);
	if (v->src->moving)
		verify_note(v, "SESSION was written all the time, and is not "
		    "compared; try again");
	else if (v->r->bad == before && !v->unclean)
		err = read_records(v, "SESSION", check_session);
	if (err == 0)
		err = read_records(v, "DICT", check_dict);
	return err == 0 && v->closed != NULL && v->src->ops->records != NULL
	    ? check_closed(v) : err;
}
