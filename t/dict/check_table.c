/*
 * check_table.c: t/dict/validation/NAME.txt, tables of messages with what
 * validation must say of each. A line is
 *
 *	VERSION SETTINGS EXPECTED MESSAGE
 *
 * VERSION   4.0 ... 4.4; 5.0, 5.0SP1, 5.0SP2 (over FIXT.1.1); or the name of a
 *           dictionary in t/dict
 * SETTINGS  -, or Setting=value,Setting=value
 * EXPECTED  ok, REASON, REASON:TAG, or garbled (dropped before validation)
 * MESSAGE   TYPE field|field|... and gets a header and a trailer; or a whole
 *           one from 8= on, which gets only BodyLength and CheckSum, unless it
 *           ends with those itself. | is SOH; {a;b;c} a message for each;
 *           $(name) what "let name text" said before.
 *
 * A line from # on says in words what follows. All faults of a table are told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "check_dict.h"
#include "fix/frame.h"

#define FIELDS	 512
#define BYTES	 8192
#define LETS	 64
#define MAX_SIZE 65536

struct let {
	char name[16];
	char *text;
};

struct table {
	const char *name;
	unsigned line;
	char what[160]; /* the last line of words */
	struct let let[LETS];
	size_t nlet;
	struct dict *own; /* from t/dict, the last one */
	char own_name[32];
	struct dict_scratch *scratch;
	unsigned messages, faults;
};

struct judge {
	const struct dict *transport, *app;
	const char *begin_string;
	unsigned flags, checks;
	char expected[32];
};

static void
fault(struct table *t, const char *message, const char *got)
{
	t->faults++;
	fprintf(stderr, "%s:%u: %s: %s: %s\n", t->name, t->line, t->what,
	    message, got);
}

/* ---- the columns ---- */

static bool
set_version(struct table *t, struct judge *j, const char *version)
{
	static const struct {
		const char *version, *begin_string, *app, *transport;
	} row[] = {
		{ "4.0", "FIX.4.0", "FIX40", "FIX40" },
		{ "4.1", "FIX.4.1", "FIX41", "FIX41" },
		{ "4.2", "FIX.4.2", "FIX42", "FIX42" },
		{ "4.3", "FIX.4.3", "FIX43", "FIX43" },
		{ "4.4", "FIX.4.4", "FIX44", "FIX44" },
		{ "5.0", "FIXT.1.1", "FIX50", "FIXT11" },
		{ "5.0SP1", "FIXT.1.1", "FIX50SP1", "FIXT11" },
		{ "5.0SP2", "FIXT.1.1", "FIX50SP2", "FIXT11" },
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (strcmp(row[i].version, version) == 0) {
			j->begin_string = row[i].begin_string;
			j->app = shipped(row[i].app);
			j->transport = shipped(row[i].transport);
			return true;
		}
	if (strcmp(t->own_name, version) != 0) {
		dict_free(t->own);
		t->own = from_file(version, 0);
		snprintf(t->own_name, sizeof(t->own_name), "%s", version);
	}
	j->begin_string = "FIX.4.4";
	j->app = j->transport = t->own;
	return true;
}

/* "Setting=value": the words of fixgate.conf(5). */
static bool
set_one(struct judge *j, const char *text)
{
	static const struct {
		const char *name, *on;
		unsigned flag, check;
	} row[] = {
		{ "ValidateFieldsOutOfOrder", "Y", DICT_FIELDS_OUT_OF_ORDER,
		    0 },
		{ "ValidateFieldsHaveValues", "Y", DICT_FIELDS_HAVE_VALUES,
		    0 },
		{ "ValidateUserDefinedFields", "Y", DICT_USER_DEFINED_FIELDS,
		    0 },
		{ "AllowUnknownMsgFields", "Y", DICT_ALLOW_UNKNOWN_MSG_FIELDS,
		    0 },
		{ "AllowUnknownEnumValues", "Y",
		    DICT_ALLOW_UNKNOWN_ENUM_VALUES, 0 },
		{ "ValidateUnorderedGroupFields", "Y",
		    DICT_UNORDERED_GROUP_FIELDS, 0 },
		{ "FirstFieldInGroupIsDelimiter", "Y",
		    DICT_FIRST_FIELD_IS_DELIMITER, 0 },
		{ "ValidationProfile", "quickfix", DICT_PROFILE_QUICKFIX, 0 },
		{ "ValidateLengthAndChecksum", "Y", 0, FIX_CHECK_ALL },
		{ "ValidateChecksum", "Y", 0, FIX_CHECK_SUM },
	};
	size_t i, n = strcspn(text, "=");

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (strlen(row[i].name) != n ||
		    strncmp(row[i].name, text, n) != 0)
			continue;
		j->flags &= ~row[i].flag;
		j->checks &= ~row[i].check;
		if (strcmp(text + n + 1, row[i].on) == 0) {
			j->flags |= row[i].flag;
			j->checks |= row[i].check;
		}
		return text[n] == '=';
	}
	return false;
}

