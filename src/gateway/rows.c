#include "gateway/rows.h"

#include <string.h>

#include "fix/msg.h"
#include "gateway/parked.h"
#include "session/session.h"

#define INDEX_FIELDS 256 /* fields looked at for the derived columns */

#define TAG_CL_ORD_ID      11
#define TAG_MSG_TYPE       35
#define TAG_ORIG_CL_ORD_ID 41
#define TAG_SENDER_COMP_ID 49
#define TAG_SENDER_SUB_ID  50
#define TAG_TARGET_COMP_ID 56
#define TAG_TARGET_SUB_ID  57

enum kind {
	INT,
	TIME,
	BOOL,
	TEXT,
	FIX,
};

/* A row while its values are put. */
struct view {
	const struct store_row *row;
	const char *name;
	size_t len; /* of the message; what follows is the reason (OTHER) */
	struct fix_msg msg;
	struct fix_field field[INDEX_FIELDS];
	struct parked parked; /* QUARANTINE */
};

struct derived {
	const char *name;
	enum kind kind;
	void (*put)(struct link_out *o, const struct view *v);
};

static const char *
kind_name(enum kind k)
{
	switch (k) {
	case INT:
		return "int";
	case TIME:
		return "time";
	case BOOL:
		return "bool";
	case TEXT:
		return "text";
	case FIX:
		return "fix";
	}
	return "";
}

static void
put_tag(struct link_out *o, const struct view *v, int32_t tag)
{
	const struct fix_field *f = fix_find(&v->msg, tag);

	if (f == NULL)
		link_nil(o);
	else
		link_text(o, fix_value(&v->msg, f), f->len);
}

#define PUT_TAG(fn, tag)                                                       \
	static void put_##fn(struct link_out *o, const struct view *v)         \
	{                                                                      \
		put_tag(o, v, tag);                                            \
	}
PUT_TAG(sender_id, TAG_SENDER_COMP_ID)
PUT_TAG(target_id, TAG_TARGET_COMP_ID)
PUT_TAG(msg_type, TAG_MSG_TYPE)
PUT_TAG(cl_ord_id, TAG_CL_ORD_ID)
PUT_TAG(orig_cl_ord_id, TAG_ORIG_CL_ORD_ID)
#undef PUT_TAG

/* The row has the tag, so it reads the same when the setting is another. */
static void
put_internal_target(struct link_out *o, const struct view *v)
{
	put_tag(o, v, v->row->a == 0 ? TAG_TARGET_SUB_ID : (int32_t)v->row->a);
}

static void
put_source_id(struct link_out *o, const struct view *v)
{
	put_tag(o, v, v->row->a == 0 ? TAG_SENDER_SUB_ID : (int32_t)v->row->a);
}

#define PUT_FLAG(fn, flag)                                                     \
	static void put_##fn(struct link_out *o, const struct view *v)         \
	{                                                                      \
		link_bool(o, (v->row->flags & (flag)) != 0);                   \
	}
PUT_FLAG(admin, STORE_ADMIN)
PUT_FLAG(poss_dup, STORE_POSS_DUP)
PUT_FLAG(poss_resend, STORE_POSS_RESEND)
PUT_FLAG(masked, STORE_MASKED)
#undef PUT_FLAG

static void
put_seq(struct link_out *o, const struct view *v)
{
	link_u64(o, v->row->seq);
}

static void
put_time(struct link_out *o, const struct view *v)
{
	link_i64(o, v->row->time.ns);
}

static void
put_name(struct link_out *o, const struct view *v)
{
	if (v->name == NULL)
		link_nil(o);
	else
		link_str(o, v->name);
}

static void
put_epoch(struct link_out *o, const struct view *v)
{
	link_u64(o, v->row->epoch);
}

static void
put_msg_seq_num(struct link_out *o, const struct view *v)
{
	link_u64(o, v->row->msg_seq_num);
}

static void
put_dict(struct link_out *o, const struct view *v)
{
	link_u64(o, v->row->dict);
}

static void
put_size(struct link_out *o, const struct view *v)
{
	link_u64(o, v->len);
}

static void
put_fix(struct link_out *o, const struct view *v)
{
	link_bin(o, v->row->data, v->len);
}

static void
put_reason(struct link_out *o, const struct view *v)
{
	link_str(o, sess_other_text((enum sess_other)v->row->code));
}

