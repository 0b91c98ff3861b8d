/* link.c: fixgate-link(7), as much of it as is needed. */
#include <err.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "bench.h"
#include "link.h"

int
link_connect(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		errx(1, "%s is too long", path);
	strcpy(sun.sun_path, path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM, 0)) == -1 ||
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		err(1, "%s", path);
	return fd;
}

void
link_hello(int fd)
{
	char m[256], *p = link_begin(m, "HELLO", 1, 2);

	p = put_number(put_text(p, "VERSION"), 1);
	p = put_text(put_text(p, "NAME"), "bench");
	bench_write(fd, m, link_end(m, p));
}

static uint64_t
get(struct in *in, unsigned width)
{
	uint64_t v = 0;

	if ((size_t)(in->end - in->p) < width)
		errx(1, "a value is cut off");
	while (width-- > 0)
		v = v << 8 | *in->p++;
	return v;
}

static struct value
bytes(struct in *in, uint64_t n, int kind)
{
	struct value v = {kind, n, in->p};

	if ((size_t)(in->end - in->p) < n)
		errx(1, "a text is cut off");
	in->p += n;
	return v;
}

/* The entries of an array or map follow it. */
struct value
next(struct in *in)
{
	unsigned b = (unsigned)get(in, 1);

	if (b < 0x80)
		return (struct value){NUMBER, b, in->p};
	if (b < 0x90)
		return (struct value){MAP, b & 15, in->p};
	if (b < 0xa0)
		return (struct value){ARRAY, b & 15, in->p};
	if (b < 0xc0)
		return bytes(in, b & 31, TEXT);
	if (b >= 0xe0 || b == 0xc0 || b == 0xc2 || b == 0xc3)
		return (struct value){OTHER, b, in->p};
	if (b >= 0xc4 && b <= 0xc6)
		return bytes(in, get(in, 1u << (b - 0xc4)), TEXT);
	if (b >= 0xcc && b <= 0xcf)
		return (struct value){NUMBER, get(in, 1u << (b - 0xcc)), in->p};
	if (b >= 0xd0 && b <= 0xd3)
		return (struct value){OTHER, get(in, 1u << (b - 0xd0)), in->p};
	if (b >= 0xd9 && b <= 0xdb)
		return bytes(in, get(in, 1u << (b - 0xd9)), TEXT);
	if (b == 0xdc || b == 0xdd)
		return (struct value){ARRAY, get(in, 2u << (b - 0xdc)), in->p};
	if (b == 0xde || b == 0xdf)
		return (struct value){MAP, get(in, 2u << (b - 0xde)), in->p};
	errx(1, "a value of type %02x", b);
}

void
skip(struct in *in)
{
	uint64_t left = 1;
	struct value v;

	while (left-- > 0) {
		v = next(in);
		if (v.kind == ARRAY || v.kind == MAP)
			left += v.kind == MAP ? 2 * v.n : v.n;
	}
}

struct value
expect(struct in *in, int kind)
{
	struct value v = next(in);

	if ((int)v.kind != kind)
		errx(1, "another type of value was expected");
	return v;
}

bool
is(const struct value *v, const char *text)
{
	return v->kind == TEXT && v->n == strlen(text) &&
	    memcmp(v->p, text, v->n) == 0;
}

char *
put_text(char *p, const char *text)
{
	*p++ = (char)0xd9;
	*p++ = (char)strlen(text);
	return stpcpy(p, text);
}

char *
put_number(char *p, uint64_t n)
{
	*p++ = (char)0xcf;
	for (int i = 56; i >= 0; i -= 8)
		*p++ = (char)(n >> i);
	return p;
}

char *
link_begin(char *p, const char *type, uint64_t ref, unsigned entries)
{
	p += 4; /* the length */
	*p++ = (char)0x83;
	p = put_text(put_text(p, "MESSAGE_TYPE"), type);
	p = put_number(put_text(p, "SOURCE_REF"), ref);
	p = put_text(p, "DETAILS");
	*p++ = (char)(0x80 | entries);
	return p;
}

size_t
link_end(char *from, const char *to)
{
	size_t n = (size_t)(to - from) - 4;

	for (int i = 0; i < 4; i++)
		from[i] = (char)(n >> (24 - 8 * i));
	return n + 4;
}

/* The length of a frame, which the first 4 bytes say. */
size_t
link_length(const unsigned char *p)
{
	struct in in = {p, p + 4};

	return 4 + get(&in, 4);
}
