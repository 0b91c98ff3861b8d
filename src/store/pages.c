/*
 * pages.c: a page of a B-tree with checksums, in the byte order of the machine:
 *
 *	lsn 8, number 4, previous 4, next 4, entries 2, end of free room 2,
 *	level 1, type 1, unused 2, checksum 4, then for each entry where it is 2
 *
 * Entries are keys and values in turn: length 2, type 1, bytes; or, of a value on
 * pages of its own, unused 2, type 1, unused 1, number 4, length 4. Those pages
 * are a list; the bytes come right behind the head, their number of the last one
 * is in the place of the end of free room.
 */
#include "store/pages.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "store/page.h"

#define PAGE       PAGE_BYTES
#define HEAD       32
#define AT_NEXT    16
#define AT_ENTRIES 20
#define AT_BYTES   22 /* of an overflow page */
#define AT_LEVEL   24
#define AT_TYPE    25
#define LEAF       5
#define OVERFLOW   7
#define LEAF_LEVEL 1
#define ITEM_HERE  1
#define ITEM_AWAY  3
#define ITEM_HEAD  3 /* bytes before those of a value that is here */
#define ITEM_FAR   12
#define KEY        8

/* Where a record is. */
struct place {
	uint64_t key;
	uint32_t page;
	uint16_t entry; /* of the value */
	bool damaged;   /* the page is */
};

struct file {
	const unsigned char *p;
	size_t pages;
	struct buf places, value;
	bool damaged;   /* a page of the value that was read */
	uint32_t worst; /* the first damaged page; 0: none */
};

static uint16_t
get16(const unsigned char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t
get32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The item of an entry, if at least n bytes of it are in the page. */
static const unsigned char *
item(const unsigned char *page, unsigned entry, size_t n)
{
	size_t at = get16(page + HEAD + 2 * (size_t)entry);

	return at < HEAD || at + n > PAGE ? NULL : page + at;
}

static int
add_page(struct file *f, uint32_t number)
{
	const unsigned char *page = f->p + (size_t)number * PAGE, *k;
	unsigned i, n = get16(page + AT_ENTRIES);
	struct place at = { .page = number, .damaged = page_check(page,
		number) == PAGE_DAMAGED };

	if (at.damaged && f->worst == 0)
		f->worst = number;
	if (page[AT_TYPE] != LEAF || page[AT_LEVEL] != LEAF_LEVEL)
		return 0;
	if (n > (PAGE - HEAD) / 2)
		n = (PAGE - HEAD) / 2;
	for (i = 0; i + 1 < n; i += 2) {
		k = item(page, i, ITEM_HEAD + KEY);
		if (k == NULL || get16(k) != KEY || k[2] != ITEM_HERE)
			continue;
		memcpy(&at.key, k + ITEM_HEAD, KEY);
		at.key = be64toh(at.key);
		at.entry = (uint16_t)(i + 1);
		if (buf_add(&f->places, &at, sizeof(at)) != 0)
			return FG_ENOMEM;
	}
	return 0;
}

static int
by_key(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

/* The value of a list of pages; as much of it as is there. */
static int
read_away(struct file *f, uint32_t number, uint32_t len)
{
	const unsigned char *page;
	size_t n, steps = 0;
	int err = 0;

	while (number != 0 && number < f->pages && err == 0 &&
	    f->value.len < len && steps++ < f->pages) {
		page = f->p + (size_t)number * PAGE;
		n = get16(page + AT_BYTES);
		if (page[AT_TYPE] != OVERFLOW || n > PAGE - HEAD)
			break;
		f->damaged = f->damaged || page_check(page, number) !=
		    PAGE_WHOLE;
		err = buf_add(&f->value, page + HEAD, n);
		number = get32(page + AT_NEXT);
	}
	return err;
}

/* The value that is at a place; empty if it cannot be told. */
static int
read_value(struct file *f, const struct place *at)
{
	const unsigned char *page = f->p + (size_t)at->page * PAGE, *v;
	size_t n;

	f->value.len = 0;
	f->damaged = at->damaged;
	v = item(page, at->entry, ITEM_HEAD);
	if (v == NULL)
		return 0;
	if (v[2] == ITEM_AWAY && item(page, at->entry, ITEM_FAR) != NULL)
		return read_away(f, get32(v + 4), get32(v + 8));
	n = get16(v);
	if (item(page, at->entry, ITEM_HEAD + n) == NULL)
		n = (size_t)(page + PAGE - v - ITEM_HEAD);
	return buf_add(&f->value, v + ITEM_HEAD, n);
}

static int
give(struct file *f, struct block_at *b, uint64_t from, uint64_t to,
    block_cb cb, void *arg, uint64_t *next, bool *stopped)
{
	const struct place *v = (const void *)f->places.p;
	size_t i, n = f->places.len / sizeof(*v);
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		if (v[i].key < from || v[i].key > to)
			continue;
		rc = read_value(f, &v[i]);
		if (rc != 0)
			return rc;
		b->key = v[i].key;
		b->p = f->value.p;
		b->n = f->value.len;
		b->damaged = f->damaged;
		rc = cb(arg, b);
		*stopped = rc != 0;
		*next = v[i].key == UINT64_MAX ? v[i].key : v[i].key + 1;
	}
	return rc;
}

int
pages_blocks(const char *path, uint64_t seg, uint64_t from, uint64_t to,
    block_cb cb, void *arg, uint64_t *next, bool *stopped, uint32_t *worst)
{
	struct block_at b = { .seg = seg };
	struct file f = { 0 };
	struct stat info;
	uint32_t i;
	void *map = MAP_FAILED;
	int err = 0, fd = open(path, O_RDONLY | O_CLOEXEC);

	*next = from;
	*stopped = false;
	*worst = 0;
	if (fd == -1 || fstat(fd, &info) == -1)
		err = fg_errno(errno);
	if (err == 0 && info.st_size >= PAGE) {
		f.pages = (size_t)info.st_size / PAGE;
		map = mmap(NULL, f.pages * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED)
			err = fg_errno(errno);
		f.p = map;
	}
	for (i = 1; err == 0 && i < f.pages; i++)
		err = add_page(&f, i);
	if (err == 0 && f.places.len != 0) {
		qsort(f.places.p, f.places.len / sizeof(struct place),
		    sizeof(struct place), by_key);
		err = give(&f, &b, from, to, cb, arg, next, stopped);
	}
	if (err == 0)
		*worst = f.worst;
	buf_free(&f.places);
	buf_free(&f.value);
	if (map != MAP_FAILED)
		munmap(map, f.pages * PAGE);
	if (fd != -1)
		close(fd);
	return err;
}