static void
put_event(struct link_out *o, const struct view *v)
{
	link_str(o, sess_event_text((enum sess_event)v->row->code));
}

static void
put_first(struct link_out *o, const struct view *v)
{
	link_u64(o, v->row->a);
}

static void
put_last(struct link_out *o, const struct view *v)
{
	link_u64(o, v->row->b);
}

/* What follows the message, or all there is. */
static void
put_rest(struct link_out *o, const struct view *v)
{
	if (v->row->len == v->len)
		link_nil(o);
	else
		link_text(o, v->row->data + v->len, v->row->len - v->len);
}

static void
put_state(struct link_out *o, const struct view *v)
{
	link_str(o, parked_state_text(v->parked.state));
}

static void
put_ref(struct link_out *o, const struct view *v)
{
	if (v->parked.ref == 0)
		link_nil(o);
	else
		link_u64(o, v->parked.ref);
}

static void
put_part(struct link_out *o, const struct view *v)
{
	link_u64(o, v->parked.part);
}

static void
put_attempt(struct link_out *o, const struct view *v)
{
	link_u64(o, v->parked.attempt);
}

#define PUT_PARKED(fn, which)                                                  \
	static void put_##fn(struct link_out *o, const struct view *v)         \
	{                                                                      \
		link_text(o, v->parked.text[which].p,                           \
		    v->parked.text[which].len);                                \
	}
PUT_PARKED(consumer, PARKED_CONSUMER)
PUT_PARKED(key, PARKED_KEY)
PUT_PARKED(send, PARKED_SEND)
PUT_PARKED(source, PARKED_SOURCE)
PUT_PARKED(process, PARKED_PROCESS)
PUT_PARKED(parked_event, PARKED_EVENT)
PUT_PARKED(code, PARKED_CODE)
PUT_PARKED(parked_reason, PARKED_REASON)
PUT_PARKED(details, PARKED_DETAILS)
#undef PUT_PARKED

#define COLUMNS_HEAD                                                           \
	{ "TIMESTAMP", TIME, put_time },                                       \
	    { "CONNECTION_NAME", TEXT, put_name }, { "EPOCH", INT, put_epoch }
#define COLUMNS_MESSAGE                                                        \
	{ "SENDER_ID", TEXT, put_sender_id },                                  \
	    { "TARGET_ID", TEXT, put_target_id },                              \
	    { "MSG_TYPE", TEXT, put_msg_type },                                \
	    { "MSG_SEQ_NUM", INT, put_msg_seq_num },                           \
	    { "POSS_DUP", BOOL, put_poss_dup },                                \
	    { "POSS_RESEND", BOOL, put_poss_resend },                          \
	    { "ADMIN", BOOL, put_admin }, { "MASKED", BOOL, put_masked },      \
	    { "CL_ORD_ID", TEXT, put_cl_ord_id },                              \
	    { "ORIG_CL_ORD_ID", TEXT, put_orig_cl_ord_id }
#define COLUMNS_TAIL                                                           \
	{ "DICT_ID", INT, put_dict }, { "SIZE", INT, put_size },               \
	    { "FIX_DATA", FIX, put_fix }

static const struct derived in_columns[] = {
	{ "RX_SEQUENCE", INT, put_seq }, COLUMNS_HEAD, COLUMNS_MESSAGE,
	{ "INTERNAL_TARGET", TEXT, put_internal_target }, COLUMNS_TAIL
};
static const struct derived other_columns[] = {
	{ "SEQUENCE", INT, put_seq }, COLUMNS_HEAD,
	{ "REASON", TEXT, put_reason }, { "TEXT", TEXT, put_rest },
	COLUMNS_MESSAGE, COLUMNS_TAIL
};
static const struct derived out_columns[] = {
	{ "TX_SEQUENCE", INT, put_seq }, COLUMNS_HEAD, COLUMNS_MESSAGE,
	{ "SOURCE_ID", TEXT, put_source_id }, COLUMNS_TAIL
};
static const struct derived event_columns[] = {
	{ "SEQUENCE", INT, put_seq }, COLUMNS_HEAD,
	{ "EVENT", TEXT, put_event }, { "TEXT", TEXT, put_rest },
	{ "FIRST", INT, put_first }, { "LAST", INT, put_last }
};
static const struct derived pending_columns[] = {
	{ "SEQUENCE", INT, put_seq }, COLUMNS_HEAD,
	{ "MSG_TYPE", TEXT, put_msg_type },
	{ "CL_ORD_ID", TEXT, put_cl_ord_id }, { "SIZE", INT, put_size },
	{ "FIX_DATA", FIX, put_fix }
};

