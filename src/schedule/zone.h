/*
 * zone.h: a time zone as data: what is added to UTC, from when on. Pure; who
 * reads the files is conf/zone.c. All times are seconds, UTC's since 1970.
 */
#ifndef FG_SCHEDULE_ZONE_H
#define FG_SCHEDULE_ZONE_H

#include <stddef.h>
#include <stdint.h>

struct zone_change {
	int64_t at;
	int32_t offset; /* of local time to UTC from at on; east is positive */
};

struct zone {
	int32_t first; /* the offset before the first change */
	struct zone_change *change; /* ascending; owned */
	size_t n;
};

/*
 * Take the bytes of a TZif file of version 2 or later (RFC 8536). The rule in
 * its footer becomes changes up to the year 2261. 0 and *out, FG_EINVAL (no
 * such file, or a damaged one), FG_EFORMAT (version 1) or FG_ENOMEM.
 */
int zone_parse(struct zone *out, const void *bytes, size_t len);
void zone_free(struct zone *z);

/* z is NULL for UTC. */
int32_t zone_offset(const struct zone *z, int64_t utc);

/*
 * The first moment at which the local clock shows this time or a later one
 * (local: seconds as if the local time were UTC). So a time that the clock
 * skips means the moment of the jump, and one that comes twice the first of
 * the two.
 */
int64_t zone_utc(const struct zone *z, int64_t local);

#endif
