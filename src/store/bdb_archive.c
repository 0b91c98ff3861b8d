/*
 * bdb_archive.c: a segment goes to the archive (bdb_drop.c: an archive goes for
 * good):
 *
 *	write .TABLE.n.arc.tmp, flush it, read it back, compare
 *	rename it to TABLE.n.arc, flush the directory
 *	from now on readers take the archive; wait for those of the segment
 *	META knows of it, durably; the segment's files are removed
 *
 * Whenever the process dies, the rows are in the segment or in a whole archive
 * that META knows of. What it leaves otherwise goes at the next start
 * (bdb_left.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/err.h"
#include "base/now.h"
#include "store/bdb.h"
#include "store/chain_file.h"

#define PAUSE_BYTES (1u << 20) /* of blocks, between two pauses */
#define WAIT_NS     (2 * NS_PER_MS)
#define TXN_TRIES   100
#define PATH_TEXT   4096

struct work {
	struct bdb *b;
	unsigned t;
	struct bdb_seg *s;
	const struct store_archive_how *how;
	struct archive_writer *w;
	EVP_MD_CTX *hash; /* of all blocks */
	uint64_t done, paused; /* bytes */
	int64_t began; /* since the last pause */
	char *err;
};

static int
fail(struct work *k, int err, const char *what)
{
	char name[BDB_SEG_NAME];

	if (err == 0 || k->err[0] != '\0')
		return err;
	bdb_seg_name(k->b, k->t, "", k->s->first, name);
	if (err == FG_ECLOSED)
		snprintf(k->err, STORE_ERR_MAX, "%s: cancelled", name);
	else
		snprintf(k->err, STORE_ERR_MAX, "%s: %s: %s%s%.150s", name,
		    what, fg_strerror(err), k->b->message[0] == '\0' ? ""
		    : ": ", k->b->message);
	return err;
}

static void
sleep_for(int64_t ns)
{
	struct timespec ts = { ns / NS_PER_S, ns % NS_PER_S };

	nanosleep(&ts, NULL);
}

/* Say how far it is; give way to others. */
static int
pace(struct work *k, size_t n)
{
	k->done += n;
	if (k->done - k->paused < PAUSE_BYTES)
		return 0;
	k->paused = k->done;
	if (k->how->at != NULL && k->how->at(k->how->arg, k->done) != 0)
		return FG_ECLOSED;
	if (k->how->rest != 0)
		sleep_for((mono_now().ns - k->began) * k->how->rest);
	k->began = mono_now().ns;
	return 0;
}

/* ---- write ---- */

static int
take_block(void *arg, const struct block_at *at)
{
	struct work *k = arg;
	struct block_head h;
	int err = block_head(at->p, at->n, &h);

	if (err == 0 && h.first != at->key)
		err = FG_EDAMAGED;
	if (err == 0)
		err = archive_add(k->w, at->p, at->n);
	if (err == 0 && EVP_DigestUpdate(k->hash, at->p, at->n) != 1)
		err = FG_ENOMEM;
	return err != 0 ? err : pace(k, at->n);
}

static int
add_names(struct work *k)
{
	struct store *st = &k->b->st;
	struct buf text = { 0 };
	uint32_t id, last = store_last_id(st);
	const char *name;
	int err = 0;

	for (id = 1; id <= last && err == 0; id++) {
		name = archive_has_session(k->w, id)
		    ? store_session_name(st, id) : NULL;
		if (name != NULL)
			err = archive_add_session(k->w, id, name);
	}
	pthread_mutex_lock(&st->lock);
	last = (uint32_t)st->n_dict;
	pthread_mutex_unlock(&st->lock);
	for (id = 1; id <= last && err == 0; id++) {
		if (!archive_has_dict(k->w, id))
			continue;
		text.len = 0;
		err = store_dict_text(st, id, &text, &name);
		if (err == 0)
			err = archive_add_dict(k->w, id, name, text.p,
			    text.len);
	}
	buf_free(&text);
	return err;
}

