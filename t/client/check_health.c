#include "check_client.h"

#include "client/health.h"

#define S(n) ((mono_t){ (n) * NS_PER_S })

static const struct health_range sent = { 5 * NS_PER_S, 60 * NS_PER_S };
static const struct health_range receive = { 8 * NS_PER_S, 30 * NS_PER_S };

struct look {
	const char *what;
	struct health_facts facts;
	int64_t now; /* s */
	enum health want;
};

static const struct look looks[] = {
	{ "nothing is unanswered, however long ago",
	    { 0, false, S(0), S(0), S(0) }, 1000, HEALTH_HEALTHY },
	{ "the buffer is full, sent a moment ago",
	    { 50, true, S(100), S(50), S(50) }, 104, HEALTH_HEALTHY },
	{ "the buffer is full for the low bound",
	    { 50, true, S(100), S(100), S(90) }, 105, HEALTH_WARNING },
	{ "the buffer is full up to the high bound",
	    { 50, true, S(100), S(159), S(90) }, 160, HEALTH_WARNING },
	{ "the buffer is full beyond the high bound",
	    { 50, true, S(100), S(159), S(90) }, 161, HEALTH_ERROR },
	{ "not full: the time since the last send does not count",
	    { 3, false, S(100), S(190), S(90) }, 191, HEALTH_HEALTHY },
	{ "not full, and the last answers never come: low",
	    { 1, false, S(100), S(101), S(90) }, 109, HEALTH_WARNING },
	{ "just before",
	    { 1, false, S(100), S(101), S(90) }, 108, HEALTH_HEALTHY },
	{ "not full, high",
	    { 1, false, S(100), S(101), S(90) }, 132, HEALTH_ERROR },
	{ "no answer for long, but sent within the low bound",
	    { 9, false, S(200), S(50), S(50) }, 204, HEALTH_HEALTHY },
	{ "after a pause the time begins with the event, not the last answer",
	    { 1, false, S(5000), S(0), S(5000) }, 5007, HEALTH_HEALTHY },
	{ "and goes on from there",
	    { 1, false, S(5000), S(0), S(5000) }, 5008, HEALTH_WARNING },
	{ "the worse of both",
	    { 50, true, S(100), S(100), S(100) }, 131, HEALTH_ERROR },
};

START_TEST(the_table_of_cases)
{
	const struct look *k = &looks[_i];

	ck_assert_msg(health_look(&k->facts, &sent, &receive, S(k->now)) ==
	    k->want, "%s", k->what);
}
END_TEST

START_TEST(each_has_its_name)
{
	ck_assert_str_eq("HEALTHY", health_name(HEALTH_HEALTHY));
	ck_assert_str_eq("WARNING", health_name(HEALTH_WARNING));
	ck_assert_str_eq("ERROR", health_name(HEALTH_ERROR));
}
END_TEST

TCase *
health_cases(void)
{
	TCase *t = tcase_create("health");

	tcase_add_loop_test(t, the_table_of_cases, 0,
	    (int)(sizeof(looks) / sizeof(looks[0])));
	tcase_add_test(t, each_has_its_name);
	return t;
}
