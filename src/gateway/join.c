#include "gateway/join.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gateway/rows.h"

#define NAME_MAX_    40 /* bytes of a join's name */
#define REFRESH_ROWS 1000
#define REFRESH_BYTES (1u << 20)

struct joined {
	char name[NAME_MAX_ + 1];
	const struct table *table;
	size_t on; /* column of the first table */
};

struct join {
	unsigned holds;
	size_t n;
	struct joined j[JOINS_MAX];
};

struct version {
	uint64_t commit, seq;
};

/* A key, and where its rows are; in a tree, by key. */
struct keyed {
	size_t len, n, cap;
	struct version *v; /* ascending */
	char *key;	   /* behind it, but for a look-up's */
};

struct versions {
	const struct table *table; /* NULL: not looked at yet */
	uint64_t upto;
	void *tree;
};

struct join_cache {
	struct store *store;
	struct versions of[STORE_TABLES_MAX]; /* by the table's number */
	struct buf key;
};

/* ---- what a request says ---- */

/* COLUMNS of a table, decoded. 0 or FG_E*. */
static int
base_columns(enum store_table t, const struct table *user,
    struct link_out *o, struct link_in *in, struct buf *frame,
    const struct link_val **columns)
{
	struct link_msg m;
	const char *why;

	link_begin(o, frame, "COLUMNS", 0);
	link_map(o, 1);
	link_str(o, "COLUMNS");
	rows_columns(o, t, user, NULL);
	if (link_end(o) != 0 ||
	    link_decode(in, frame->p, frame->len, &m, &why) <= 0)
		return FG_ENOMEM;
	*columns = link_find(m.details, "COLUMNS");
	return 0;
}

static bool
is(const struct link_val *v, const char *text)
{
	const char *p;
	size_t n;

	return link_get_str(v, &p, &n) && strlen(text) == n &&
	    memcmp(p, text, n) == 0;
}

/* The column of the first table that has the key. */
static int
find_on(struct joined *j, const struct link_val *columns, const char *on,
    char err[JOIN_ERR_MAX])
{
	const struct link_val *c;

	for (j->on = 0; j->on < link_count(columns); j->on++)
		if (is(link_at(link_at(columns, j->on), 0), on))
			break;
	if (j->on == link_count(columns)) {
		snprintf(err, JOIN_ERR_MAX, "%s: the table has no column %s "
		    "to join on", j->name, on);
		return FG_EINVAL;
	}
	c = link_at(columns, j->on);
	if (!is(link_at(c, 1), table_link_type(
	    j->table->column[j->table->key].type))) {
		snprintf(err, JOIN_ERR_MAX, "%s: column %s and the key of %s, "
		    "%s, are not of the same type", j->name, on,
		    j->table->name, j->table->column[j->table->key].name);
		return FG_EINVAL;
	}
	return 0;
}

/* Would the view have two columns of one name? */
static int
check_names(const struct joined *j, const struct link_val *columns,
    char err[JOIN_ERR_MAX])
{
	size_t i, k, n = strlen(j->name);
	const char *p, *rest;
	size_t len;

	for (i = 0; i < link_count(columns); i++) {
		if (!link_get_str(link_at(link_at(columns, i), 0), &p, &len) ||
		    len <= n || memcmp(p, j->name, n) != 0 || p[n] != '_')
			continue;
		rest = p + n + 1;
		len -= n + 1;
		for (k = 0; k < j->table->n + 2; k++) {
			const char *own = k == j->table->n ? "SEQUENCE" :
			    k > j->table->n ? "TIMESTAMP" :
			    j->table->column[k].name;

			if (strlen(own) != len || memcmp(own, rest, len) != 0)
				continue;
			snprintf(err, JOIN_ERR_MAX, "there would be two "
			    "columns %s_%s: give the join another name",
			    j->name, own);
			return FG_EINVAL;
		}
	}
	return 0;
}