static bool
set_settings(struct judge *j, char *text)
{
	char *one, *rest = NULL;

	j->flags = DICT_FLAGS_DEFAULT;
	j->checks = FIX_CHECK_ALL;
	if (strcmp(text, "-") == 0)
		return true;
	for (one = strtok_r(text, ",", &rest); one != NULL;
	    one = strtok_r(NULL, ",", &rest))
		if (!set_one(j, one))
			return false;
	return true;
}

/* ---- the message ---- */

/* Where the last field starts if it is the CheckSum, else n. */
static size_t
before_trailer(const char *p, size_t n)
{
	size_t i;

	for (i = n; i > 1 && p[i - 2] != '|';)
		i--;
	return i > 1 && i + 2 < n && memcmp(p + i - 1, "10=", 3) == 0 ? i - 1 : n;
}

/* The text with "|" as SOH, header, BodyLength and CheckSum. */
static void
complete(const struct judge *j, const char *text, struct buf *out)
{
	const char *body = text;
	struct buf rest = { 0 };
	unsigned char sum;
	size_t i, n;
	int err = 0;

	out->len = 0;
	if (strncmp(text, "8=", 2) == 0) {
		n = strcspn(text, "|") + 1;
		err |= buf_add(out, text, n);
		err |= buf_add(&rest, text + n, strlen(text + n));
	} else {
		n = strcspn(body, " ");
		err |= buf_printf(out, "8=%s|", j->begin_string);
		err |= buf_printf(&rest, "35=%.*s|34=2|49=TW|"
		    "52=20260105-09:00:00|56=ISLD|", (int)n, body);
		body += n + strspn(body + n, " ");
		err |= buf_add(&rest, body, strlen(body));
	}
	n = before_trailer(rest.p, rest.len);
	if (rest.len < 2 || memcmp(rest.p, "9=", 2) != 0)
		err |= buf_printf(out, "9=%zu|", n);
	err |= buf_add(out, rest.p, rest.len);
	for (i = 0; i < out->len; i++)
		if (out->p[i] == '|')
			out->p[i] = FIX_SOH;
	if (n == rest.len) {
		sum = fix_checksum(out->p, out->len);
		err |= buf_printf(out, "10=%03u\001", (unsigned)sum);
	}
	ck_assert_int_eq(0, err);
	buf_free(&rest);
}

/* Frame, parse and validate as a session does; *got as EXPECTED has it. */
static void
judge_bytes(struct table *t, const struct judge *j, const struct buf *b,
    char *got, size_t cap)
{
	struct fix_field field[FIELDS];
	struct fix_msg m = { .field = field, .cap = FIELDS };
	struct dict_reject rej;
	struct fix_frame f;

	if (fix_frame_checked(b->p, b->len, MAX_SIZE, j->checks, &f) != 0 ||
	    f.garble != FIX_CLEAN || f.len != b->len ||
	    fix_parse(&m, b->p, f.len, dict_lens(j->app)) != 0)
		snprintf(got, cap, "garbled");
	else if (dict_validate(j->transport, j->app, j->flags, &m, t->scratch,
		     &rej))
		snprintf(got, cap, "ok");
	else if (rej.tag == DICT_NO_TAG)
		snprintf(got, cap, "%d", (int)rej.reason);
	else
		snprintf(got, cap, "%d:%d", (int)rej.reason, (int)rej.tag);
}

static void
judge_message(struct table *t, const struct judge *j, const char *text)
{
	struct buf b = { 0 };
	char got[32];

	complete(j, text, &b);
	judge_bytes(t, j, &b, got, sizeof(got));
	t->messages++;
	if (strcmp(got, j->expected) != 0)
		fault(t, text, got);
	buf_free(&b);
}

