#include "log/line.h"

#include <stdbool.h>
#include <string.h>

static const char hex[] = "0123456789abcdef";

struct out {
	char *p;
	size_t len, cap;
};

/* All of it, or nothing. */
static bool
put(struct out *o, const char *p, size_t n)
{
	if (n > o->cap - o->len)
		return false;
	memcpy(o->p + o->len, p, n);
	o->len += n;
	return true;
}

static bool
puts_to(struct out *o, const char *s)
{
	return put(o, s, strlen(s));
}

/* ---- logfmt ---- */

/* Bytes of the character at p if it is well-formed UTF-8 and no control
 * character, else 0. */
static size_t
utf8_at(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	unsigned least = 0x80, c = 0;
	size_t n = 0, i;

	if (p[0] >= 0x20 && p[0] < 0x7f)
		return 1;
	if ((p[0] & 0xe0) == 0xc0)
		n = 2, c = p[0] & 0x1f;
	else if ((p[0] & 0xf0) == 0xe0)
		n = 3, c = p[0] & 0x0f, least = 0x800;
	else if ((p[0] & 0xf8) == 0xf0)
		n = 4, c = p[0] & 0x07, least = 0x10000;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80) /* the end of the text, too */
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	/* U+0080 to U+009F are control characters of terminals. */
	return n > 0 && c >= least && c >= 0xa0 && c <= 0x10ffff &&
	    (c & ~0x7ffu) != 0xd800 ? n : 0;
}

static bool
is_word(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s >= 0x7f || *s == '"' || *s == '=' ||
		    *s == '\\')
			return false;
	return true;
}

/* The character at s as it stands in quotes; *n: how many bytes it is of s. */
static size_t
quote(char *out, const char *s, size_t *n)
{
	static const char special[] = "\"\\\n\r\t", letter[] = "\"\\nrt";
	unsigned char c = (unsigned char)*s;
	const char *p = strchr(special, c);

	*n = 1;
	if (p != NULL) {
		out[0] = '\\';
		out[1] = letter[p - special];
		return 2;
	}
	*n = utf8_at(s);
	if (*n > 0) {
		memcpy(out, s, *n);
		return *n;
	}
	*n = 1;
	memcpy(out, "\\u00", 4);
	out[4] = hex[c >> 4];
	out[5] = hex[c & 15];
	return 6;
}

static void
pair(struct out *o, const char *key, const char *value)
{
	static const char cut[] = "...\"";
	size_t n, i, room = strlen(key) + sizeof(" =\"...\"");
	char c[8];

	if (value == NULL || o->cap - o->len < room)
		return;
	if (o->len > 0)
		put(o, " ", 1);
	puts_to(o, key);
	put(o, "=", 1);
	if (is_word(value) && puts_to(o, value))
		return;
	put(o, "\"", 1);
	for (; *value != '\0'; value += i) {
		n = quote(c, value, &i);
		/* Whatever comes, the quotes can end. */
		if (o->cap - o->len < n + sizeof(cut) - 1) {
			put(o, cut, sizeof(cut) - 1);
			return;
		}
		put(o, c, n);
	}
	put(o, "\"", 1);
}

size_t
log_line_logfmt(char *out, size_t cap, const struct log_line *l)
{
	struct out o = { out, 0, cap };

	pair(&o, "time", l->time);
	pair(&o, "level", l->level);
	pair(&o, "program", l->program);
	pair(&o, "session", l->session);
	pair(&o, "event", l->event);
	pair(&o, "msg", l->text);
	return o.len;
}

/* ---- text ---- */

static void
plain(struct out *o, const char *s)
{
	unsigned char c;
	char x[4] = "\\x";

	for (; *s != '\0'; s++) {
		c = (unsigned char)*s;
		x[2] = hex[c >> 4];
		x[3] = hex[c & 15];
		if (!(c < ' ' || c == 0x7f ? put(o, x, 4) : put(o, s, 1)))
			return;
	}
}

size_t
log_line_text(char *out, size_t cap, const struct log_line *l)
{
	struct out o = { out, 0, cap };

	if (l->time != NULL) {
		puts_to(&o, l->time);
		put(&o, " ", 1);
		puts_to(&o, l->program);
		put(&o, " ", 1);
		puts_to(&o, l->level);
		put(&o, ": ", 2);
	}
	if (l->session != NULL) {
		plain(&o, l->session);
		put(&o, ": ", 2);
	}
	plain(&o, l->text);
	return o.len;
}
