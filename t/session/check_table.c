/* Every state and every event, once more: what the code says in switches. */
#include <stdio.h>
#include <string.h>

#include "helpers.h"

enum event {
	CONNECT,
	LOGON,
	LOGON_RESET,
	HEARTBEAT,
	TEST_REQUEST,
	RESEND_REQUEST,
	GAP_FILL,
	RESET,
	REJECT,
	LOGOUT,
	ORDER,
	TOO_HIGH,
	TOO_LOW,
	DUPLICATE,
	WRONG_BEGIN,
	WRONG_COMP_ID,
	GARBLED,
	DUE,
	SEND,
	ASK_LOGOUT,
	ASK_RESET,
	SET_SEQS,
	CLOSED,
	NEVENT
};

static const char *const event_name[NEVENT] = { "connected", "Logon",
	"Logon with 141=Y", "Heartbeat", "TestRequest", "ResendRequest",
	"gap fill", "reset", "Reject", "Logout", "order", "too high",
	"too low", "duplicate", "wrong BeginString", "wrong CompID",
	"garbled", "timer", "send", "logout", "operator's reset",
	"set numbers", "closed" };

/* What the actions of a call are, a letter for each. */
static void
letters(const struct sess_acts *a, char *out)
{
	static const char letter[] = {
		[SESS_STORE_IN] = 'i', [SESS_STORE_OTHER] = 'o',
		[SESS_STORE_OUT] = 'w', [SESS_SEND] = '>',
		[SESS_STATE] = 's', [SESS_EVENT] = 'e',
		[SESS_RESEND] = 'r', [SESS_KEEP] = 'k',
		[SESS_RECALL] = 'c', [SESS_FORGET] = 'f',
		[SESS_DISCONNECT] = 'x',
	};
	size_t i;

	for (i = 0; i < a->n; i++)
		*out++ = letter[a->act[i].kind];
	*out = '\0';
}

static void
give(struct mem *m, struct sess_acts *a, uint64_t seq, const char *type,
    const char *fields, const char *from, const char *to)
{
	struct fix_field field[64];
	struct fix_msg msg = { .field = field, .cap = 64 };
	char bytes[MSG_CAP], *p;
	size_t n;

	n = test_theirs(m, bytes, seq, type, fields);
	if (from != NULL) {
		p = memmem(bytes, n, from, strlen(from));
		ck_assert_ptr_nonnull(p);
		memcpy(p, to, strlen(to));
	}
	ck_assert_int_eq(0, fix_parse(&msg, bytes, n, NULL));
	sess_recv(m->s, m->now, &msg, m->now.wall, 0, a);
}

static void
happen(struct mem *m, enum event ev, struct sess_acts *a)
{
	static const struct {
		const char *type, *fields;
		int ahead;
		const char *from, *to;
	} msg[] = {
		[LOGON] = { "A", "98=0|108=10|", 0, NULL, NULL },
		[LOGON_RESET] = { "A", "98=0|108=10|141=Y|", 0, NULL, NULL },
		[HEARTBEAT] = { "0", "", 0, NULL, NULL },
		[TEST_REQUEST] = { "1", "112=x|", 0, NULL, NULL },
		[RESEND_REQUEST] = { "2", "7=1|16=0|", 0, NULL, NULL },
		[GAP_FILL] = { "4", "36=9|123=Y|", 0, NULL, NULL },
		[RESET] = { "4", "36=9|", 0, NULL, NULL },
		[REJECT] = { "3", "45=1|", 0, NULL, NULL },
		[LOGOUT] = { "5", "", 0, NULL, NULL },
		[ORDER] = { "D", "11=x|", 0, NULL, NULL },
		[TOO_HIGH] = { "D", "11=x|", 3, NULL, NULL },
		[TOO_LOW] = { "D", "11=x|", -1, NULL, NULL },
		[DUPLICATE] = { "D", "43=Y|122=20260105-08:00:00|11=x|", -1,
		    NULL, NULL },
		[WRONG_BEGIN] = { "D", "11=x|", 0, "FIX.4.4", "FIX.4.1" },
		[WRONG_COMP_ID] = { "D", "11=x|", 0, "THEM", "WHOM" },
	};
	uint64_t seq = sess_seqs(m->s).next_in;

	switch (ev) {
	case CONNECT:
		sess_connected(m->s, m->now, a);
		break;
	case GARBLED:
		sess_garbled(m->s, m->now, &(struct fix_msg){ .buf = "" },
		    FIX_BAD_CHECKSUM, a);
		break;
	case DUE:
		m->now.mono = sess_due(m->s);
		sess_tick(m->s, m->now, a);
		break;
	case SEND:
		ck_assert_int_eq(0, sess_send(m->s, m->now, "D", "11=x\001",
		    5, a, &seq));
		break;
	case ASK_LOGOUT:
		sess_logout(m->s, m->now, NULL, a);
		break;
	case ASK_RESET:
		sess_reset(m->s, m->now, "me", a);
		break;
	case SET_SEQS:
		(void)sess_set_seqs(m->s, m->now, 5, 5, "me", a);
		break;
	case CLOSED:
		sess_disconnected(m->s, m->now, "gone", a);
		break;
	case NEVENT:
		break;
	default:
		if (ev == LOGON_RESET)
			seq = 1;
		give(m, a, seq + (uint64_t)msg[ev].ahead, msg[ev].type,
		    msg[ev].fields, msg[ev].from, msg[ev].to);
	}
}

