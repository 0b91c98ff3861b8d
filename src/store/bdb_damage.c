/*
 * bdb_damage.c: before a store is opened its hot files are read, and every page
 * is looked at: Berkeley DB ends the process at the first damaged one, and its
 * recovery writes over the rest. Hot is what was written since the last
 * checkpoint, and in any case the last segment of each table. So half a page
 * that a power loss left is found and named, and the time for it does not grow
 * with the store.
 *
 *	CHECKPOINT   a file without bytes; its time is when the last checkpoint
 *	             began
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "store/bdb.h"
#include "store/damage.h"
#include "store/page.h"

#define CHECKPOINT  "CHECKPOINT"
#define SEG_DIGITS  20
#define SLACK_S     2 /* of a file system's clock */
#define THREADS_MAX 4

struct work {
	const char *dir;
	struct damage *all;
	_Atomic size_t next;
};

void
bdb_damage_mark(struct bdb *b, const struct timespec *began)
{
	struct timespec t[2] = { *began, *began };
	char path[4096];
	int fd;

	if (snprintf(path, sizeof(path), "%s/" CHECKPOINT, b->path)
	    >= (int)sizeof(path))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
	if (fd == -1)
		return;
	/* With a wrong time more files are read. */
	if (futimens(fd, t) == -1)
		unlink(path);
	close(fd);
}

static bool
is_segment(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL && strlen(dot + 1) == SEG_DIGITS
	    && strspn(dot + 1, "0123456789") == SEG_DIGITS;
}

static bool
is_own(const char *name)
{
	return strcmp(name, "META") == 0 || strcmp(name, "SESSION") == 0
	    || strcmp(name, "DICT") == 0 || strcmp(name, "TABLE") == 0;
}

static int
add(struct damage *p, const char *name, bool hot)
{
	struct damage_file *v;
	size_t cap;

	if (p->n == p->cap) {
		cap = p->cap == 0 ? 64 : 2 * p->cap;
		v = realloc(p->file, cap * sizeof(*v));
		if (v == NULL)
			return FG_ENOMEM;
		p->file = v;
		p->cap = cap;
	}
	p->file[p->n] = (struct damage_file){ .hot = hot };
	snprintf(p->file[p->n++].name, DAMAGE_NAME, "%s", name);
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct damage_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* In the order of names the last segment of a table is before another table. */
static void
mark_last(struct damage *p)
{
	size_t i, n;

	qsort(p->file, p->n, sizeof(*p->file), by_name);
	for (i = 0; i < p->n; i++) {
		n = strcspn(p->file[i].name, ".");
		if (i + 1 == p->n || strcspn(p->file[i + 1].name, ".") != n
		    || strncmp(p->file[i].name, p->file[i + 1].name, n) != 0)
			p->file[i].hot = true;
	}
}

static int
find(const char *dir, struct damage *p)
{
	struct stat s, mark;
	struct dirent *e;
	DIR *d = opendir(dir);
	bool marked;
	int err = 0;

	if (d == NULL)
		return fg_errno(errno);
	marked = fstatat(dirfd(d), CHECKPOINT, &mark, 0) == 0;
	while (err == 0 && (e = readdir(d)) != NULL) {
		if (!is_segment(e->d_name) && !is_own(e->d_name))
			continue;
		if (strlen(e->d_name) < DAMAGE_NAME
		    && fstatat(dirfd(d), e->d_name, &s, 0) == 0)
			err = add(p, e->d_name, !marked
			    || s.st_mtim.tv_sec + SLACK_S
			    >= mark.st_mtim.tv_sec);
	}
	closedir(d);
	if (p->n != 0)
		mark_last(p);
	return err;
}

static void *
check_some(void *arg)
{
	char path[4096];
	struct work *w = arg;
	struct damage_file *f;
	size_t i;

	while ((i = atomic_fetch_add(&w->next, 1)) < w->all->n) {
		f = &w->all->file[i];
		if (!f->hot)
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", w->dir, f->name)
		    < (int)sizeof(path))
			f->err = page_check_file(&f->pages, path);
	}
	return NULL;
}

static void
check_all(struct work *w)
{
	pthread_t t[THREADS_MAX];
	size_t n = 0;

	while (n + 1 < THREADS_MAX
	    && pthread_create(&t[n], NULL, check_some, w) == 0)
		n++;
	check_some(w);
	while (n-- > 0)
		pthread_join(t[n], NULL);
}

int
damage_check(struct damage *p, const char *dir, bool all)
{
	struct work w = { .dir = dir, .all = p };
	size_t i;
	int err = find(dir, p);

	for (i = 0; all && i < p->n; i++)
		p->file[i].hot = true;
	if (err == 0)
		check_all(&w);
	for (i = 0; i < p->n && err == 0; i++)
		err = p->file[i].err;
	return err;
}

