/* guard.h: put bytes so that reading one behind them faults. */
#ifndef FG_T_FIX_GUARD_H
#define FG_T_FIX_GUARD_H

#include <check.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD_BYTES (1 << 18)

/* A copy of the n bytes whose end touches a page without access; the copy of
 * the call before is gone. */
static inline char *
guard_copy(const char *p, size_t n)
{
	static char *area;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	ck_assert_uint_le(n, GUARD_BYTES);
	if (area == NULL) {
		area = mmap(NULL, GUARD_BYTES + page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ck_assert_ptr_ne(area, MAP_FAILED);
		ck_assert_int_eq(0,
		    mprotect(area + GUARD_BYTES, page, PROT_NONE));
	}
	if (n > 0)
		memcpy(area + GUARD_BYTES - n, p, n);
	return area + GUARD_BYTES - n;
}

#endif
