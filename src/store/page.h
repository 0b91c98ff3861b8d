/*
 * page.h: are the pages of a database file whole? Looks at the file itself, so
 * it needs neither Berkeley DB nor what it does with a damaged page, which is to
 * end the process.
 */
#ifndef FG_STORE_PAGE_H
#define FG_STORE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_BYTES 4096

enum page_is {
	PAGE_WHOLE,
	PAGE_EMPTY, /* zeros: the file has grown, the page was not written */
	PAGE_DAMAGED,
};

enum page_is page_check(const unsigned char p[PAGE_BYTES], uint32_t number);

/* What a file has that is not whole. */
struct page_report {
	uint64_t pages;
	uint32_t last;      /* the last page in use, as page 0 says */
	uint64_t damaged;
	uint32_t first;     /* number of the first damaged page */
	uint32_t *empty;    /* numbers of pages that are empty */
	size_t n_empty, cap_empty;
};

/* Check n bytes of a file from page number on; half a page at the end is damage.
 * 0 or FG_ENOMEM. */
int page_check_run(struct page_report *r, const unsigned char *p, size_t n,
    uint32_t number);
/* Check all pages of a file. 0 or FG_E*. */
int page_check_file(struct page_report *r, const char *path);
/* Those that were empty once more, when all that the log has is written: those
 * in use that still are, are damaged. */
int page_check_empty(struct page_report *r, const char *path);
/* Of a file that is not written any more: call those empty ones damaged that are
 * in use. */
void page_check_in_use(struct page_report *r);
void page_report_free(struct page_report *r);

#endif
