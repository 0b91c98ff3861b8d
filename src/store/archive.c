/* archive.c: reading archive files; their format is in archive_write.c. */
#include "store/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>

#include "base/cursor.h"
#include "base/err.h"
#include "store/archive_int.h"

#define HEAD_MAX  (ARCHIVE_MAGIC_N + 8 + 36 + 1 + 8 + 8 + 1 + STORE_NAME_MAX)
#define INDEX_MAX (1u << 30)

/* ---- bytes ---- */

int
archive_bytes(const struct archive *a, uint64_t at, void *to, size_t n)
{
	char *p = to;
	ssize_t got;

	while (n > 0) {
		got = pread(a->fd, p, n, (off_t)at);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return fg_errno(errno);
		if (got == 0)
			return FG_EDAMAGED;
		p += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

int
archive_unpack(const struct archive *a, uint64_t at, uint32_t packed, void *to,
    size_t raw)
{
	char *p;
	int err;

	if (at > a->info.bytes || packed > a->info.bytes - at)
		return FG_EDAMAGED;
	p = malloc(packed + 1);
	if (p == NULL)
		return FG_ENOMEM;
	err = archive_bytes(a, at, p, packed);
	if (err == 0 && ZSTD_decompress(to, raw, p, packed) != raw)
		err = FG_EDAMAGED;
	free(p);
	return err;
}

static int
get_section(const struct archive *a, enum archive_section s, struct buf *out)
{
	const struct archive_part *k = &a->section[s];
	int err;

	if (k->raw == 0)
		return 0;
	if (k->raw > INDEX_MAX)
		return FG_ELIMIT;
	err = buf_reserve(out, k->raw);
	if (err == 0)
		err = archive_unpack(a, k->at, k->packed, out->p + out->len,
		    k->raw);
	if (err == 0)
		out->len += k->raw;
	return err;
}

/* ---- open ---- */

static int
read_head(struct archive *a)
{
	char bytes[HEAD_MAX];
	size_t room = a->info.bytes < HEAD_MAX ? (size_t)a->info.bytes
	    : HEAD_MAX, n;
	struct cursor c = cursor_over(bytes, room);
	const char *p, *uuid;
	uint32_t version;
	int err = archive_bytes(a, 0, bytes, room);

	if (err != 0)
		return err;
	p = cursor_get(&c, ARCHIVE_MAGIC_N);
	if (p == NULL || memcmp(p, ARCHIVE_MAGIC, ARCHIVE_MAGIC_N) != 0)
		return FG_EINVAL;
	version = cursor_get32(&c);
	if (version != ARCHIVE_VERSION)
		return version > ARCHIVE_VERSION ? FG_EFORMAT : FG_EDAMAGED;
	cursor_get32(&c);
	uuid = cursor_get(&c, 36);
	a->info.table = cursor_get8(&c);
	a->info.incarnation = cursor_get64(&c);
	a->info.segment = cursor_get64(&c);
	n = cursor_get8(&c);
	p = cursor_get(&c, n);
	if (uuid == NULL || p == NULL || n > STORE_NAME_MAX)
		return FG_EDAMAGED;
	memcpy(a->info.uuid, uuid, 36);
	memcpy(a->info.name, p, n);
	return 0;
}

int
archive_whose(const char *path, char uuid[ARCHIVE_UUID])
{
	char bytes[ARCHIVE_MAGIC_N + 8 + ARCHIVE_UUID - 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	ssize_t n = 0;

	uuid[0] = '\0';
	if (fd != -1)
		n = pread(fd, bytes, sizeof(bytes), 0);
	if (fd == -1 || n == -1)
		err = fg_errno(errno);
	if (fd != -1)
		close(fd);
	if (err != 0)
		return err;
	if (memcmp(bytes, ARCHIVE_MAGIC, (size_t)n < ARCHIVE_MAGIC_N
	    ? (size_t)n : ARCHIVE_MAGIC_N) != 0)
		return FG_EINVAL;
	if ((size_t)n < sizeof(bytes))
		return FG_EPARTIAL;
	memcpy(uuid, bytes + sizeof(bytes) - (ARCHIVE_UUID - 1),
	    ARCHIVE_UUID - 1);
	uuid[ARCHIVE_UUID - 1] = '\0';
	return 0;
}

static int
read_frames(struct archive *a, struct cursor *c)
{
	struct archive_frame *f;
	uint64_t last = 0;
	size_t i;

	a->n_frame = (c->n - c->at) / ARCHIVE_FRAME;
	if (a->n_frame * ARCHIVE_FRAME != c->n - c->at)
		return FG_EDAMAGED;
	a->frame = calloc(a->n_frame + 1, sizeof(*a->frame));
	if (a->frame == NULL)
		return FG_ENOMEM;
	for (i = 0; i < a->n_frame; i++) {
		f = &a->frame[i];
		f->at = cursor_get64(c);
		f->packed = cursor_get32(c);
		f->raw = cursor_get32(c);
		f->first = cursor_get64(c);
		f->last = cursor_get64(c);
		f->blocks = cursor_get32(c);
		if (f->raw > ARCHIVE_RAW_MAX || f->last < f->first ||
		    (i != 0 && f->first <= last))
			return FG_EDAMAGED;
		last = f->last;
	}
	return 0;
}

static int
parse_index(struct archive *a, struct cursor *c)
{
	struct archive_info *i = &a->info;
	size_t s;

	i->rows = cursor_get64(c);
	i->blocks = cursor_get64(c);
	i->first = cursor_get64(c);
	i->last = cursor_get64(c);
	i->first_commit = cursor_get64(c);
	i->last_commit = cursor_get64(c);
	i->since.ns = (int64_t)cursor_get64(c);
	i->until.ns = (int64_t)cursor_get64(c);
	i->raw = cursor_get64(c);
	for (s = 0; s < ARCHIVE_SECTIONS; s++) {
		a->section[s].at = cursor_get64(c);
		a->section[s].packed = cursor_get32(c);
		a->section[s].raw = cursor_get64(c);
	}
	return c->err != 0 ? FG_EDAMAGED : read_frames(a, c);
}

static int
read_index(struct archive *a)
{
	char end[ARCHIVE_TRAILER], *raw;
	struct cursor c = cursor_over(end, sizeof(end));
	uint32_t packed, n;
	uint64_t at;
	int err;

	if (a->info.bytes < ARCHIVE_TRAILER)
		return FG_EDAMAGED;
	err = archive_bytes(a, a->info.bytes - sizeof(end), end, sizeof(end));
	if (err != 0)
		return err;
	if (memcmp(end + sizeof(end) - ARCHIVE_MAGIC_N, ARCHIVE_END,
	    ARCHIVE_MAGIC_N) != 0)
		return FG_EDAMAGED;
	at = cursor_get64(&c);
	packed = cursor_get32(&c);
	n = cursor_get32(&c);
	if (n > INDEX_MAX)
		return FG_EDAMAGED;
	raw = malloc(n + 1);
	if (raw == NULL)
		return FG_ENOMEM;
	err = archive_unpack(a, at, packed, raw, n);
	c = cursor_over(raw, n);
	if (err == 0)
		err = parse_index(a, &c);
	free(raw);
	return err;
}

int
archive_by_session(const void *x, const void *y)
{
	const struct archive_range *p = x, *q = y;

	if (p->session != q->session)
		return p->session < q->session ? -1 : 1;
	if (p->epoch != q->epoch)
		return p->epoch < q->epoch ? -1 : 1;
	return p->frame < q->frame ? -1 : p->frame > q->frame;
}

static int
read_ranges(struct archive *a)
{
	struct buf b = { 0 };
	struct archive_range *r;
	struct cursor c;
	size_t i;
	int err = get_section(a, ARCHIVE_RANGES, &b);

	a->n_range = b.len / ARCHIVE_RANGE;
	if (err == 0) {
		a->range = calloc(a->n_range + 1, sizeof(*a->range));
		err = a->range == NULL ? FG_ENOMEM : 0;
	}
	c = cursor_over(b.p, b.len);
	for (i = 0; err == 0 && i < a->n_range; i++) {
		r = &a->range[i];
		r->session = cursor_get32(&c);
		r->epoch = cursor_get32(&c);
		r->frame = cursor_get32(&c);
		r->first = cursor_get64(&c);
		r->last = cursor_get64(&c);
		if (r->frame >= a->n_frame)
			err = FG_EDAMAGED;
	}
	if (err == 0)
		qsort(a->range, a->n_range, sizeof(*a->range), archive_by_session);
	buf_free(&b);
	return err;
}

int
archive_say(const char *path, int err, char text[STORE_ERR_MAX])
{
	snprintf(text, STORE_ERR_MAX, "%.400s: %s", path, err == FG_EINVAL ?
	    "is not an archive file" : err == FG_EFORMAT ?
	    "is of a newer format; use a newer fixgate" :
	    err == FG_EDAMAGED ? "is damaged, or cut short; restore the file "
	    "from a copy" : fg_strerror(err));
	return err;
}

int
archive_open(struct archive **out, const char *path, char text[STORE_ERR_MAX])
{
	struct archive *a = calloc(1, sizeof(*a));
	struct stat st;
	int err = 0;

	if (a == NULL || (a->path = strdup(path)) == NULL) {
		free(a);
		return archive_say(path, FG_ENOMEM, text);
	}
	pthread_mutex_init(&a->lock, NULL);
	a->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (a->fd == -1 || fstat(a->fd, &st) == -1)
		err = fg_errno(errno);
	if (err == 0) {
		a->info.bytes = (uint64_t)st.st_size;
		err = read_head(a);
	}
	if (err == 0)
		err = read_index(a);
	if (err == 0)
		err = read_ranges(a);
	if (err == 0)
		err = get_section(a, ARCHIVE_NAMES, &a->names);
	if (err == 0)
		err = get_section(a, ARCHIVE_DEFINITION, &a->definition);
	if (err == 0)
		err = buf_add(&a->definition, "", 1);
	if (err == 0) {
		*out = a;
		return 0;
	}
	archive_close(a);
	return archive_say(path, err, text);
}

void
archive_close(struct archive *a)
{
	if (a == NULL)
		return;
	if (a->fd != -1)
		close(a->fd);
	archive_let_go(a->last);
	pthread_mutex_destroy(&a->lock);
	buf_free(&a->names);
	buf_free(&a->definition);
	free(a->frame);
	free(a->range);
	free(a->path);
	free(a);
}

const struct archive_info *
archive_info(const struct archive *a)
{
	return &a->info;
}

const char *
archive_path(const struct archive *a)
{
	return a->path;
}

/* ---- what is in it beside the blocks ---- */

const char *
archive_definition(const struct archive *a)
{
	return a->definition.p;
}

int
archive_chain(struct archive *a, struct buf *out)
{
	return get_section(a, ARCHIVE_CHAIN, out);
}

/* The id and name at the cursor; NULL: the end, or it is damaged. */
static const char *
get_name(struct cursor *c, uint32_t *id)
{
	const char *p, *end;

	*id = cursor_get32(c);
	if (c->err != 0 || c->at == c->n)
		return NULL;
	p = c->p + c->at;
	end = memchr(p, '\0', c->n - c->at);
	return end == NULL ? NULL
	    : cursor_get(c, (size_t)(end - p) + 1);
}

const char *
archive_session(const struct archive *a, uint32_t id)
{
	struct cursor c = cursor_over(a->names.p, a->names.len);
	const char *name;
	uint32_t k;

	while ((name = get_name(&c, &k)) != NULL)
		if (k == id)
			return name;
	return NULL;
}

int
archive_dict(struct archive *a, uint32_t id, struct buf *out, struct buf *name)
{
	struct buf all = { 0 };
	struct cursor c;
	const char *p, *text;
	uint64_t n;
	uint32_t k;
	int err = get_section(a, ARCHIVE_DICTS, &all);

	c = cursor_over(all.p, all.len);
	while (err == 0) {
		p = get_name(&c, &k);
		n = cursor_get64(&c);
		text = cursor_get(&c, n);
		if (p == NULL || text == NULL) {
			err = all.len == c.at ? FG_ENOENT : FG_EDAMAGED;
		} else if (k == id) {
			err = buf_add(out, text, n);
			if (err == 0 && name != NULL)
				err = buf_puts(name, p);
			break;
		}
	}
	buf_free(&all);
	return err;
}
