#include "messages.h"

#include <err.h>
#include <stdio.h>

#include "base/clock.h"
#include "fix/out.h"

#define START_NS (1767603600LL * NS_PER_S) /* 2026-01-05 09:00 */
#define ENTRIES  10

/* The state of splitmix64. */
struct dice {
	uint64_t state;
};

static uint64_t
roll(struct dice *d, uint64_t sides)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (z ^ z >> 31) % sides;
}

static const char *
symbol(struct dice *d)
{
	static const char *const row[] = { "IBM", "MSFT", "AAPL", "SIE.DE",
		"EUR/USD", "T", "GOOGL", "NESN.VX" };

	return row[roll(d, sizeof(row) / sizeof(row[0]))];
}

static void
put_price(struct fix_out *o, int32_t tag, struct dice *d)
{
	char text[32];
	int n;

	n = snprintf(text, sizeof(text), "%llu.%0*llu",
	    (unsigned long long)roll(d, 2000) + 1, (int)roll(d, 3) + 2,
	    (unsigned long long)roll(d, 100));
	fix_out_bytes(o, tag, text, (size_t)n);
}

static void
put_id(struct fix_out *o, int32_t tag, const char *prefix, struct dice *d)
{
	char text[32];
	int n;

	n = snprintf(text, sizeof(text), "%s%llu", prefix,
	    (unsigned long long)roll(d, 1000000000));
	fix_out_bytes(o, tag, text, (size_t)n);
}

static void
put_header(struct fix_out *o, const char *type, unsigned i, wall_t t)
{
	fix_out_str(o, 35, type);
	fix_out_u64(o, 34, i * 37 + 1);
	fix_out_str(o, 49, "CLIENT01");
	fix_out_time(o, 52, t, 3);
	fix_out_str(o, 56, "FIXGATE");
}

static void
put_order(struct fix_out *o, struct dice *d, wall_t t)
{
	int limit = roll(d, 4) > 0;

	put_id(o, 11, "ORD", d);
	put_id(o, 1, "AC", d);
	fix_out_char(o, 21, '1');
	fix_out_str(o, 55, symbol(d));
	fix_out_char(o, 54, (char)('1' + roll(d, 2)));
	fix_out_time(o, 60, t, 3);
	fix_out_u64(o, 38, roll(d, 100000) + 1);
	fix_out_char(o, 40, limit ? '2' : '1');
	if (limit)
		put_price(o, 44, d);
	if (roll(d, 3) > 0)
		fix_out_char(o, 59, (char)('0' + roll(d, 2)));
}

static void
put_report(struct fix_out *o, struct dice *d, wall_t t)
{
	uint64_t qty = roll(d, 100000) + 100, done = roll(d, qty);
	int fill = roll(d, 3) > 0;

	put_id(o, 37, "GATE-ORDER-", d);
	put_id(o, 11, "ORD", d);
	put_id(o, 17, "GATE-EXEC-", d);
	fix_out_char(o, 150, fill ? 'F' : '0');
	fix_out_char(o, 39, fill ? '1' : '0');
	put_id(o, 1, "AC", d);
	fix_out_str(o, 55, symbol(d));
	fix_out_str(o, 48, "US4592001014");
	fix_out_char(o, 22, '4');
	fix_out_str(o, 207, "XNYS");
	fix_out_char(o, 54, (char)('1' + roll(d, 2)));
	fix_out_u64(o, 38, qty);
	fix_out_char(o, 40, '2');
	put_price(o, 44, d);
	fix_out_str(o, 15, "USD");
	fix_out_char(o, 59, '0');
	if (fill) {
		fix_out_u64(o, 32, roll(d, 1000) + 1);
		put_price(o, 31, d);
		fix_out_str(o, 30, "XNYS");
	}
	fix_out_u64(o, 151, qty - done);
	fix_out_u64(o, 14, done);
	put_price(o, 6, d);
	fix_out_str(o, 75, "20260105");
	fix_out_time(o, 60, t, 3);
	fix_out_str(o, 58, roll(d, 2) > 0 ? "accepted by the matching engine" :
	    "partly filled");
}

static void
put_market(struct fix_out *o, struct dice *d, wall_t t)
{
	char stamp[WALL_TEXT_MAX];
	size_t n = wall_format(stamp, t, 3);
	unsigned i;

	put_id(o, 262, "MD", d);
	fix_out_str(o, 55, symbol(d));
	fix_out_u64(o, 268, ENTRIES);
	for (i = 0; i < ENTRIES; i++) {
		fix_out_char(o, 269, (char)('0' + i % 2));
		put_price(o, 270, d);
		fix_out_u64(o, 271, (roll(d, 50000) + 1) * 100);
		if (roll(d, 8) == 0)
			fix_out_bytes(o, 272, stamp, 8);
		fix_out_bytes(o, 273, stamp + 9, n - 9);
		fix_out_u64(o, 290, i / 2 + 1);
	}
}

const char *
bench_kind_name(enum bench_kind kind)
{
	static const char *const name[BENCH_KINDS] = { "order", "report",
		"market data" };

	return name[kind];
}

void
bench_messages(enum bench_kind kind, uint64_t seed, struct bench_message *out)
{
	static char bytes[BENCH_KINDS][BENCH_MESSAGES][BENCH_BYTES_MAX];
	static const char *const type[BENCH_KINDS] = { "D", "8", "W" };
	static void (*const put[BENCH_KINDS])(struct fix_out *, struct dice *,
	    wall_t) = { put_order, put_report, put_market };
	struct dice d = { seed * BENCH_KINDS + kind };
	struct fix_out o;
	unsigned i;
	wall_t t;

	for (i = 0; i < BENCH_MESSAGES; i++) {
		t.ns = START_NS + (int64_t)roll(&d, 8 * 3600 * 1000) *
		    NS_PER_MS;
		fix_out_begin(&o, bytes[kind][i], BENCH_BYTES_MAX);
		put_header(&o, type[kind], i, t);
		put[kind](&o, &d, t);
		if (fix_out_end(&o, "FIX.4.4", &out[i].p, &out[i].len) != 0)
			errx(1, "%s: too long", bench_kind_name(kind));
	}
}

double
bench_mean_length(const struct bench_message *m)
{
	size_t sum = 0;
	unsigned i;

	for (i = 0; i < BENCH_MESSAGES; i++)
		sum += m[i].len;
	return (double)sum / BENCH_MESSAGES;
}
