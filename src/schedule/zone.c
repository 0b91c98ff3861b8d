#include "schedule/zone.h"

#define OFFSET_S (26 * 3600) /* more than any zone's offset */

/* How many changes are at or before the moment. */
static size_t
passed(const struct zone *z, int64_t utc)
{
	size_t low = 0, high = z->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (z->change[mid].at <= utc)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int32_t
zone_offset(const struct zone *z, int64_t utc)
{
	size_t i;

	if (z == NULL)
		return 0;
	i = passed(z, utc);
	return i == 0 ? z->first : z->change[i - 1].offset;
}

int64_t
zone_utc(const struct zone *z, int64_t local)
{
	int64_t at, from = local - OFFSET_S;
	size_t i;

	if (z == NULL)
		return local;
	for (i = passed(z, from);; i++) {
		at = local - (i == 0 ? z->first : z->change[i - 1].offset);
		if (i > 0 && at < z->change[i - 1].at)
			at = z->change[i - 1].at;
		if (i == z->n || at < z->change[i].at)
			return at;
	}
}