static int
read_one(struct joined *j, const struct link_val *how, struct store *st,
    const struct tables *tables, const struct link_val *columns,
    char err[JOIN_ERR_MAX])
{
	char table[STORE_NAME_MAX + 1], on[COLUMN_NAME_MAX + 1];
	int e;

	if (!link_find_str(how, "TABLE", table, sizeof(table)) ||
	    !link_find_str(how, "ON", on, sizeof(on))) {
		snprintf(err, JOIN_ERR_MAX, "%s: TABLE and ON must be names",
		    j->name);
		return FG_EINVAL;
	}
	j->table = tables_get(tables, store_table_by_name(st, table));
	if (j->table == NULL) {
		snprintf(err, JOIN_ERR_MAX, "%s: there is no [TABLE %s]",
		    j->name, table);
		return FG_ENOENT;
	}
	if (j->table->key == j->table->n) {
		snprintf(err, JOIN_ERR_MAX, "%s: table %s has no key: write "
		    "Key=COLUMN in its section", j->name, table);
		return FG_EINVAL;
	}
	e = find_on(j, columns, on, err);
	return e != 0 ? e : check_names(j, columns, err);
}

static int
read_all(struct join *join, const struct link_val *map, struct store *st,
    const struct tables *tables, const struct link_val *columns,
    char err[JOIN_ERR_MAX])
{
	const struct link_val *how;
	const char *name;
	size_t i, n;
	int e = 0;

	for (i = 0; i < link_count(map) && e == 0; i++) {
		how = link_map_at(map, i, &name, &n);
		if (name == NULL || n == 0 || n > NAME_MAX_ ||
		    memchr(name, '\0', n) != NULL ||
		    link_kind(how) != LINK_MAP) {
			snprintf(err, JOIN_ERR_MAX, "JOIN is a map of names "
			    "of at most %d bytes and {TABLE, ON}", NAME_MAX_);
			return FG_EINVAL;
		}
		memcpy(join->j[i].name, name, n);
		e = read_one(&join->j[i], how, st, tables, columns, err);
		join->n++;
	}
	return e;
}

int
join_read(struct join **out, const struct link_val *map, enum store_table t,
    struct store *st, const struct tables *tables, char err[JOIN_ERR_MAX])
{
	const struct link_val *columns;
	struct link_out *o;
	struct link_in *in;
	struct buf frame = { 0 };
	struct join *join;
	int e = FG_ENOMEM;

	snprintf(err, JOIN_ERR_MAX, "%s", fg_strerror(FG_ENOMEM));
	if (link_kind(map) != LINK_MAP || link_count(map) == 0 ||
	    link_count(map) > JOINS_MAX) {
		snprintf(err, JOIN_ERR_MAX, "JOIN is a map of 1 to %d "
		    "{TABLE, ON}", JOINS_MAX);
		return FG_EINVAL;
	}
	join = calloc(1, sizeof(*join));
	o = link_out_new();
	in = link_in_new();
	if (join != NULL && o != NULL && in != NULL)
		e = base_columns(t, tables_get(tables, t), o, in, &frame,
		    &columns);
	if (e == 0)
		e = read_all(join, map, st, tables, columns, err);
	link_out_free(o);
	link_in_free(in);
	buf_free(&frame);
	if (e != 0) {
		free(join);
		return e;
	}
	join->holds = 1;
	*out = join;
	return 0;
}

struct join *
join_hold(struct join *join)
{
	if (join != NULL)
		join->holds++;
	return join;
}

void
join_release(struct join *join)
{
	if (join != NULL && --join->holds == 0)
		free(join);
}

/* ---- keys ---- */

/* Values are equal if these bytes are. 1; 0: nil has no key; FG_ENOMEM. */
static int
key_bytes(struct buf *to, const void *p, size_t n)
{
	to->len = 0;
	return buf_add(to, p, n) == 0 ? 1 : FG_ENOMEM;
}

