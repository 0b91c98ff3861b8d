/* Any bytes as a streamer's and as a client's file: it loads or its faults are
 * named, and each call of its functions comes back. */
#include <string.h>

#include "base/err.h"
#include "fuzz.h"
#include "script/script.h"

static const struct script_limits limits = { .memory = 4 << 20,
	.steps = 20000, .load_steps = 100000 };

static const char *const columns[] = { "A", "PRICE" };
static const struct script_value values[] = {
	{ .type = SCRIPT_STRING, .p = "text", .len = 4 },
	{ .type = SCRIPT_DECIMAL, .p = "2.50", .len = 4 },
};
static const struct script_row row = { .column = columns, .value = values,
	.n = 2, .sequence = 1 };

static void
check_faults(int err, struct buf *faults)
{
	FUZZ_CHECK(err == 0 || err == FG_ENOMEM || faults->len > 0);
	FUZZ_CHECK(err != 0 || faults->len == 0);
	buf_free(faults);
}

static void
run_streams(const char *text, size_t n)
{
	struct script_streams *s = NULL;
	struct script_fields out;
	struct buf faults = { 0 };
	size_t i;
	int err;

	err = script_load_streams(&s, "fuzz.lua", text, n, &limits, &faults);
	check_faults(err, &faults);
	for (i = 0; err == 0 && i < s->nstream; i++) {
		script_where(&s->stream[i], &row, NULL);
		script_to_row(&s->stream[i], &row, &out);
	}
	script_streams_free(s);
}

static void
run_clients(const char *text, size_t n)
{
	const struct script_fields *part;
	const struct script_block *b;
	struct script_clients *c = NULL;
	struct buf faults = { 0 };
	size_t i, k, m;
	int err;

	err = script_load_clients(&c, "fuzz.lua", text, n, &limits, &faults);
	check_faults(err, &faults);
	for (i = 0; err == 0 && i < c->nclient; i++)
		for (k = 0; k < c->client[i].nblock; k++) {
			b = &c->client[i].block[k];
			script_block_takes(&c->client[i], b, &row);
			for (m = 0; m < b->nsend; m++)
				script_send_values(&b->send[m], &row, &part);
		}
	script_clients_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	run_streams((const char *)data, n);
	run_clients((const char *)data, n);
	return 0;
}
