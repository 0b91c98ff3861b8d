/*
 * find_load: a store with many orders and their reports, for t/long/find.py.
 *
 *	find_load folder rows [SegmentMB]
 *
 * Half of the rows are in FIX_IN, half in FIX_OUT. Order i has the ClOrdID of
 * 16 hexadecimal digits that find_load's mix of i gives: in no order at all.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"

#define BATCH 500 /* orders of one commit */

/* splitmix64; find.py has the same. */
static uint64_t
mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static void
add(struct store_batch *b, enum store_table t, uint32_t session, uint64_t i,
    const char *form)
{
	struct store_row row = { .session = session, .epoch = 1 };
	char text[400];
	char *p;

	snprintf(text, sizeof(text), form, i + 2, mix(i), i, i);
	for (p = text; *p != '\0'; p++)
		if (*p == '|')
			*p = 1;
	row.msg_seq_num = i + 2;
	row.time.ns = (int64_t)(1767603600 * 1000000000ULL + i * 100000);
	row.data = text;
	row.len = strlen(text);
	store_add(b, t, &row);
}

int
main(int argc, char **argv)
{
	struct store_cfg cfg = { .durability = STORE_WRITTEN };
	struct store_state state;
	char why[STORE_ERR_MAX];
	struct store_batch *b;
	struct store *st;
	uint64_t i, n, commit;
	uint32_t session;
	bool fresh;

	if (argc != 3 && argc != 4)
		return EXIT_FAILURE;
	cfg.path = argv[1];
	if (argc == 4)
		cfg.segment_bytes = strtoull(argv[3], NULL, 10) << 20;
	n = strtoull(argv[2], NULL, 10) / 2;
	if (store_open_bdb(&st, &cfg, why) != 0 ||
	    store_session(st, "FIX.4.4:SERVER->CLIENT", &session, &state,
		&fresh) != 0) {
		fprintf(stderr, "%s\n", why);
		return EXIT_FAILURE;
	}
	for (i = 0; i < n;) {
		b = store_begin(st);
		do {
			add(b, STORE_FIX_IN, session, i, "8=FIX.4.4|9=140|35=D|"
			    "49=CLIENT|56=SERVER|34=%" PRIu64 "|52=20260105-"
			    "09:00:00.000|11=%016" PRIx64 "|21=1|55=VOD.L|54=1|"
			    "60=20260105-09:00:00.000|38=100|40=2|44=1.25|"
			    "59=0|10=000|");
			add(b, STORE_FIX_OUT, session, i, "8=FIX.4.4|9=180|"
			    "35=8|49=SERVER|56=CLIENT|34=%" PRIu64 "|52="
			    "20260105-09:00:00.000|11=%016" PRIx64 "|37=O%"
			    PRIu64 "|17=E%" PRIu64 "|150=0|39=0|55=VOD.L|54=1|"
			    "38=100|151=100|14=0|6=0|10=000|");
		} while (++i < n && i % BATCH != 0);
		state.next_in = state.next_out = i + 2;
		store_set_state(b, &state);
		if (store_commit(b, &commit) != 0) {
			store_failed(st, why);
			fprintf(stderr, "%s\n", why);
			return EXIT_FAILURE;
		}
	}
	store_close(st);
	return EXIT_SUCCESS;
}