static int
key_of_link(struct buf *to, const struct link_val *v)
{
	const char *p;
	uint64_t u;
	int64_t i;
	size_t n;
	bool b;

	if (link_get_str(v, &p, &n))
		return key_bytes(to, p, n);
	if (link_get_bool(v, &b))
		return key_bytes(to, &b, sizeof(b));
	if (link_get_i64(v, &i))
		return key_bytes(to, &i, sizeof(i));
	if (!link_get_u64(v, &u))
		return 0;
	i = (int64_t)u;
	return key_bytes(to, &i, sizeof(i));
}

static int
key_of_value(struct buf *to, enum column_type type,
    const struct table_value *v)
{
	if (!v->set)
		return 0;
	switch (type) {
	case COLUMN_STRING:
	case COLUMN_DECIMAL:
		return key_bytes(to, v->p, v->len);
	case COLUMN_INT:
	case COLUMN_TIMESTAMP:
		return key_bytes(to, &v->i, sizeof(v->i));
	case COLUMN_BOOL:
		return key_bytes(to, &v->b, sizeof(v->b));
	}
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct keyed *k = a, *l = b;

	if (k->len != l->len)
		return k->len < l->len ? -1 : 1;
	return k->len == 0 ? 0 : memcmp(k->key, l->key, k->len);
}

/* ---- versions ---- */

static int
add_version(struct keyed *k, struct version v)
{
	size_t cap = k->cap == 0 ? 1 : k->cap * 2;
	struct version *p;

	if (k->n == k->cap) {
		p = realloc(k->v, cap * sizeof(*p));
		if (p == NULL)
			return FG_ENOMEM;
		k->v = p;
		k->cap = cap;
	}
	k->v[k->n++] = v;
	return 0;
}

static struct keyed *
find_key(void **tree, const struct buf *key, bool make)
{
	struct keyed look = { .len = key->len, .key = key->p }, *k;
	void *at = tfind(&look, tree, compare);

	if (at != NULL || !make)
		return at == NULL ? NULL : *(struct keyed **)at;
	k = calloc(1, sizeof(*k) + key->len + 1);
	if (k == NULL)
		return NULL;
	k->len = key->len;
	k->key = (char *)(k + 1);
	if (key->len > 0)
		memcpy(k->key, key->p, key->len);
	if (tsearch(k, tree, compare) == NULL) {
		free(k);
		return NULL;
	}
	return k;
}

struct learning {
	struct join_cache *c;
	struct versions *of;
	int err;
};

static int
learn(void *arg, const struct store_row *row)
{
	struct table_value v[COLUMNS_MAX];
	struct learning *l = arg;
	const struct table *t = l->of->table;
	struct keyed *k;
	int got;

	/* A damaged row is none. */
	if (table_decode(t, row->data, row->len, v) != 0)
		return 0;
	got = key_of_value(&l->c->key, t->column[t->key].type, &v[t->key]);
	if (got == 1) {
		k = find_key(&l->of->tree, &l->c->key, true);
		got = k == NULL ? FG_ENOMEM : add_version(k,
		    (struct version){ row->commit, row->seq });
	}
	l->err = got;
	return got;
}

static int
refresh(struct join_cache *c, const struct table *t)
{
	struct versions *of = &c->of[t->number];
	struct learning l = { .c = c, .of = of };
	uint64_t end = store_visible(c->store, t->number), upto;
	int err;

	of->table = t;
	while (of->upto < end) {
		upto = of->upto;
		err = store_read(c->store, t->number, of->upto, REFRESH_ROWS,
		    REFRESH_BYTES, learn, &l, &upto);
		/* The row at which it stopped comes again. */
		if (err == 0 && l.err != 0)
			err = l.err;
		if (l.err != 0 && upto > of->upto)
			upto--;
		if (upto == of->upto && err == 0)
			err = FG_EDAMAGED;
		of->upto = upto;
		if (err != 0)
			return err;
	}
	return 0;
}

