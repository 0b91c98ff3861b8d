#include "gateway/rejects.h"

#define USER_DEFINED 5000 /* tags from here on */

void
rejects_add(struct rejects *r, int32_t tag, enum fix_reject reason)
{
	size_t i;

	for (i = 0; i < r->nkind; i++)
		if (r->kind[i].tag == tag && r->kind[i].reason == reason) {
			r->kind[i].n++;
			return;
		}
	if (r->nkind == REJECTS_KINDS)
		r->others++;
	else
		r->kind[r->nkind++] = (struct reject_kind){ .tag = tag,
			.reason = reason, .n = 1 };
}

const struct reject_kind *
rejects_most(const struct rejects *r)
{
	const struct reject_kind *most = NULL;
	size_t i;

	for (i = 0; i < r->nkind; i++)
		if (most == NULL || r->kind[i].n > most->n)
			most = &r->kind[i];
	return most;
}

const char *
rejects_setting(const struct reject_kind *k)
{
	switch (k->reason) {
	case FIX_REJECT_INVALID_TAG:
	case FIX_REJECT_NOT_DEFINED:
		return k->tag >= USER_DEFINED ? "ValidateUserDefinedFields=N" :
		    k->tag > 0 ? "AllowUnknownMsgFields=Y" : NULL;
	case FIX_REJECT_EMPTY:
		return "ValidateFieldsHaveValues=N";
	case FIX_REJECT_VALUE:
		return k->tag == DICT_NO_TAG ? NULL :
		    "AllowUnknownEnumValues=Y";
	case FIX_REJECT_ORDER:
		return "ValidateFieldsOutOfOrder=N";
	case FIX_REJECT_GROUP_ORDER:
		return "ValidateUnorderedGroupFields=N";
	case FIX_REJECT_SENDING_TIME:
		return "a larger MaxLatency, if the clocks cannot be set";
	default:
		return NULL;
	}
}
