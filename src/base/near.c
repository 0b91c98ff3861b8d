#include "base/near.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edits that make a from b: put in, leave out, replace, exchange neighbours.
 * Both are at most NEAR_NAME_MAX long. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[3][NEAR_NAME_MAX + 1], *above, *last, *now;
	size_t i, j, n = strlen(b);

	for (j = 0; j <= n; j++)
		row[0][j] = (unsigned)j;
	for (i = 1; a[i - 1] != '\0'; i++) {
		now = row[i % 3];
		last = row[(i + 2) % 3];
		above = row[(i + 1) % 3];
		now[0] = (unsigned)i;
		for (j = 1; j <= n; j++) {
			now[j] = least(least(last[j], now[j - 1]) + 1,
			    last[j - 1] +
				(lower(a[i - 1]) != lower(b[j - 1])));
			if (i > 1 && j > 1 &&
			    lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				now[j] = least(now[j], above[j - 2] + 1);
		}
	}
	return row[(i - 1) % 3][n];
}

static bool
is_beginning(const char *a, size_t na, const char *b, size_t nb)
{
	size_t n = na < nb ? na : nb;

	return n >= NEAR_PREFIX && strncasecmp(a, b, n) == 0;
}

void
near_start(struct near *n, const char *name, size_t len)
{
	n->best = NULL;
	n->limit = len > NEAR_NAME_MAX ? 0 : (unsigned)(len + 2) / 3 + 1;
	if (n->limit > len)
		n->limit = (unsigned)len;
	if (len > NEAR_NAME_MAX)
		len = 0;
	memcpy(n->name, name, len);
	n->name[len] = '\0';
}

void
near_try(struct near *n, const char *candidate)
{
	size_t len = strlen(candidate), own = strlen(n->name);
	unsigned d;

	if (is_beginning(n->name, own, candidate, len))
		d = 1;
	else if (len > NEAR_NAME_MAX || len >= own + n->limit ||
	    own >= len + n->limit)
		return;
	else
		d = distance(n->name, candidate);
	if (d < n->limit) {
		n->limit = d;
		n->best = candidate;
	}
}