/* The file of its hash chain, if there is one. */
static int
add_chain(struct work *k)
{
	char path[PATH_TEXT], name[BDB_SEG_NAME], bytes[65536];
	struct buf all = { 0 };
	ssize_t n = 0;
	int fd, err = 0;

	chain_file_name(name, sizeof(name), bdb_table_name(k->b, k->t),
	    k->s->first);
	snprintf(path, sizeof(path), "%s/" CHAIN_DIR "/%s", k->b->path, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT ? 0 : fg_errno(errno);
	while (err == 0 && (n = read(fd, bytes, sizeof(bytes))) > 0)
		err = buf_add(&all, bytes, (size_t)n);
	if (err == 0 && n == -1)
		err = fg_errno(errno);
	close(fd);
	if (err == 0 && all.len != 0)
		err = archive_add_chain(k->w, all.p, all.len);
	buf_free(&all);
	return err;
}

static int
write_file(struct work *k, const char *path)
{
	struct bdb *b = k->b;
	struct archive_info about = { .table = k->t, .segment = k->s->first };
	uint64_t next;
	bool stopped;
	DB *db;
	int err;

	memcpy(about.uuid, b->st.uuid, sizeof(about.uuid));
	snprintf(about.name, sizeof(about.name), "%s",
	    bdb_table_name(b, k->t));
	about.incarnation = b->st.table[k->t].incarnation;
	err = archive_create(&k->w, path, &about);
	if (err != 0)
		return err;
	db = k->s->rows;
	/* Its pages are not to push others out of the cache. */
	db->set_priority(db, DB_PRIORITY_VERY_LOW);
	err = bdb_file_blocks(db, k->s->first, 0, UINT64_MAX, take_block, k,
	    &next, &stopped);
	if (err == 0)
		err = add_names(k);
	if (err == 0 && k->t >= STORE_USER_FIRST && b->st.table[k->t]
	    .definition != NULL)
		err = archive_add_definition(k->w,
		    b->st.table[k->t].definition);
	if (err == 0)
		err = add_chain(k);
	if (err == 0)
		err = store_fault(&b->st, "archive flush");
	if (err == 0)
		return archive_finish(k->w);
	archive_abandon(k->w);
	return err;
}

/* ---- read back ---- */

struct back {
	struct work *k;
	EVP_MD_CTX *hash;
	int err;
};

static int
hash_block(void *arg, const void *p, size_t n)
{
	struct back *r = arg;

	if (EVP_DigestUpdate(r->hash, p, n) != 1)
		r->err = FG_ENOMEM;
	if (r->err == 0)
		r->err = pace(r->k, n);
	return r->err;
}

/* Is what is on the disk what the segment has? */
static int
compare(struct work *k, const char *path, struct store_segment *out)
{
	unsigned char want[EVP_MAX_MD_SIZE], got[EVP_MAX_MD_SIZE];
	struct back r = { .k = k, .hash = EVP_MD_CTX_new() };
	char why[STORE_ERR_MAX];
	struct archive *a = NULL;
	unsigned n = 0, m = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (fd != -1) {
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		close(fd);
	}
	if (r.hash == NULL || EVP_DigestInit_ex(r.hash, EVP_sha256(), NULL)
	    != 1 || EVP_DigestFinal_ex(k->hash, want, &n) != 1)
		err = FG_ENOMEM;
	if (err == 0)
		err = archive_open(&a, path, why);
	if (err == 0)
		err = archive_check(a, why);
	if (err == 0)
		err = archive_blocks(a, 0, hash_block, &r);
	if (err == 0)
		err = r.err;
	if (err == 0 && EVP_DigestFinal_ex(r.hash, got, &m) != 1)
		err = FG_ENOMEM;
	if (err == 0 && (n != m || memcmp(want, got, n) != 0))
		err = FG_EDAMAGED;
	if (err == 0) {
		const struct archive_info *i = archive_info(a);

		*out = (struct store_segment){ .number = i->segment,
			.first = i->first, .last = i->last,
			.rows = i->rows != 0 ? i->rows : i->blocks,
			.last_commit = i->last_commit, .since = i->since,
			.until = i->until, .bytes = i->bytes,
			.archived = true };
	}
	archive_close(a);
	EVP_MD_CTX_free(r.hash);
	return err;
}

int
bdb_flush_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;

	if (fd == -1 || fsync(fd) == -1)
		err = fg_errno(errno);
	if (fd != -1)
		close(fd);
	return err;
}

/* An archive that is in the way is ours, from a run that was broken off, or it
 * has to stay: it may be the only copy of its rows. */
static int
may_replace(struct work *k, const char *path)
{
	char uuid[ARCHIVE_UUID];
	int err = archive_whose(path, uuid);

	if (err == FG_ENOENT || err == FG_EPARTIAL || (err == 0 &&
	    strcmp(uuid, k->b->st.uuid) == 0))
		return 0;
	snprintf(k->err, STORE_ERR_MAX, "%.300s: is there and not of this "
	    "store (%s): move it elsewhere, and give each store an "
	    "ArchivePath of its own", path, err == 0 ? uuid
	    : fg_strerror(err));
	return FG_EEXIST;
}

