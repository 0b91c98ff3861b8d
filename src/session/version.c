/* version.c: what differs between the versions of FIX. */
#include <assert.h>
#include <string.h>

#include "session/internal.h"

#define TO_END_NUMBER 999999 /* "to the end" before 4.2 [R4] */

static const struct version versions[] = {
	{ .begin_string = "FIX.4.0", .reject = REJECT_TEXT,
	    .resend_to_end = TO_END_NUMBER },
	{ .begin_string = "FIX.4.1", .reject = REJECT_TEXT,
	    .routing_locations = true, .reset_flag = true,
	    .resend_to_end = TO_END_NUMBER },
	{ .begin_string = "FIX.4.2", .fractions = true, .reject = REJECT_FEW,
	    .business_reject = true, .last_processed = true, .routing_locations = true,
	    .reset_flag = true },
	{ .begin_string = "FIX.4.3", .fractions = true,
	    .reject = REJECT_ALL_CODES, .business_reject = true,
	    .routing_locations = true, .reset_flag = true,
	    .last_processed = true },
	{ .begin_string = "FIX.4.4", .fractions = true,
	    .reject = REJECT_ALL_CODES, .business_reject = true,
	    .routing_locations = true, .reset_flag = true,
	    .last_processed = true, .next_expected = true },
	{ .begin_string = "FIXT.1.1", .fractions = true,
	    .reject = REJECT_ALL_CODES, .business_reject = true,
	    .routing_locations = true, .reset_flag = true,
	    .last_processed = true, .next_expected = true, .fixt = true },
};

const struct version *
version_find(const char *begin_string)
{
	size_t i;

	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (strcmp(versions[i].begin_string, begin_string) == 0)
			return &versions[i];
	assert(!"the configuration lets no other BeginString through");
	return NULL;
}
