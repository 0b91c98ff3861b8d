/*
 * dict.h: what is legal in a FIX version or at a venue, as tables compiled at
 * load time. A loaded dictionary never changes, so threads may share it.
 * The tables are made by dict/xml.h (or by a test, through dict/build.h).
 */
#ifndef FG_DICT_DICT_H
#define FG_DICT_DICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fix/msg.h"

struct dict;

/* Types of the standard, all versions. Names compare without case, '-', '_'. */
#define DICT_TYPES(X)                                                          \
	X(STRING) X(CHAR) X(BOOLEAN) X(INT) X(LENGTH) X(NUMINGROUP) X(SEQNUM)  \
	X(TAGNUM) X(DAYOFMONTH) X(FLOAT) X(PRICE) X(QTY) X(AMT) X(PERCENTAGE)  \
	X(PRICEOFFSET) X(CURRENCY) X(COUNTRY) X(LANGUAGE) X(EXCHANGE)          \
	X(MULTIPLECHARVALUE) X(MULTIPLESTRINGVALUE) X(MULTIPLEVALUESTRING)     \
	X(UTCTIMESTAMP) X(TIME) X(UTCTIMEONLY) X(UTCDATE) X(UTCDATEONLY)       \
	X(DATE) X(LOCALMKTDATE) X(LOCALMKTTIME) X(MONTHYEAR) X(TZTIMEONLY)     \
	X(TZTIMESTAMP) X(XID) X(XIDREF) X(DATA) X(XMLDATA)

enum dict_type {
#define X(name) DICT_##name,
	DICT_TYPES(X)
#undef X
};

const char *dict_type_name(enum dict_type t);

struct dict_value {
	const char *value; /* as on the wire */
	const char *label; /* may be NULL */
};

struct dict_field {
	int32_t tag;
	const char *name;
	enum dict_type type;
	bool open; /* allowOtherValues: values are not checked */
	const struct dict_value *values; /* sorted by value */
	size_t nvalues;
};

struct dict_msg; /* one message type */

/* Free the dictionary; NULL is legal. */
void dict_free(struct dict *d);

/* "FIX.4.4", "FIXT.1.1", "FIX.5.0SP2": what the root element says. */
const char *dict_version(const struct dict *d);

/* Bytes of memory that the tables hold. */
size_t dict_memory(const struct dict *d);

/* Data fields and their length fields, for fix_parse. Borrowed from d. */
const struct fix_lens *dict_lens(const struct dict *d);

/* Lookups; NULL if there is none. Names compare exactly. */
const struct dict_field *dict_field_by_tag(const struct dict *d, int32_t tag);
const struct dict_field *dict_field_by_name(const struct dict *d,
    const char *name);
/* All fields, in no promised order: i from 0 to dict_nfields - 1. */
size_t dict_nfields(const struct dict *d);
const struct dict_field *dict_field_at(const struct dict *d, size_t i);
size_t dict_nmsgs(const struct dict *d);
const struct dict_msg *dict_msg_by_type(const struct dict *d, const char *type,
    size_t len);
const struct dict_msg *dict_msg_by_name(const struct dict *d, const char *name);
const char *dict_msg_name(const struct dict_msg *m);
const char *dict_msg_type(const struct dict_msg *m);
bool dict_msg_is_admin(const struct dict_msg *m);

/* The members of a message, or of an entry of a group. */
struct dict_scope;
const struct dict_scope *dict_msg_scope(const struct dict_msg *m);
/* Where a tag stands among the members, in the order of the wire: 1 is the
 * first, 0: it is none of them. */
unsigned dict_scope_place(const struct dict *d, const struct dict_scope *s,
    int32_t tag);
/* The first member, which opens an entry of a group. */
int32_t dict_scope_first(const struct dict_scope *s);
/* The group that a member counts, or NULL. */
const struct dict_scope *dict_scope_group(const struct dict *d,
    const struct dict_scope *s, int32_t tag);

/* The label of a value (a C string need not end it), or NULL. */
const char *dict_value_label(const struct dict_field *f, const char *value,
    size_t len);
/* The wire value with this label, or NULL. */
const char *dict_value_by_label(const struct dict_field *f, const char *label);

/* Is the tag in the dictionary's header (trailer) section? */
bool dict_tag_is_header(const struct dict *d, int32_t tag);
bool dict_tag_is_trailer(const struct dict *d, int32_t tag);