/*
 * The actions, and the state after them by its first letter: Down, logon Wait,
 * logon Sent (M: "mine"), On, logout seNt (L), Ending.
 */
static const char state_letter[] = "DWMOLE";

static const char *const table[NEVENT][SESS_ENDING + 1] = {
	[CONNECT] = { "e W" },
	[LOGON] = { "o D", "iws>e O", "ise O", "is O", "is L", "o E" },
	[LOGON_RESET] = { "o D", "iws>e O", "eise O", "eiws> O", "eiws> L",
	    "o E" },
	[HEARTBEAT] = { "o D", "oex E", "oex E", "is O", "is L", "o E" },
	[TEST_REQUEST] = { "o D", "oex E", "oex E", "iws> O", "iws> L", "o E" },
	[RESEND_REQUEST] = { "o D", "oex E", "oex E", "iers O", "iers L",
	    "o E" },
	[GAP_FILL] = { "o D", "oex E", "oex E", "ies O", "ies L", "o E" },
	[RESET] = { "o D", "oex E", "oex E", "oes O", "oes L", "o E" },
	[REJECT] = { "o D", "oex E", "isex E", "is O", "is L", "o E" },
	[LOGOUT] = { "o D", "oex E", "isex E", "iws>ex E", "isex E", "o E" },
	[ORDER] = { "o D", "oex E", "oex E", "is O", "is L", "o E" },
	[TOO_HIGH] = { "o D", "oex E", "oex E", "kews> O", "kews> L", "o E" },
	[TOO_LOW] = { "o D", "oex E", "oex E", "ows>ex E", "oex E", "o E" },
	[DUPLICATE] = { "o D", "oex E", "oex E", "o O", "o L", "o E" },
	[WRONG_BEGIN] = { "o D", "oex E", "oex E", "ows>e L", "o L", "o E" },
	[WRONG_COMP_ID] = { "o D", "oex E", "oex E", "oews>ws>e L", "oews> L",
	    "o E" },
	[GARBLED] = { "o D", "oex E", "oex E", "o O", "o L", "o E" },
	[DUE] = { " D", "ex E", "ex E", "ws> O", "ex E", " E" },
	[SEND] = { "ws D", "ws W", "ws M", "ws> O", "ws L", "ws E" },
	[ASK_LOGOUT] = { " D", "ex E", "ex E", "ws>e L", " L", " E" },
	[ASK_RESET] = { "es D", "es W", "ex E", "ws>e L", " L", " E" },
	[SET_SEQS] = { "es D", " W", " M", " O", " L", " E" },
	[CLOSED] = { " D", "e D", "e D", "e D", "e D", "e D" },
};

static void
check_cell(enum sess_state st, enum event ev)
{
	struct sess_cfg c = test_config(st == SESS_LOGON_SENT ? SESS_INITIATOR :
	    SESS_ACCEPTOR);
	struct sess_acts a = { 0 };
	struct mem m;
	char got[64];

	if (table[ev][st] == NULL)
		return;
	test_open(&m, &c);
	test_reach(&m, st);
	ck_assert(sess_state(m.s) == st);
	happen(&m, ev, &a);
	letters(&a, got);
	sprintf(got + strlen(got), " %c", state_letter[sess_state(m.s)]);
	if (strcmp(got, table[ev][st]) != 0)
		ck_abort_msg("%s in state \"%s\": \"%s\", not \"%s\"",
		    event_name[ev], sess_state_text(st), got, table[ev][st]);
	sess_acts_free(&a);
	mem_close(&m);
}

START_TEST(every_state_knows_every_event)
{
	enum event ev;

	for (ev = 0; ev < NEVENT; ev++)
		check_cell((enum sess_state)_i, ev);
}
END_TEST

void
check_table_add(TCase *tc)
{
	tcase_add_loop_test(tc, every_state_knows_every_event, 0,
	    SESS_ENDING + 1);
}
