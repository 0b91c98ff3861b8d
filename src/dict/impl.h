/*
 * impl.h: the tables behind dict.h. For libdict only.
 *
 * A tag becomes a dense field index (0 = unknown) by one load; each scope (the
 * header, the trailer, a message, a group) has a byte-wide window of slots by
 * field index, and a slot numbers a member. A group element is compiled once
 * and shared by every message that reaches it, so the tables grow with the file
 * and not with the flattened messages.
 */
#ifndef FG_DICT_IMPL_H
#define FG_DICT_IMPL_H

#include "dict/arena.h"
#include "dict/dict.h"

#define DICT_DIRECT_TAGS 65536 /* tags below have a direct index */
#define DICT_DEPTH_MAX 32      /* groups and components inside each other */

/* How a value's form is checked. */
enum dict_format {
	DICT_FORM_ANY,
	DICT_FORM_CHAR,
	DICT_FORM_INT,
	DICT_FORM_COUNT, /* no sign */
	DICT_FORM_FLOAT,
	DICT_FORM_BOOLEAN,
	DICT_FORM_TIMESTAMP,
	DICT_FORM_TIME,
	DICT_FORM_DATE,
	/* QuickFIX leaves those below unchecked. */
	DICT_FORM_OURS,
	DICT_FORM_TAG = DICT_FORM_OURS,
	DICT_FORM_DAY,
	DICT_FORM_CHARS,
	DICT_FORM_TOKENS,
	DICT_FORM_LOCAL_DATE,
	DICT_FORM_LOCAL_TIME,
	DICT_FORM_MONTH_YEAR,
	DICT_FORM_TZ_TIME,
	DICT_FORM_TZ_TIMESTAMP,
	DICT_FORM_LETTERS, /* two */
};

enum dict_section { DICT_HEADER, DICT_BODY, DICT_TRAILER, DICT_SECTIONS };

/* Which values a field may have. */
enum dict_set { DICT_SET_ANY, DICT_SET_CHARS, DICT_SET_TEXTS };

/* What checking one field needs. */
struct dict_rule {
	uint8_t format;  /* enum dict_format */
	uint8_t set;     /* enum dict_set */
	uint8_t section; /* enum dict_section */
	bool tokens;     /* the set holds for each word of the value */
	bool in_header;  /* also inside a group of the header */
	bool in_trailer;
	uint16_t mask; /* of key[] */
	/* For quick.h: the longest value it may accept; whether that must be a
	 * number, and where a dot (mask of bytes) and a minus may stand. */
	uint32_t sure_max;
	uint16_t dots;
	bool number;
	bool minus;
	uint64_t chars[4]; /* a bit for each first byte that is legal */
	/* DICT_SET_TEXTS: values of up to 8 bytes, hashed with open addressing;
	 * 0 is empty. Longer ones are searched in the field's values, and so
	 * are all if this is NULL. */
	const uint64_t *key;
};

#define DICT_REQUIRED	 1 /* by the file */
#define DICT_REQUIRED_QF 2 /* as QuickFIX understands the file */
#define DICT_ANY_VALUE	 4 /* no value but the empty one is bad */

struct dict_scope;

struct dict_member {
	int32_t tag;
	uint16_t field; /* index */
	uint8_t flags;
	const struct dict_scope *group; /* NULL: a plain field */
};

struct dict_scope {
	/* member[] is in the order of the wire and starts at 1, as do slots. */
	const struct dict_member *member;
	const uint16_t *slot; /* of the field indexes base ... base + span - 1 */
	uint16_t base;
	uint16_t span;
	uint16_t n;
	/* Slots of required members, by tag: by the file, and as QuickFIX. */
	const uint16_t *required[2];
	uint16_t nrequired[2];
	uint32_t room; /* slots of this scope and its deepest chain of groups */
};

struct dict_msg {
	const char *name;
	const char *type;
	size_t type_len;
	bool admin;
	struct dict_scope scope;
};

struct dict_name {
	const char *name;
	uint32_t index;
};

struct dict {
	struct arena arena;
	const char *version;
	struct dict_field *field; /* from 1, by tag */
	struct dict_rule *rule;   /* likewise; rule[0] is of unknown tags */
	uint32_t nfield;	  /* the last index */
	uint16_t *direct;	  /* tag -> index */
	uint32_t ndirect;
	struct dict_name *name; /* of fields, sorted */
	size_t nname;
	struct dict_msg **msg; /* by type: length first, then bytes */
	size_t nmsg;
	const struct dict_msg *single[128]; /* by a type of one byte */
	struct dict_name *msg_name; /* sorted */
	struct dict_scope header;
	struct dict_scope trailer;
	struct fix_lens lens;
	uint32_t room; /* slots that validating any message needs */
};

/* Field index of a tag at or above ndirect, or of a negative one. */
uint32_t dict_index_far(const struct dict *d, int32_t tag);

static inline uint32_t
dict_index(const struct dict *d, int32_t tag)
{
	if ((uint32_t)tag < d->ndirect)
		return d->direct[tag];
	return dict_index_far(d, tag);
}

/* The member's slot, or 0. */
static inline uint32_t
dict_slot(const struct dict_scope *s, uint32_t index)
{
	uint32_t i = index - s->base;

	return i < s->span ? s->slot[i] : 0;
}

/*
 * Which section a tag belongs to; *d is the dictionary that describes it there
 * (transport or body), and *index its field index in that.
 */
static inline enum dict_section
dict_place(const struct dict *transport, const struct dict *body, int32_t tag,
    const struct dict **d, uint32_t *index)
{
	uint32_t i = dict_index(transport, tag);
	enum dict_section section =
	    (enum dict_section)transport->rule[i].section;

	*d = transport;
	*index = i;
	if (section != DICT_BODY)
		return section;
	if (body != transport) {
		*d = body;
		*index = dict_index(body, tag);
	}
	/* Header fields of other versions do not open the body. */
	if (i == 0 && *index == 0 && fix_tag_is_header(tag))
		return DICT_HEADER;
	return DICT_BODY;
}

/* The message's type, or NULL; *body is the dictionary that has it. */
const struct dict_msg *dict_find(const struct dict *transport,
    const struct dict *app, const struct fix_msg *m, const struct dict **body);

static inline uint64_t
dict_hash(uint64_t key)
{
	return (key * UINT64_C(0x9e3779b97f4a7c15)) >> 40;
}

/* The first n (<= 8) bytes of a value as a number; 0 only if n is 0. */
uint64_t dict_key(const char *value, size_t n);

/* Is the value in the field's list? n > 0. */
bool dict_value_listed(const struct dict *d, uint32_t index, const char *value,
    size_t n);

/* Has the value the form? n > 0. loose: as QuickFIX would see it. */
bool dict_form_ok(enum dict_format form, const char *value, size_t n,
    bool loose);

#endif
