/* Any bytes as a line of fixgatectl append: a row that comes out of it has
 * plain values only, can be sent, and is the same when it is written and read
 * again. */
#include <stdlib.h>
#include <string.h>

#include "ctl/json_line.h"
#include "fuzz.h"

static struct link_out *out;
static struct link_in *in;

static void
check_values(const json_t *row)
{
	const char *name;
	json_t *v;

	FUZZ_CHECK(json_is_object(row));
	json_object_foreach ((json_t *)row, name, v)
		FUZZ_CHECK(!json_is_real(v) && !json_is_object(v) &&
		    !json_is_array(v));
}

static void
check_sent(const json_t *row)
{
	struct buf frame = { 0 };
	struct link_msg m;
	const char *why;

	link_begin(out, &frame, "ROW", 1);
	json_line_put(out, row);
	FUZZ_CHECK(link_end(out) == 0);
	FUZZ_CHECK(link_decode(in, frame.p, frame.len, &m, &why) ==
	    (int64_t)frame.len);
	FUZZ_CHECK(link_count(m.details) == json_object_size(row));
	buf_free(&frame);
}

static void
check_again(const json_t *row)
{
	char err[JSON_LINE_ERR_MAX], *text;
	json_t *again;

	text = json_dumps(row, JSON_COMPACT);
	FUZZ_CHECK(text != NULL);
	again = json_line(text, strlen(text), err);
	FUZZ_CHECK(again != NULL && json_equal(row, again));
	json_decref(again);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char err[JSON_LINE_ERR_MAX] = "";
	json_t *row;

	if (out == NULL)
		out = link_out_new();
	if (in == NULL)
		in = link_in_new();
	row = json_line((const char *)data, n, err);
	if (row == NULL) {
		FUZZ_CHECK(err[0] != '\0' && strlen(err) < sizeof(err));
		return 0;
	}
	check_values(row);
	check_sent(row);
	check_again(row);
	json_decref(row);
	return 0;
}
