/* Raw bodies: which of their fields go out, and where a value ends. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dict/xml/xml.h"
#include "gateway/compose.h"

static struct dict *fix44;

static void
load(void)
{
	struct dict_faults faults = {0};
	const char *src = getenv("FG_SRC");
	char path[1024];

	snprintf(path, sizeof(path), "%s/dict/FIX44.xml", src ? src : ".");
	ck_assert_int_eq(dict_xml_load(&fix44, path, 0, &faults), 0);
	dict_faults_free(&faults);
}

static void
unload(void)
{
	dict_free(fix44);
}

/* ';' stands for SOH in out: a '|' there is a byte of a value. */
static const struct raw {
	const char *name, *in;
	int err;
	const char *type, *out;
} raws[] = {
    {"fields end at their delimiter", "35=D|11=A|55=X|", 0, "D", "11=A;55=X;"},
    {"the last delimiter may be missing", "35=D|11=A", 0, "D", "11=A;"},
    {"what the session writes is left out",
	"8=FIX.4.4|9=5|35=D|49=A|56=B|34=7|52=x|11=A|10=000|", 0, "D", "11=A;"},
    {"a MsgType that is a number is no length of the next field",
	"35=8|6=0|11=a-1|14=0|", 0, "8", "6=0;11=a-1;14=0;"},
    {"a number is no length of the field behind it", "35=D|38=5|11=a|b=c|",
	FG_EINVAL, NULL, NULL},
    {"a data field is as long as its length says", "35=D|354=5|355=a|b=c|11=A|",
	0, "D", "354=5;355=a|b=c;11=A;"},
    {"a wrong length is not followed", "35=D|354=4|355=abcde|11=A|", 0, "D",
	"354=4;355=abcde;11=A;"},
    {"a field without a tag is refused", "35=D|x|", FG_EINVAL, NULL, NULL},
    {"an empty value is refused", "35=D|11=|", FG_EINVAL, NULL, NULL},
};

START_TEST(raw_bodies)
{
	const struct raw *r = &raws[_i];
	char type[COMPOSE_TYPE_MAX] = "";
	struct buf out = {0};
	struct compose f = {.app = fix44, .out = &out};
	size_t i;

	ck_assert_msg(compose_raw(&f, r->in, strlen(r->in), type) == r->err,
	    "%s: %s", r->name, f.err);
	if (r->err == 0) {
		ck_assert_uint_eq(out.len, strlen(r->out));
		for (i = 0; i < out.len; i++)
			if (out.p[i] == '\001')
				out.p[i] = ';';
		ck_assert_msg(memcmp(out.p, r->out, out.len) == 0, "%s: %.*s",
		    r->name, (int)out.len, out.p);
		ck_assert_str_eq(type, r->type);
	}
	buf_free(&out);
}
END_TEST

/* As raws, but the whole body put in order; without: no dictionary. */
static const struct order {
	const char *name, *in, *out;
	bool without;
} orders[] = {
    {"the body ascends", "35=D|60=t|55=X|11=A|40=2|", "11=A;40=2;55=X;60=t;",
	false},
    {"one field, or none", "35=D|11=A|", "11=A;", false},
    {"a group stays as it is behind its counter",
	"35=D|54=1|453=2|448=a|452=3|448=b|447=D|802=1|523=x|803=1|11=A|",
	"11=A;54=1;453=2;448=a;452=3;448=b;447=D;802=1;523=x;803=1;", false},
    {"a group at the end does not take the field behind it",
	"35=D|78=1|79=acc|80=5|38=7|", "38=7;78=1;79=acc;80=5;", false},
    {"data with the delimiter in it moves whole",
	"35=D|58=t|354=5|355=a|b=c|11=A|", "11=A;58=t;354=5;355=a|b=c;", false},
    {"a repeated field that is of no group leaves all in its place",
	"35=D|58=t|11=A|58=u|", "58=t;11=A;58=u;", false},
    {"a message that the dictionary does not have is put in order, too",
	"35=ZZ|58=t|11=A|", "11=A;58=t;", false},
    {"so is one without a dictionary", "35=D|58=t|11=A|", "11=A;58=t;", true},
    {"but not with repeated tags, which may be a group",
	"35=D|58=t|453=2|448=a|448=b|11=A|", "58=t;453=2;448=a;448=b;11=A;",
	true},
};

START_TEST(ordered_bodies)
{
	const struct order *r = &orders[_i];
	char type[COMPOSE_TYPE_MAX] = "";
	struct buf out = {0};
	struct compose f = {.app = r->without ? NULL : fix44, .out = &out};
	size_t i;

	ck_assert_int_eq(compose_raw(&f, r->in, strlen(r->in), type), 0);
	ck_assert_int_eq(compose_order(&f, type), 0);
	for (i = 0; i < out.len; i++)
		if (out.p[i] == '\001')
			out.p[i] = ';';
	ck_assert_msg(out.len == strlen(r->out) &&
	    memcmp(out.p, r->out, out.len) == 0, "%s: %.*s", r->name,
	    (int)out.len, out.p);
	buf_free(&out);
}
END_TEST

/* As many as the stack has room for, one more, and many. */
START_TEST(bodies_of_many_fields_are_ordered)
{
	static const int counts[] = {62, 63, 64, 65, 1000};
	struct buf in = {0}, want = {0}, out = {0};
	struct compose f = {.app = fix44, .out = &out};
	char type[COMPOSE_TYPE_MAX] = "";
	int i, n = counts[_i];

	ck_assert_int_eq(buf_printf(&in, "35=D|"), 0);
	for (i = n; i > 0; i--)
		ck_assert_int_eq(buf_printf(&in, "%d=%d|", 20000 + i, i), 0);
	for (i = 1; i <= n; i++)
		ck_assert_int_eq(buf_printf(&want, "%d=%d\001", 20000 + i, i),
		    0);
	ck_assert_int_eq(compose_raw(&f, in.p, in.len, type), 0);
	ck_assert_int_eq(compose_order(&f, type), 0);
	ck_assert(out.len == want.len && memcmp(out.p, want.p, out.len) == 0);
	buf_free(&in);
	buf_free(&want);
	buf_free(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("compose");
	TCase *t = tcase_create("raw");
	SRunner *sr;
	int failed;

	tcase_add_unchecked_fixture(t, load, unload);
	tcase_add_loop_test(
	    t, raw_bodies, 0, (int)(sizeof(raws) / sizeof(raws[0])));
	tcase_add_loop_test(
	    t, ordered_bodies, 0, (int)(sizeof(orders) / sizeof(orders[0])));
	tcase_add_loop_test(t, bodies_of_many_fields_are_ordered, 0, 5);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