/* A message for each of {a;b;c}; the first braces here, the next below. */
static void
judge_each(struct table *t, const struct judge *j, const char *text)
{
	const char *open = strchr(text, '{'), *close, *one;
	char message[BYTES];
	size_t n;

	close = open == NULL ? NULL : strchr(open, '}');
	if (close == NULL) {
		judge_message(t, j, text);
		return;
	}
	for (one = open + 1; one <= close; one += n + 1) {
		n = strcspn(one, ";}");
		snprintf(message, sizeof(message), "%.*s%.*s%s",
		    (int)(open - text), text, (int)n, one, close + 1);
		judge_each(t, j, message);
	}
}

/* ---- the file ---- */

static const char *
let_find(const struct table *t, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < t->nlet; i++)
		if (strlen(t->let[i].name) == n &&
		    strncmp(t->let[i].name, name, n) == 0)
			return t->let[i].text;
	ck_abort_msg("%s:%u: no such name: %.*s", t->name, t->line, (int)n,
	    name);
}

/* Put the texts of $(names) in their places; the caller frees. */
static char *
expand(const struct table *t, const char *text)
{
	struct buf b = { 0 };
	const char *end, *with;
	size_t n;

	for (; *text != '\0'; text = end + 1) {
		n = strcspn(text, "$");
		ck_assert_int_eq(0, buf_add(&b, text, n));
		text += n;
		if (*text == '\0')
			break;
		end = strchr(text, ')');
		ck_assert_msg(text[1] == '(' && end != NULL, "%s:%u", t->name,
		    t->line);
		with = let_find(t, text + 2, (size_t)(end - text) - 2);
		ck_assert_int_eq(0, buf_add(&b, with, strlen(with)));
	}
	ck_assert_int_eq(0, buf_add(&b, "", 1));
	return b.p;
}

static void
take_let(struct table *t, const char *line)
{
	struct let *l = &t->let[t->nlet++];
	size_t n = strcspn(line, " ");

	ck_assert_uint_lt(t->nlet, LETS);
	ck_assert_uint_lt(n, sizeof(l->name));
	memcpy(l->name, line, n);
	l->text = expand(t, line + n + strspn(line + n, " "));
}

static void
take_row(struct table *t, const char *line)
{
	char version[32], settings[256];
	struct judge j;
	char *text;
	int at = 0;

	ck_assert_msg(sscanf(line, "%31s %255s %31s %n", version, settings,
			  j.expected, &at) == 3,
	    "%s:%u: no row", t->name, t->line);
	ck_assert_msg(set_version(t, &j, version) && set_settings(&j, settings),
	    "%s:%u: %s", t->name, t->line, line);
	text = expand(t, line + at);
	judge_each(t, &j, text);
	free(text);
}

static void
judge_table(const char *name)
{
	const char *src = getenv("FG_SRC");
	struct table t = { .name = name, .scratch = dict_scratch_new() };
	char path[4096], line[BYTES];
	FILE *f;

	snprintf(path, sizeof(path), "%s/t/dict/validation/%s.txt",
	    src == NULL ? "." : src, name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL && t.scratch != NULL, "%s", path);
	while (fgets(line, sizeof(line), f) != NULL) {
		t.line++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			snprintf(t.what, sizeof(t.what), "%.*s",
			    (int)sizeof(t.what) - 1,
			    line + 1 + strspn(line + 1, " "));
		else if (strncmp(line, "let ", 4) == 0)
			take_let(&t, line + 4);
		else if (line[0] != '\0')
			take_row(&t, line);
	}
	fclose(f);
	while (t.nlet > 0)
		free(t.let[--t.nlet].text);
	dict_scratch_free(t.scratch);
	dict_free(t.own);
	ck_assert_msg(t.faults == 0, "%s: %u of %u messages", name, t.faults,
	    t.messages);
	ck_assert_uint_gt(t.messages, 0);
}

static const char *const tables[] = { "reasons", "types", "groups", "data",
	"venue", "switches", "profile" };

START_TEST(each_message_of_the_table_is_judged_as_it_says)
{
	judge_table(tables[_i]);
}
END_TEST

TCase *
table_cases(void)
{
	TCase *t = tcase_create("table");

	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, each_message_of_the_table_is_judged_as_it_says,
	    0, (int)(sizeof(tables) / sizeof(tables[0])));
	return t;
}