/* Look again at the pages that were empty. */
static int
damage_again(struct damage *p, const char *dir)
{
	char path[4096];
	size_t i;
	int err = 0;

	for (i = 0; i < p->n && err == 0; i++) {
		if (snprintf(path, sizeof(path), "%s/%s", dir,
		    p->file[i].name) < (int)sizeof(path))
			err = page_check_empty(&p->file[i].pages, path);
		if (err == FG_ENOENT)
			err = 0;
	}
	return err;
}

void
damage_in_use(struct damage *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		page_check_in_use(&p->file[i].pages);
}

const struct damage_file *
damage_first(const struct damage *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->file[i].pages.damaged != 0)
			return &p->file[i];
	return NULL;
}

void
damage_free(struct damage *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		page_report_free(&p->file[i].pages);
	free(p->file);
	*p = (struct damage){ 0 };
}

/* ---- of a store that is opened ---- */

/* Where the last backup is, if anybody knows; for the message. */
static void
last_backup(const struct bdb *b, char out[BDB_PLACE_MAX])
{
	char path[4096];
	ssize_t n = 0;
	int fd = -1;

	if (snprintf(path, sizeof(path), "%s/" BDB_PLACE, b->path)
	    < (int)sizeof(path))
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1) {
		n = read(fd, out, BDB_PLACE_MAX - 1);
		close(fd);
	}
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

static int
refuse(struct bdb *b)
{
	const struct damage_file *f = damage_first(&b->damage);
	char place[BDB_PLACE_MAX];

	if (f == NULL)
		return 0;
	last_backup(b, place);
	return bdb_why(b, FG_EDAMAGED, "store %s: file %s: page %lu is damaged "
	    "(%llu of its %llu pages are); get it back with: fixgatectl "
	    "recover %s%s%s", b->path, f->name, (unsigned long)f->pages.first,
	    (unsigned long long)f->pages.damaged,
	    (unsigned long long)f->pages.pages, b->path,
	    place[0] == '\0' ? "" : " --backup ", place);
}

int
bdb_damage_before(struct bdb *b)
{
	int err = damage_check(&b->damage, b->path, false);

	if (err == 0)
		err = refuse(b);
	return err != 0 ? bdb_why(b, err, "store %s: its files cannot be read: "
	    "%s", b->path, fg_strerror(err)) : 0;
}

int
bdb_damage_suspect(struct bdb *b)
{
	damage_in_use(&b->damage);
	return refuse(b);
}

int
bdb_damage_after(struct bdb *b)
{
	int err = damage_again(&b->damage, b->path);

	if (err == 0)
		err = refuse(b);
	damage_free(&b->damage);
	return err;
}

/* ---- of one that is open ---- */

/* Is page n of the file damaged? */
static bool
is_damaged(const char *path, unsigned long n)
{
	unsigned char p[PAGE_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 0;

	if (fd != -1) {
		got = pread(fd, p, sizeof(p), (off_t)n * PAGE_BYTES);
		close(fd);
	}
	return got > 0 && (got != sizeof(p) || page_check(p, (uint32_t)n) ==
	    PAGE_DAMAGED);
}

/* The message has the page, but not the file. */
static bool
find_file(struct bdb *b, unsigned long page, char out[DAMAGE_NAME])
{
	char path[4096];
	struct dirent *e;
	DIR *d = opendir(b->path);
	bool found = false;

	while (d != NULL && !found && (e = readdir(d)) != NULL) {
		if ((!is_segment(e->d_name) && !is_own(e->d_name)) ||
		    strlen(e->d_name) >= DAMAGE_NAME || snprintf(path,
		    sizeof(path), "%s/%s", b->path, e->d_name) >=
		    (int)sizeof(path))
			continue;
		found = is_damaged(path, page);
		if (found)
			snprintf(out, DAMAGE_NAME, "%s", e->d_name);
	}
	if (d != NULL)
		closedir(d);
	return found;
}

void
bdb_damage_said(struct bdb *b, const char *msg)
{
	const char *p = strstr(msg, "checksum error: page ");
	char place[BDB_PLACE_MAX], file[DAMAGE_NAME] = "";
	unsigned long page;

	if (p == NULL || sscanf(p, "checksum error: page %lu", &page) != 1 ||
	    atomic_exchange(&b->damaged, true))
		return;
	if (!find_file(b, page, file)) {
		b->damaged = false; /* it is whole on the disk */
		return;
	}
	last_backup(b, place);
	snprintf(b->message, sizeof(b->message), "file %s: page %lu is "
	    "damaged; get it back with: fixgatectl recover %s%s%s", file, page,
	    b->path, place[0] == '\0' ? "" : " --backup ", place);
	store_fail(&b->st, FG_EDAMAGED, "store %s: %s", b->path, b->message);
}
