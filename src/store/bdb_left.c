/*
 * bdb_left.c: what a process that died while it archived has left in
 * ArchivePath:
 *
 *	.TABLE.n.arc.tmp  is not whole
 *	TABLE.n.arc       META does not know of it, and the segment is still in
 *	                  the store, with all that it has: it is archived again
 *
 * Anything else that META does not know of stays where it is, for it may be the
 * only copy of its rows; and so does whatever is of another store.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/num.h"
#include "log/log.h"
#include "store/bdb.h"

#define DIGITS    20
#define TMP       ".tmp"
#define PATH_TEXT 4096

struct left {
	struct bdb *b;
	unsigned unfinished, doubled, unknown, failed;
	char one[BDB_SEG_NAME + 16];     /* of those that are removed */
	char strange[BDB_SEG_NAME + 16]; /* of the unknown */
	int err;
};

/* "TABLE.n.arc", of n bytes. */
static bool
parse(struct bdb *b, const char *name, size_t n, unsigned *t, uint64_t *number)
{
	size_t tail = 1 + DIGITS + strlen(ARCHIVE_SUFFIX), len = n - tail;
	const char *known;

	if (n <= tail || name[len] != '.' || strncmp(name + n - strlen(
	    ARCHIVE_SUFFIX), ARCHIVE_SUFFIX, strlen(ARCHIVE_SUFFIX)) != 0 ||
	    num_parse_u64(name + len + 1, DIGITS, number) != 0)
		return false;
	for (*t = 0; *t < b->st.n_tables; ++*t) {
		known = bdb_table_name(b, *t);
		if (known != NULL && strlen(known) == len &&
		    memcmp(known, name, len) == 0)
			return true;
	}
	return false;
}

static struct bdb_seg *
segment_of(struct bdb *b, unsigned t, uint64_t number)
{
	struct bdb_table *tb = &b->table[t];
	size_t i;

	for (i = 0; i < tb->n; i++)
		if (tb->seg[i]->first == number)
			return tb->seg[i];
	return NULL;
}

/* Does the segment have all rows that the archive has? A store that was restored
 * may have fewer. */
static bool
has_all(struct left *l, unsigned t, uint64_t number, const char *path)
{
	struct store_segment s;
	struct archive *a;
	char why[STORE_ERR_MAX];
	bool all;

	if (bdb_segment_next(&l->b->st, t, number, &s) != 0 ||
	    s.number != number || archive_open(&a, path, why) != 0)
		return false;
	all = archive_info(a)->last <= s.last;
	archive_close(a);
	return all;
}

static void
remove_one(struct left *l, const char *path, const char *name, unsigned *count)
{
	if (unlink(path) == -1) {
		l->failed++;
		l->err = fg_errno(errno);
	} else {
		++*count;
	}
	if (l->one[0] == '\0')
		snprintf(l->one, sizeof(l->one), "%s", name);
}

static void
look(struct left *l, const char *name)
{
	char path[PATH_TEXT], uuid[ARCHIVE_UUID];
	size_t n = strlen(name), tail = strlen(TMP);
	bool tmp = name[0] == '.' && n > tail + 1 &&
	    strcmp(name + n - tail, TMP) == 0;
	struct bdb_seg *s;
	uint64_t number;
	unsigned t;
	int err;

	if (!parse(l->b, name + tmp, tmp ? n - tail - 1 : n, &t, &number) ||
	    snprintf(path, sizeof(path), "%s/%s", l->b->arc_path, name) >=
	    (int)sizeof(path))
		return;
	s = segment_of(l->b, t, number);
	if (!tmp && ((s != NULL && s->arc != NULL) ||
	    bdb_drop_is(l->b, t, number)))
		return;
	err = archive_whose(path, uuid);
	if (tmp) {
		if (err == FG_EPARTIAL || (err == 0 &&
		    bdb_identity_is(l->b, uuid)))
			remove_one(l, path, name, &l->unfinished);
		return;
	}
	if (err != 0 || !bdb_identity_is(l->b, uuid))
		return;
	if (s != NULL && strcmp(uuid, l->b->st.uuid) == 0 &&
	    has_all(l, t, number, path)) {
		remove_one(l, path, name, &l->doubled);
	} else if (l->unknown++ == 0) {
		snprintf(l->strange, sizeof(l->strange), "%s", name);
	}
}

static void
say(const struct left *l, unsigned deleted)
{
	const struct bdb *b = l->b;

	if (l->unfinished + l->doubled + deleted != 0)
		log_event(LOG_LEVEL_INFO, "archive", NULL, "store %s: an "
		    "archive run was broken off; what it left in %s is "
		    "removed: %u unfinished archives, %u of segments that are "
		    "still in the store, %u that were to be deleted%s%s",
		    b->path, b->arc_path, l->unfinished, l->doubled, deleted,
		    l->one[0] == '\0' ? "" : "; one is ", l->one);
	if (l->failed != 0)
		log_event(LOG_LEVEL_WARN, "archive", NULL, "store %s: %s/%s "
		    "is left of an archive run that was broken off, and "
		    "cannot be removed: %s", b->path, b->arc_path, l->one,
		    fg_strerror(l->err));
	if (l->unknown != 0)
		log_event(LOG_LEVEL_WARN, "archive", NULL, "store %s: %u "
		    "archives in %s, such as %s, have rows that the store has "
		    "not, and are not read; see what they are with fixgatectl "
		    "export --archive, and move them elsewhere", b->path,
		    l->unknown, b->arc_path, l->strange);
}

void
bdb_left_over(struct bdb *b)
{
	struct left l = { .b = b };
	DIR *d = opendir(b->arc_path);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		look(&l, e->d_name);
	if (d != NULL)
		closedir(d);
	/* Where archives are may not be there now. */
	say(&l, d == NULL ? 0 : bdb_drop_all(b));
}
