/*
 * page.c: of Berkeley DB's pages this knows only what is needed (5.3, B-tree,
 * checksum, not encrypted; numbers in the machine's order):
 *
 *	8    number of the page
 *	25   type; 9: what the B-tree is, always page 0
 *	32   of page 0: number of the last page in use
 *	28   checksum 4, over the page; of page 0: at 492, over its first 512
 *
 * The sum is s = s * 33 + byte over all bytes, those of itself taken as 0.
 */
#include "store/page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

#define NUMBER_AT   8
#define TYPE_AT     25
#define TYPE_META   9
#define LAST_AT     32
#define SUM_AT      28
#define META_SUM_AT 492
#define META_BYTES  512
#define RUN_BYTES   (1u << 20) /* read at once */
#define WAYS        4          /* sums made side by side */

static uint32_t
power33(unsigned n)
{
	uint32_t v = 1, square = 33;

	for (; n != 0; n >>= 1) {
		if ((n & 1) != 0)
			v *= square;
		square *= square;
	}
	return v;
}

/* n is a multiple of WAYS. One byte after the other would wait for each
 * product, so parts are summed side by side. */
static uint32_t
sum_of(const unsigned char *p, size_t n)
{
	size_t part = n / WAYS;
	const unsigned char *q = p + 2 * part, *end = p + part;
	uint32_t a = 0, b = 0, c = 0, d = 0, shift = power33((unsigned)part);

	for (; p < end; p++, q++) {
		a = a * 33 + p[0];
		b = b * 33 + p[part];
		c = c * 33 + q[0];
		d = d * 33 + q[part];
	}
	return ((a * shift + b) * shift + c) * shift + d;
}

static uint32_t
number_at(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static bool
all_zero(const unsigned char *p, size_t n)
{
	return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* What the sum over n bytes would be if those of the sum itself were 0. */
static bool
sum_fits(const unsigned char *p, size_t n, size_t at)
{
	uint32_t s = sum_of(p, n), part = 0;
	size_t i;

	for (i = 0; i < 4; i++)
		part = part * 33 + p[at + i];
	return s - part * power33((unsigned)(n - at - 4)) == number_at(p + at);
}

enum page_is
page_check(const unsigned char p[PAGE_BYTES], uint32_t number)
{
	bool meta = p[TYPE_AT] == TYPE_META;

	/* A file gets its name when its page 0 is written. */
	if (all_zero(p, PAGE_BYTES))
		return number == 0 ? PAGE_DAMAGED : PAGE_EMPTY;
	if (meta != (number == 0) || number_at(p + NUMBER_AT) != number)
		return PAGE_DAMAGED;
	if (meta)
		return sum_fits(p, META_BYTES, META_SUM_AT)
		    && all_zero(p + META_BYTES, PAGE_BYTES - META_BYTES)
		    ? PAGE_WHOLE : PAGE_DAMAGED;
	return sum_fits(p, PAGE_BYTES, SUM_AT) ? PAGE_WHOLE : PAGE_DAMAGED;
}

static int
note_empty(struct page_report *r, uint32_t number)
{
	uint32_t *v;
	size_t cap;

	if (r->n_empty == r->cap_empty) {
		cap = r->cap_empty == 0 ? 64 : 2 * r->cap_empty;
		v = realloc(r->empty, cap * sizeof(*v));
		if (v == NULL)
			return FG_ENOMEM;
		r->empty = v;
		r->cap_empty = cap;
	}
	r->empty[r->n_empty++] = number;
	return 0;
}

static void
note_damaged(struct page_report *r, uint32_t number)
{
	if (r->damaged++ == 0 || number < r->first)
		r->first = number;
}

int
page_check_run(struct page_report *r, const unsigned char *p, size_t n,
    uint32_t number)
{
	int err = 0;

	for (; n >= PAGE_BYTES && err == 0; n -= PAGE_BYTES) {
		switch (page_check(p, number)) {
		case PAGE_WHOLE:
			if (number == 0)
				r->last = number_at(p + LAST_AT);
			break;
		case PAGE_EMPTY:
			err = note_empty(r, number);
			break;
		case PAGE_DAMAGED:
			note_damaged(r, number);
			break;
		}
		r->pages++;
		p += PAGE_BYTES;
		number++;
	}
	if (n != 0 && n < PAGE_BYTES)
		note_damaged(r, number);
	return err;
}

int
page_check_file(struct page_report *r, const char *path)
{
	unsigned char *run;
	uint64_t at = 0;
	ssize_t n = 1;
	size_t have = 0;
	int fd, err = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return fg_errno(errno);
	run = malloc(RUN_BYTES);
	if (run == NULL)
		err = FG_ENOMEM;
	while (err == 0 && n > 0) {
		n = pread(fd, run + have, RUN_BYTES - have,
		    (off_t)(at + have));
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n < 0)
			err = fg_errno(errno);
		else
			have += (size_t)n;
		if (err != 0 || (n > 0 && have < RUN_BYTES))
			continue;
		err = page_check_run(r, run, have, (uint32_t)(at /
		    PAGE_BYTES));
		at += have;
		have = 0;
	}
	free(run);
	close(fd);
	return err;
}

void
page_check_in_use(struct page_report *r)
{
	size_t i;

	for (i = 0; i < r->n_empty; i++)
		if (r->empty[i] <= r->last)
			note_damaged(r, r->empty[i]);
	r->n_empty = 0;
}

int
page_check_empty(struct page_report *r, const char *path)
{
	struct page_report now = { 0 };
	unsigned char p[PAGE_BYTES];
	int fd, err = 0;
	size_t i;

	if (r->n_empty == 0)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return fg_errno(errno);
	if (pread(fd, p, sizeof(p), 0) == sizeof(p))
		err = page_check_run(&now, p, sizeof(p), 0);
	for (i = 0; i < r->n_empty && err == 0; i++)
		if (pread(fd, p, sizeof(p), (off_t)r->empty[i] * PAGE_BYTES)
		    == sizeof(p))
			err = page_check_run(&now, p, sizeof(p), r->empty[i]);
	close(fd);
	page_check_in_use(&now);
	if (now.damaged != 0) {
		r->damaged = now.damaged;
		r->first = now.first;
	}
	page_report_free(&now);
	return err;
}

void
page_report_free(struct page_report *r)
{
	free(r->empty);
	*r = (struct page_report){ 0 };
}
