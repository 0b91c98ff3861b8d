#include "helpers.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "fix/out.h"

static const struct sess_seqs one = { .next_in = 1, .next_out = 1,
	.epoch = 1 };

struct sess_cfg
test_config(enum sess_role role)
{
	struct sess_cfg c;

	sess_cfg_default(&c);
	c.name = "test";
	c.role = role;
	c.begin_string = "FIX.4.4";
	c.sender_comp_id = "US";
	c.target_comp_id = "THEM";
	c.validate = false;
	c.heart_bt_int = 10;
	return c;
}

void
test_open(struct mem *m, const struct sess_cfg *c)
{
	mem_open(m, c, &one, NULL);
	m->now.mono.ns = 500 * NS_PER_S;
	m->now.wall.ns = INT64_C(1767603600) * NS_PER_S;
}

/* A message of theirs: number, type and complete body fields with '|'. */
size_t
test_theirs(const struct mem *m, char *out, uint64_t seq, const char *type,
    const char *fields)
{
	char body[MSG_CAP], *p;
	const char *msg;
	struct fix_out o;
	size_t len;

	snprintf(body, sizeof(body), "%s", fields);
	for (p = body; *p != '\0'; p++)
		if (*p == '|')
			*p = FIX_SOH;
	fix_out_begin(&o, out, MSG_CAP);
	fix_out_str(&o, 35, type);
	fix_out_u64(&o, 34, seq);
	fix_out_str(&o, 49, "THEM");
	fix_out_time(&o, 52, m->now.wall, 3);
	fix_out_str(&o, 56, "US");
	fix_out_fields(&o, body, strlen(body));
	ck_assert_int_eq(0, fix_out_end(&o, "FIX.4.4", &msg, &len));
	memmove(out, msg, len);
	return len;
}

void
test_receive(struct mem *m, uint64_t seq, const char *type, const char *fields)
{
	char bytes[MSG_CAP];

	mem_receive(m, bytes, test_theirs(m, bytes, seq, type, fields));
}

void
test_log_on(struct mem *m)
{
	mem_connect(m);
	test_receive(m, sess_seqs(m->s).next_in, "A", "98=0|108=10|");
	ck_assert(sess_state(m->s) == SESS_ON);
}

void
test_reach(struct mem *m, enum sess_state st)
{
	struct sess_acts a = { 0 };

	switch (st) {
	case SESS_DOWN:
		break;
	case SESS_LOGON_WAIT:
	case SESS_LOGON_SENT:
		mem_connect(m);
		break;
	case SESS_ON:
		test_log_on(m);
		break;
	case SESS_LOGOUT_SENT:
		test_log_on(m);
		sess_logout(m->s, m->now, NULL, &a);
		mem_run(m, &a, NULL, m->now.wall);
		sess_acts_free(&a);
		break;
	case SESS_ENDING:
		test_log_on(m);
		test_receive(m, 2, "5", "");
		break;
	}
}
