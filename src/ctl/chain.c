#include "ctl/chain.h"

#include <stdio.h>
#include <string.h>

#include "fix/msg.h"

#define FIELDS_MAX 512 /* looked at of a message */
#define TEXT_MAX   160

#define TAG_CL_ORD_ID     11
#define TAG_CUM_QTY       14
#define TAG_LAST_PX       31
#define TAG_LAST_QTY      32
#define TAG_MSG_TYPE      35
#define TAG_ORDER_ID      37
#define TAG_ORDER_QTY     38
#define TAG_ORD_STATUS    39
#define TAG_ORD_TYPE      40
#define TAG_ORIG_CL_ORD_ID 41
#define TAG_PRICE         44
#define TAG_SIDE          54
#define TAG_SYMBOL        55
#define TAG_TEXT          58
#define TAG_EXEC_TYPE     150
#define TAG_LEAVES_QTY    151
#define TAG_REJ_RESPONSE  434

struct text {
	char s[TEXT_MAX];
};

static struct text
get(const struct fix_msg *m, int32_t tag)
{
	const struct fix_field *f = fix_find(m, tag);
	struct text t = { "" };

	if (f != NULL)
		snprintf(t.s, sizeof(t.s), "%.*s", (int)f->len,
		    fix_value(m, f));
	return t;
}

static void
say(struct chain_words *w, const char *before, const struct text *t)
{
	size_t n = strlen(w->words);

	if (t->s[0] != '\0')
		snprintf(w->words + n, sizeof(w->words) - n, "%s%s", before,
		    t->s);
}

static void
begin(struct chain_words *w, const char *what)
{
	snprintf(w->words, sizeof(w->words), "%s", what);
}

static const char *
side_of(const struct fix_msg *m)
{
	struct text t = get(m, TAG_SIDE);

	return strcmp(t.s, "1") == 0 ? "buy" : strcmp(t.s, "2") == 0 ? "sell"
	    : strcmp(t.s, "5") == 0 ? "sell short" : "";
}

/* "new order: buy 100 VOD.L @ 1.25" */
static void
say_terms(struct chain_words *w, const struct fix_msg *m, const char *what)
{
	struct text side = { "" }, qty = get(m, TAG_ORDER_QTY);
	struct text symbol = get(m, TAG_SYMBOL), price = get(m, TAG_PRICE);

	begin(w, what);
	snprintf(side.s, sizeof(side.s), "%s", side_of(m));
	say(w, ": ", &side);
	say(w, " ", &qty);
	say(w, " ", &symbol);
	say(w, " @ ", &price);
	if (price.s[0] == '\0' && strcmp(get(m, TAG_ORD_TYPE).s, "1") == 0) {
		snprintf(price.s, sizeof(price.s), "market");
		say(w, " at ", &price);
	}
}

static void
say_fill(struct chain_words *w, const struct fix_msg *m, const char *what)
{
	struct text qty = get(m, TAG_LAST_QTY), px = get(m, TAG_LAST_PX);
	struct text cum = get(m, TAG_CUM_QTY), left = get(m, TAG_LEAVES_QTY);

	begin(w, what);
	say(w, " ", &qty);
	say(w, "@", &px);
	say(w, ", done ", &cum);
	say(w, ", left ", &left);
}

static void
say_text(struct chain_words *w, const struct fix_msg *m)
{
	struct text t = get(m, TAG_TEXT);

	say(w, ": ", &t);
}

/* By ExecType; before FIX 4.1 there is none, and OrdStatus tells. */
static void
say_report(struct chain_words *w, const struct fix_msg *m)
{
	static const struct {
		char type;
		const char *words;
	} plain[] = { { '0', "acknowledged" }, { '3', "done for the day" },
		{ '4', "cancelled" }, { '5', "replaced" },
		{ '6', "cancel is pending" }, { '7', "stopped" },
		{ '8', "rejected" }, { '9', "suspended" },
		{ 'A', "new is pending" }, { 'B', "calculated" },
		{ 'C', "expired" }, { 'D', "restated" },
		{ 'E', "replace is pending" }, { 'I', "status" } };
	struct text type = get(m, TAG_EXEC_TYPE);
	struct text status = get(m, TAG_ORD_STATUS);
	size_t i;

	if (type.s[0] == '\0')
		type = status;
	switch (type.s[0]) {
	case '1':
	case '2':
		say_fill(w, m, type.s[0] == '1' ? "partial fill" : "fill");
		return;
	case 'F':
		say_fill(w, m, status.s[0] == '1' ? "partial fill" : "fill");
		return;
	case 'G':
		say_fill(w, m, "trade corrected");
		return;
	case 'H':
		say_fill(w, m, "trade cancelled");
		return;
	}
	begin(w, "report");
	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (plain[i].type == type.s[0])
			begin(w, plain[i].words);
	if (type.s[0] == '5') {
		struct text qty = get(m, TAG_ORDER_QTY);
		struct text price = get(m, TAG_PRICE);

		say(w, ": ", &qty);
		say(w, " @ ", &price);
	}
	say_text(w, m);
}

void
chain_read(struct chain_words *w, const char *p, size_t n)
{
	struct fix_field field[FIELDS_MAX];
	struct fix_msg m = { .field = field, .cap = FIELDS_MAX };

	fix_parse(&m, p, n, NULL);
	snprintf(w->type, sizeof(w->type), "%.15s", get(&m, TAG_MSG_TYPE).s);
	snprintf(w->cl_ord_id, sizeof(w->cl_ord_id), "%.127s",
	    get(&m, TAG_CL_ORD_ID).s);
	snprintf(w->orig, sizeof(w->orig), "%.127s",
	    get(&m, TAG_ORIG_CL_ORD_ID).s);
	snprintf(w->order_id, sizeof(w->order_id), "%.127s",
	    get(&m, TAG_ORDER_ID).s);
	if (strcmp(w->type, "D") == 0)
		say_terms(w, &m, "new order");
	else if (strcmp(w->type, "G") == 0)
		say_terms(w, &m, "replace");
	else if (strcmp(w->type, "F") == 0)
		say_terms(w, &m, "cancel");
	else if (strcmp(w->type, "H") == 0)
		begin(w, "status asked for");
	else if (strcmp(w->type, "8") == 0)
		say_report(w, &m);
	else if (strcmp(w->type, "9") == 0) {
		begin(w, strcmp(get(&m, TAG_REJ_RESPONSE).s, "2") == 0
		    ? "replace rejected" : "cancel rejected");
		say_text(w, &m);
	} else {
		snprintf(w->words, sizeof(w->words), "message %s", w->type);
		say_text(w, &m);
	}
}