/* Of a declared table; its own columns follow. */
static const struct derived user_columns[] = {
	{ "SEQUENCE", INT, put_seq }, { "TIMESTAMP", TIME, put_time }
};
static const struct derived parked_columns[] = {
	{ "SEQUENCE", INT, put_seq }, { "TIMESTAMP", TIME, put_time },
	{ "CONNECTION_NAME", TEXT, put_name }, { "STATE", TEXT, put_state },
	{ "REF", INT, put_ref }, { "CONSUMER", TEXT, put_consumer },
	{ "KEY", TEXT, put_key }, { "SEND", TEXT, put_send },
	{ "SOURCE", TEXT, put_source },
	{ "ROW_SEQUENCE", INT, put_msg_seq_num }, { "PART", INT, put_part },
	{ "ATTEMPT", INT, put_attempt }, { "PROCESS", TEXT, put_process },
	{ "EVENT", TEXT, put_parked_event }, { "CODE", TEXT, put_code },
	{ "REASON", TEXT, put_parked_reason },
	{ "DETAILS", TEXT, put_details }
};

static const struct derived *
columns_of(enum store_table t, uint32_t *n)
{
#define TABLE(c)                                                               \
	do {                                                                   \
		*n = sizeof(c) / sizeof((c)[0]);                               \
		return c;                                                      \
	} while (0)

	switch (t) {
	case STORE_FIX_IN:
		TABLE(in_columns);
	case STORE_FIX_IN_OTHER:
		TABLE(other_columns);
	case STORE_FIX_OUT:
		TABLE(out_columns);
	case STORE_SESSION_EVENT:
		TABLE(event_columns);
	case STORE_OUT_PENDING:
		TABLE(pending_columns);
	case STORE_QUARANTINE:
		TABLE(parked_columns);
	case STORE_TABLE_END:
		break;
	}
	TABLE(user_columns);
#undef TABLE
}

static void
put_column(struct link_out *o, const struct derived *c)
{
	link_array(o, 2);
	link_str(o, c->name);
	link_str(o, kind_name(c->kind));
}

void
rows_columns(struct link_out *o, enum store_table t, const struct table *user,
    const struct join *join)
{
	const struct derived *c;
	uint32_t i, n;

	c = columns_of(t, &n);
	link_array(o, n + (user == NULL ? 0 : (uint32_t)user->n) +
	    (join == NULL ? 0 : (uint32_t)join_width(join)));
	for (i = 0; i < n; i++)
		put_column(o, &c[i]);
	if (user != NULL)
		table_put_columns(o, user);
	if (join != NULL)
		join_put_columns(o, join);
}

/* Bytes of the row's data that are a message. */
static size_t
message_length(enum store_table t, const struct store_row *row)
{
	if (t == STORE_SESSION_EVENT || t == STORE_QUARANTINE ||
	    (unsigned)t >= STORE_USER_FIRST)
		return 0;
	if (t == STORE_FIX_IN_OTHER && row->a < row->len)
		return (size_t)row->a;
	return row->len;
}

void
rows_put(struct link_out *o, enum store_table t, const struct store_row *row,
    const char *name, const struct table *user)
{
	struct view v;
	const struct derived *c;
	uint32_t i, n;

	v.row = row;
	v.name = name;
	v.len = message_length(t, row);
	v.msg.field = v.field;
	v.msg.cap = INDEX_FIELDS;
	/* A message that is cut or garbled shows the fields before that. */
	fix_parse(&v.msg, row->data, v.len, NULL);
	/* One that is damaged shows the texts before that. */
	if (t == STORE_QUARANTINE)
		(void)parked_read(&v.parked, row);
	c = columns_of(t, &n);
	link_array(o, n + (user == NULL ? 0 : (uint32_t)user->n));
	for (i = 0; i < n; i++)
		c[i].put(o, &v);
	if (user != NULL)
		table_put(o, user, row);
}
