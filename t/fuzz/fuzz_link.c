/* Any bytes as a stream of link frames; what decodes is written again and must
 * decode to the same. */
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "fuzz.h"
#include "link/link.h"

static void
copy(struct link_out *o, const struct link_val *v)
{
	uint64_t u = 0;
	int64_t i = 0;
	bool b = false;
	const char *p;
	size_t n, k;

	switch (link_kind(v)) {
	case LINK_NIL:
	case LINK_FLOAT: /* nothing of ours writes it */
		link_nil(o);
		break;
	case LINK_BOOL:
		FUZZ_CHECK(link_get_bool(v, &b));
		link_bool(o, b);
		break;
	case LINK_U64:
		FUZZ_CHECK(link_get_u64(v, &u));
		link_u64(o, u);
		break;
	case LINK_I64:
		FUZZ_CHECK(link_get_i64(v, &i) && i < 0);
		link_i64(o, i);
		break;
	case LINK_STR:
		FUZZ_CHECK(link_get_str(v, &p, &n));
		link_strn(o, p, n);
		break;
	case LINK_BIN:
		FUZZ_CHECK(link_get_str(v, &p, &n));
		link_bin(o, p, n);
		break;
	case LINK_ARRAY:
		link_array(o, (uint32_t)link_count(v));
		for (k = 0; k < link_count(v); k++)
			copy(o, link_at(v, k));
		break;
	case LINK_MAP:
		link_map(o, (uint32_t)link_count(v));
		for (k = 0; k < link_count(v); k++) {
			const struct link_val *x = link_map_at(v, k, &p, &n);

			link_strn(o, p, n);
			copy(o, x);
		}
		break;
	}
}

static void
write_again(struct link_out *o, struct buf *b, const struct link_msg *m)
{
	b->len = 0;
	link_begin(o, b, m->type, m->ref);
	copy(o, m->details);
	FUZZ_CHECK(link_end(o) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *why = NULL;
	struct link_in *in = link_in_new(), *in2 = link_in_new();
	struct link_out *o = link_out_new();
	struct buf b = { 0 }, b2 = { 0 };
	struct link_msg m, m2;
	int64_t rc;

	while ((rc = link_decode(in, p, size, &m, &why)) > 0) {
		FUZZ_CHECK((size_t)rc <= size);
		p += rc;
		size -= (size_t)rc;
		write_again(o, &b, &m);
		FUZZ_CHECK(link_decode(in2, b.p, b.len, &m2, &why)
		    == (int64_t)b.len);
		write_again(o, &b2, &m2);
		FUZZ_CHECK(b.len == b2.len && memcmp(b.p, b2.p, b.len) == 0);
	}
	FUZZ_CHECK(rc == FG_EPARTIAL || rc == FG_EGARBLED);
	FUZZ_CHECK(rc == FG_EPARTIAL || why != NULL);
	buf_free(&b);
	buf_free(&b2);
	link_out_free(o);
	link_in_free(in);
	link_in_free(in2);
	return 0;
}