int
join_refresh(struct join_cache *c, const struct join *join)
{
	size_t i;
	int err = 0;

	for (i = 0; i < join->n && err == 0; i++)
		err = refresh(c, join->j[i].table);
	return err;
}

/* The last version that is not later than the commit; 0: none. */
static uint64_t
version_at(const struct keyed *k, uint64_t commit)
{
	size_t low = 0, high = k->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (k->v[mid].commit <= commit)
			low = mid + 1;
		else
			high = mid;
	}
	return low == 0 ? 0 : k->v[low - 1].seq;
}

struct join_cache *
join_cache_new(struct store *st)
{
	struct join_cache *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->store = st;
	return c;
}

void
join_cache_free(struct join_cache *c)
{
	struct keyed *k;
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < STORE_TABLES_MAX; i++) {
		while (c->of[i].tree != NULL) {
			k = *(struct keyed **)c->of[i].tree;
			tdelete(k, &c->of[i].tree, compare);
			free(k->v);
			free(k);
		}
	}
	buf_free(&c->key);
	free(c);
}

/* ---- out ---- */

const char *
join_table(const struct join *join, size_t i)
{
	return join == NULL || i >= join->n ? NULL : join->j[i].table->name;
}

size_t
join_width(const struct join *join)
{
	size_t i, n = 0;

	for (i = 0; i < join->n; i++)
		n += join->j[i].table->n + 2;
	return n;
}

static void
put_column(struct link_out *o, const char *prefix, const char *name,
    const char *type)
{
	char text[NAME_MAX_ + 1 + COLUMN_NAME_MAX + 1];

	snprintf(text, sizeof(text), "%.*s_%.*s", NAME_MAX_, prefix,
	    COLUMN_NAME_MAX, name);
	link_array(o, 2);
	link_str(o, text);
	link_str(o, type);
}

void
join_put_columns(struct link_out *o, const struct join *join)
{
	const struct joined *j;
	size_t i;

	for (j = join->j; j < join->j + join->n; j++) {
		put_column(o, j->name, "SEQUENCE", "int");
		put_column(o, j->name, "TIMESTAMP", "time");
		for (i = 0; i < j->table->n; i++)
			put_column(o, j->name, j->table->column[i].name,
			    table_link_type(j->table->column[i].type));
	}
}

struct putting {
	struct link_out *o;
	const struct table *table;
	bool done;
};

static int
put_version(void *arg, const struct store_row *row)
{
	struct putting *p = arg;

	link_u64(p->o, row->seq);
	link_i64(p->o, row->time.ns);
	table_put(p->o, p->table, row);
	p->done = true;
	return 1;
}

static int
put_joined(struct join_cache *c, struct link_out *o, const struct joined *j,
    const struct link_val *value, uint64_t commit)
{
	struct versions *of = &c->of[j->table->number];
	struct putting p = { .o = o, .table = j->table };
	struct keyed *k = NULL;
	uint64_t seq, upto;
	size_t i;
	int err = key_of_link(&c->key, value);

	if (err == 1)
		k = find_key(&of->tree, &c->key, false);
	if (err < 0)
		return err;
	err = 0;
	seq = k == NULL ? 0 : version_at(k, commit);
	if (seq != 0)
		err = store_read(c->store, j->table->number, seq - 1, 1, 1,
		    put_version, &p, &upto);
	if (err == 0 && seq != 0 && !p.done)
		err = FG_EDAMAGED;
	for (i = 0; seq == 0 && i < j->table->n + 2; i++)
		link_nil(o);
	return err;
}

int
join_put(struct join_cache *c, struct link_out *o, const struct join *join,
    const struct link_val *values, uint64_t commit)
{
	size_t i;
	int err = 0;

	for (i = 0; i < join->n && err == 0; i++)
		err = put_joined(c, o, &join->j[i],
		    link_at(values, join->j[i].on), commit);
	return err;
}
