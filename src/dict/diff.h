/* diff.h: what differs between two dictionaries, as text. */
#ifndef FG_DICT_DIFF_H
#define FG_DICT_DIFF_H

#include "base/buf.h"
#include "dict/dict.h"

/*
 * Append a line for each difference; nothing if a and b judge messages alike
 * and call things by the same names. A group that stands in many messages is
 * told once. 0 or FG_ENOMEM.
 *
 *	~ field 59 TimeInForce: type CHAR -> STRING
 *	    + 9 AT_CROSSING
 *	~ message D NewOrderSingle
 *	    - 21 HandlInst
 *	    ~ 38 OrderQty: required -> optional
 *	    ~ 453 NoPartyIDs
 *	        + 2376 PartyRoleQualifier
 *	+ message AB NewOrderMultileg
 */
int dict_diff(const struct dict *a, const struct dict *b, struct buf *out);

#endif