/* SessionRejectReason (373), and the texts that every engine sends with it. */
#define FIX_REJECTS(X)                                                         \
	X(FIX_REJECT_INVALID_TAG, 0, "Invalid tag number")                     \
	X(FIX_REJECT_REQUIRED_MISSING, 1, "Required tag missing")              \
	X(FIX_REJECT_NOT_DEFINED, 2,                                           \
	    "Tag not defined for this message type")                           \
	X(FIX_REJECT_UNDEFINED_TAG, 3, "Undefined Tag")                        \
	X(FIX_REJECT_EMPTY, 4, "Tag specified without a value")                \
	X(FIX_REJECT_VALUE, 5,                                                 \
	    "Value is incorrect (out of range) for this tag")                  \
	X(FIX_REJECT_FORMAT, 6, "Incorrect data format for value")             \
	X(FIX_REJECT_DECRYPTION, 7, "Decryption problem")                      \
	X(FIX_REJECT_SIGNATURE, 8, "Signature problem")                        \
	X(FIX_REJECT_COMPID, 9, "CompID problem")                              \
	X(FIX_REJECT_SENDING_TIME, 10, "SendingTime accuracy problem")         \
	X(FIX_REJECT_MSG_TYPE, 11, "Invalid MsgType")                          \
	X(FIX_REJECT_XML, 12, "XML validation error")                          \
	X(FIX_REJECT_REPEATED, 13, "Tag appears more than once")               \
	X(FIX_REJECT_ORDER, 14, "Tag specified out of required order")         \
	X(FIX_REJECT_GROUP_ORDER, 15, "Repeating group fields out of order")   \
	X(FIX_REJECT_GROUP_COUNT, 16,                                          \
	    "Incorrect NumInGroup count for repeating group")                  \
	X(FIX_REJECT_SOH_IN_DATA, 17,                                          \
	    "Non \"Data\" value includes field delimiter (<SOH> character)")   \
	X(FIX_REJECT_OTHER, 99, "Other")

enum fix_reject {
#define X(name, code, text) name = code,
	FIX_REJECTS(X)
#undef X
};

const char *fix_reject_text(enum fix_reject r);

#define DICT_NO_TAG INT32_MIN /* a reject that names no tag */

struct dict_reject {
	enum fix_reject reason;
	int32_t tag; /* or DICT_NO_TAG */
};

/* Switches, with the names and senses of the settings. */
enum dict_flag {
	DICT_FIELDS_OUT_OF_ORDER = 1 << 0, /* ValidateFieldsOutOfOrder */
	DICT_FIELDS_HAVE_VALUES = 1 << 1,  /* ValidateFieldsHaveValues */
	DICT_USER_DEFINED_FIELDS = 1 << 2, /* ValidateUserDefinedFields */
	DICT_ALLOW_UNKNOWN_MSG_FIELDS = 1 << 3, /* AllowUnknownMsgFields */
	DICT_ALLOW_UNKNOWN_ENUM_VALUES = 1 << 4,
	DICT_UNORDERED_GROUP_FIELDS = 1 << 5, /* ValidateUnorderedGroupFields */
	DICT_PROFILE_QUICKFIX = 1 << 6, /* ValidationProfile=quickfix */
	DICT_FIRST_FIELD_IS_DELIMITER = 1 << 7, /* FirstFieldInGroup... */
};
#define DICT_FLAGS_DEFAULT                                                     \
	(DICT_FIELDS_OUT_OF_ORDER | DICT_FIELDS_HAVE_VALUES |                  \
	    DICT_USER_DEFINED_FIELDS | DICT_UNORDERED_GROUP_FIELDS)

/* Working memory of validation, one for each thread that validates. */
struct dict_scratch;
/* Returns owned; NULL: no memory. */
struct dict_scratch *dict_scratch_new(void);
void dict_scratch_free(struct dict_scratch *s);

/*
 * Validate an indexed message (clean frame) in one pass over its fields.
 * transport describes header, trailer and session-level messages; app the
 * others (the same dictionary before FIXT.1.1).
 * Returns true, or false and *rej: of several faults the one that the QuickFIX
 * family would name (session-behaviour R11): header/body order, MsgType,
 * required (lowest tag; header, trailer, body, groups), then header, trailer
 * and body by ascending tag. FIX_REJECT_OTHER: no memory, on a first message.
 *
 * DICT_PROFILE_QUICKFIX judges as QuickFIX C++ does: inside groups neither
 * values nor order are looked at, a first member other than the delimiter opens
 * an instance, required flags count only where QuickFIX keeps them, and the
 * forms that it does not check (dates other than UTC, month-year, time zones,
 * countries, word lists) pass.
 */
bool dict_validate(const struct dict *transport, const struct dict *app,
    unsigned flags, const struct fix_msg *m, struct dict_scratch *s,
    struct dict_reject *rej);

#endif