static int
make_file(struct work *k, struct store_segment *out)
{
	char tmp[PATH_TEXT], path[PATH_TEXT];
	struct bdb *b = k->b;
	int err = bdb_arc_name(b, k->t, k->s->first, true, tmp, sizeof(tmp));

	if (err == 0)
		err = bdb_arc_name(b, k->t, k->s->first, false, path,
		    sizeof(path));
	if (err == 0)
		err = may_replace(k, path);
	if (err == 0)
		err = may_replace(k, tmp);
	if (err == 0 && mkdir(b->arc_path, 0750) == -1 && errno != EEXIST)
		err = fg_errno(errno);
	k->hash = EVP_MD_CTX_new();
	if (err == 0 && (k->hash == NULL ||
	    EVP_DigestInit_ex(k->hash, EVP_sha256(), NULL) != 1))
		err = FG_ENOMEM;
	k->began = mono_now().ns;
	if (err == 0)
		err = write_file(k, tmp);
	if (err == 0) {
		err = store_fault(&b->st, "archive compare");
		if (err == 0)
			err = compare(k, tmp, out);
		if (err == 0)
			err = store_fault(&b->st, "archive rename");
		if (err == 0 && rename(tmp, path) == -1)
			err = fg_errno(errno);
		if (err != 0)
			unlink(tmp);
	}
	EVP_MD_CTX_free(k->hash);
	return err != 0 ? err : bdb_flush_dir(b->arc_path);
}

/* ---- the segment goes ---- */

/* From now on readers take the archive. */
static int
switch_readers(struct bdb *b, struct bdb_seg *s,
    const struct store_segment *about)
{
	struct bdb_arc *arc = calloc(1, sizeof(*arc));
	bool busy = true;
	DB *db;

	if (arc == NULL)
		return FG_ENOMEM;
	pthread_mutex_lock(&b->seg_lock);
	s->about = *about;
	s->arc = arc;
	pthread_mutex_unlock(&b->seg_lock);
	while (busy) {
		pthread_mutex_lock(&b->seg_lock);
		busy = s->users != 0;
		pthread_mutex_unlock(&b->seg_lock);
		if (busy)
			sleep_for(WAIT_NS);
	}
	if ((db = s->rows) != NULL)
		db->close(db, 0);
	if ((db = s->out) != NULL)
		db->close(db, 0);
	s->rows = s->out = NULL;
	return 0;
}

static int
try_keep(struct bdb *b, unsigned t, const struct store_segment *s)
{
	DB_TXN *txn;
	int ret = b->env->txn_begin(b->env, NULL, &txn, 0);

	if (ret != 0)
		return ret;
	ret = bdb_kept_put(b, txn, t, s);
	if (ret == 0)
		return txn->commit(txn, DB_TXN_SYNC);
	txn->abort(txn);
	return ret;
}

/* META knows of the archive; then the files go. If they do not, the next start
 * tries again. */
static int
settle(struct bdb *b, unsigned t, struct bdb_seg *s)
{
	int ret, tries = 0, err = store_fault(&b->st, "archive keep");

	if (err != 0)
		return err;
	do
		ret = try_keep(b, t, &s->about);
	while (ret == DB_LOCK_DEADLOCK && ++tries < TXN_TRIES);
	if (ret != 0)
		return bdb_err(ret);
	s->arc->settled = true;
	(void)store_fault(&b->st, "archive remove");
	bdb_seg_remove(b, t, s->first);
	(void)store_fault(&b->st, "archive removed");
	return 0;
}

/* The segment of that number, if it is the oldest that has not settled. */
static struct bdb_seg *
oldest_of(struct bdb *b, unsigned t, uint64_t number)
{
	struct bdb_seg *s = bdb_seg_of(b, t, 0);

	while (s != NULL && s->arc != NULL && s->arc->settled)
		s = bdb_seg_after(b, t, s);
	return s != NULL && s->first == number ? s : NULL;
}

int
bdb_archive(struct store *st, unsigned t, uint64_t number,
    const struct store_archive_how *how, struct store_segment *out, char *why)
{
	struct bdb *b = (struct bdb *)st;
	struct work k = { .b = b, .t = t, .how = how, .err = why };
	struct archive *a;
	int err;

	why[0] = '\0';
	k.s = oldest_of(b, t, number);
	if (k.s == NULL || (err = bdb_is_sealed(b, t, k.s)) == 0) {
		snprintf(why, STORE_ERR_MAX, "%s.%llu: is not the oldest "
		    "segment that is sealed", store_segment_table(st, t),
		    (unsigned long long)number);
		return FG_ESTATE;
	}
	if (err < 0)
		return fail(&k, err, "cannot be sealed");
	if (k.s->arc == NULL) {
		err = bdb_seg_hold(b, t, k.s, &a);
		if (err == 0) {
			err = make_file(&k, out);
			bdb_seg_release(b, k.s, a);
		}
		if (err != 0)
			return fail(&k, err, "cannot be archived");
		err = switch_readers(b, k.s, out);
		if (err != 0)
			return fail(&k, err, "cannot be archived");
	}
	*out = k.s->about;
	return fail(&k, settle(b, t, k.s), "is archived, and that "
	    "cannot be noted yet");
}
