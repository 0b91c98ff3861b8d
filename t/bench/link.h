/*
 * link.h: fixgate-link(7), as much of it as the measuring programs need, by
 * itself: nothing of the code under test is in it. Exits when what came makes no
 * sense.
 */
#ifndef FG_T_BENCH_LINK_H
#define FG_T_BENCH_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- reading ---- */

struct in {
	const unsigned char *p, *end;
};

struct value {
	enum { NUMBER, TEXT, ARRAY, MAP, OTHER } kind;
	uint64_t n; /* the number, bytes, entries, or the first byte */
	const unsigned char *p;
};

/* The entries of an array or map follow it. */
struct value next(struct in *in);
struct value expect(struct in *in, int kind);
void skip(struct in *in); /* one value with all in it */
bool is(const struct value *v, const char *text);
/* Of the frame at p, with the 4 bytes that say it. */
size_t link_length(const unsigned char *p);

/* ---- writing: each returns where the next one goes ---- */

char *link_begin(char *p, const char *type, uint64_t ref, unsigned entries);
char *put_text(char *p, const char *text); /* up to 255 bytes */
char *put_number(char *p, uint64_t n);
/* Fill in the length of the frame between the two; it with these 4 bytes. */
size_t link_end(char *from, const char *to);

int link_connect(const char *path); /* to a unix socket */
void link_hello(int fd);

#endif
