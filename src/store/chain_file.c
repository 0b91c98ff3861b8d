#include "store/chain_file.h"

#include <dirent.h>
#include <string.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/num.h"

#define CHAIN_VERSION     1
#define MAGIC_BYTES 16
#define UUID_TEXT   36
#define RUN_HEAD    64 /* bytes before the checks */
#define CHECK       4
#define DIGITS      20
#define SUFFIX      ".chain"

static const char magic[MAGIC_BYTES] = "fixgate chain\n";

void
chain_file_name(char *to, size_t cap, const char *table, uint64_t first)
{
	snprintf(to, cap, "%s.%0*llu" SUFFIX, table, DIGITS,
	    (unsigned long long)first);
}

size_t
chain_file_parse(const char *file, uint64_t *first)
{
	const char *dot = strchr(file, '.');

	if (dot == NULL || dot == file ||
	    strlen(dot + 1) != DIGITS + sizeof(SUFFIX) - 1 ||
	    strcmp(dot + 1 + DIGITS, SUFFIX) != 0 ||
	    num_parse_u64(dot + 1, DIGITS, first) != 0)
		return 0;
	return (size_t)(dot - file);
}

uint64_t
chain_file_newest(const char *dir, const char *table, uint64_t before)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	uint64_t first, best = 0;
	size_t n;

	while (d != NULL && (e = readdir(d)) != NULL) {
		n = chain_file_parse(e->d_name, &first);
		if (n == strlen(table) && memcmp(e->d_name, table, n) == 0 &&
		    first < before && first > best)
			best = first;
	}
	if (d != NULL)
		closedir(d);
	return best;
}

void
chain_header_pack(char to[CHAIN_HEADER], const struct chain_header *h)
{
	char name[STORE_NAME_MAX] = { 0 };
	struct cursor c;

	memset(to, 0, CHAIN_HEADER);
	c = cursor_over(to, CHAIN_HEADER);
	memcpy(name, h->name, strlen(h->name));
	cursor_put(&c, magic, MAGIC_BYTES);
	cursor_put32(&c, CHAIN_VERSION);
	cursor_put32(&c, h->table);
	cursor_put64(&c, h->incarnation);
	cursor_put64(&c, h->first);
	cursor_put(&c, h->uuid, UUID_TEXT);
	cursor_put32(&c, 0);
	cursor_put(&c, name, sizeof(name));
	cursor_put64(&c, h->last);
	cursor_put64(&c, h->commit);
	cursor_put(&c, h->hash, CHAIN_HASH);
	cursor_put32(&c, chain_check(0, to, c.at));
}

int
chain_header_read(const char from[CHAIN_HEADER], struct chain_header *h)
{
	struct cursor c = cursor_over(from, CHAIN_HEADER);
	const char *p = cursor_get(&c, MAGIC_BYTES);

	if (memcmp(p, magic, MAGIC_BYTES) != 0)
		return FG_EDAMAGED;
	if (cursor_get32(&c) != CHAIN_VERSION)
		return FG_EFORMAT;
	memset(h, 0, sizeof(*h));
	h->table = cursor_get32(&c);
	h->incarnation = cursor_get64(&c);
	h->first = cursor_get64(&c);
	memcpy(h->uuid, cursor_get(&c, UUID_TEXT), UUID_TEXT);
	cursor_get32(&c);
	memcpy(h->name, cursor_get(&c, STORE_NAME_MAX), STORE_NAME_MAX);
	h->last = cursor_get64(&c);
	h->commit = cursor_get64(&c);
	memcpy(h->hash, cursor_get(&c, CHAIN_HASH), CHAIN_HASH);
	return cursor_get32(&c) == chain_check(0, from, CHAIN_HEADER - CHECK)
	    ? 0 : FG_EDAMAGED;
}

static size_t
run_bytes(unsigned table, uint32_t rows)
{
	return RUN_HEAD + CHECK + (size_t)rows *
	    (table == BLOCK_TABLE_STATE ? 2 * CHECK : CHECK);
}

int
chain_run_pack(struct buf *out, unsigned table, const struct chain_run *r)
{
	size_t n = run_bytes(table, r->rows);
	struct cursor c;
	uint32_t i;
	char *p;

	if (buf_reserve(out, n) != 0)
		return FG_ENOMEM;
	p = out->p + out->len;
	c = cursor_over(p, n);
	cursor_put32(&c, (uint32_t)n);
	cursor_put32(&c, r->rows);
	cursor_put64(&c, r->first);
	cursor_put64(&c, r->last);
	cursor_put64(&c, r->commit);
	cursor_put(&c, r->hash, CHAIN_HASH);
	for (i = 0; i < r->rows; i++) {
		if (table == BLOCK_TABLE_STATE)
			cursor_put32(&c, r->behind[i]);
		cursor_put32(&c, r->check[i]);
	}
	cursor_put32(&c, chain_check(0, p, c.at));
	out->len += n;
	return 0;
}

int
chain_reader_open(struct chain_reader *r, FILE *f)
{
	char head[CHAIN_HEADER];

	*r = (struct chain_reader){ .f = f, .at = CHAIN_HEADER };
	if (fread(head, 1, sizeof(head), f) != sizeof(head))
		return FG_EPARTIAL;
	return chain_header_read(head, &r->header);
}

void
chain_reader_close(struct chain_reader *r)
{
	if (r->f != NULL)
		fclose(r->f);
	buf_free(&r->bytes);
	*r = (struct chain_reader){ 0 };
}

static void
read_checks(struct cursor *c, unsigned table, struct chain_run *run)
{
	uint32_t i;

	for (i = 0; i < run->rows; i++) {
		run->behind[i] = table == BLOCK_TABLE_STATE ? cursor_get32(c)
		    : i;
		run->check[i] = cursor_get32(c);
	}
}

int
chain_read_run(struct chain_reader *r, struct chain_run *run, bool *skipped)
{
	unsigned table = r->header.table;
	struct cursor c;
	size_t n;

	*skipped = false;
	r->bytes.len = 0;
	if (buf_reserve(&r->bytes, run_bytes(BLOCK_TABLE_STATE,
	    CHAIN_RUN_ROWS)) != 0)
		return FG_ENOMEM;
	n = fread(r->bytes.p, 1, RUN_HEAD, r->f);
	if (n != RUN_HEAD)
		return n == 0 && !ferror(r->f) ? 0 : FG_EPARTIAL;
	c = cursor_over(r->bytes.p, RUN_HEAD);
	n = cursor_get32(&c);
	run->rows = cursor_get32(&c);
	if (run->rows == 0 || run->rows > CHAIN_RUN_ROWS ||
	    n != run_bytes(table, run->rows))
		return FG_EDAMAGED;
	if (fread(r->bytes.p + RUN_HEAD, 1, n - RUN_HEAD, r->f) !=
	    n - RUN_HEAD)
		return FG_EPARTIAL;
	run->first = cursor_get64(&c);
	run->last = cursor_get64(&c);
	run->commit = cursor_get64(&c);
	memcpy(run->hash, cursor_get(&c, CHAIN_HASH), CHAIN_HASH);
	c = cursor_over(r->bytes.p, n);
	cursor_get(&c, RUN_HEAD);
	read_checks(&c, table, run);
	r->at += n;
	*skipped = true;
	return cursor_get32(&c) == chain_check(0, r->bytes.p, n - CHECK) ? 1
	    : FG_EDAMAGED;
}
