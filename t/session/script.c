#include "script.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "fix/frame.h"

/* What a left-out field's tag becomes: "-56" is this less 56. */
#define LEFT_OUT (-1000)

void
script_fail(const struct script *sc, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: FIX %s: ", sc->path, sc->line, sc->version);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

bool
script_is_old(const struct script *sc)
{
	return strcmp(sc->version, "4.0") == 0 ||
	    strcmp(sc->version, "4.1") == 0;
}

int64_t
script_duration(const struct script *sc, const char *s)
{
	char *end;
	long long v = strtoll(s, &end, 10);

	if (strcmp(end, "s") == 0)
		return v * NS_PER_S;
	if (strcmp(end, "ms") == 0)
		return v * NS_PER_MS;
	script_fail(sc, "no duration: %s", s);
}

/* Expand a field's value. */
static void
expand(const struct script *sc, const char *value, char *out, size_t cap)
{
	wall_t t = sc->now->wall;

	if (value[0] == '@') {
		if (value[1] != '\0')
			t.ns += script_duration(sc, value + 1);
		out[wall_format(out, t, script_is_old(sc) ? 0 : 3)] = '\0';
	} else if (strcmp(value, "$V") == 0) {
		snprintf(out, cap, "%s", sc->begin_string);
	} else if (strcmp(value, "$END") == 0) {
		snprintf(out, cap, "%s", script_is_old(sc) ? "999999" : "0");
	} else {
		snprintf(out, cap, "%s", value);
	}
}

static void
add_token(const struct script *sc, struct script_msg *m, size_t at, int32_t tag,
    const char *value)
{
	if (m->n == SCRIPT_FIELDS)
		script_fail(sc, "too many fields");
	memmove(&m->t[at + 1], &m->t[at], (m->n - at) * sizeof(m->t[0]));
	m->n++;
	m->t[at].tag = tag;
	expand(sc, value, m->t[at].text, sizeof(m->t[at].text));
}

bool
script_has(const struct script_msg *m, int32_t tag)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->t[i].tag == tag || m->t[i].tag == LEFT_OUT - tag)
			return true;
	return false;
}

const char *
script_text(const struct script_msg *m, int32_t tag)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->t[i].tag == tag)
			return m->t[i].text;
	return NULL;
}

/* "35=D|-56|11=x": a token that leaves 56 out has tag -1056. */
void
script_read(const struct script *sc, char *line, struct script_msg *m)
{
	char *p = line, *end, *value;

	m->n = 0;
	while (*p != '\0') {
		end = p + strcspn(p, "|");
		if (*end != '\0')
			*end++ = '\0';
		value = strchr(p, '=');
		if (value != NULL) {
			*value++ = '\0';
			add_token(sc, m, m->n, atoi(p), value);
		} else if (strcmp(p, "$60") == 0) {
			if (!script_is_old(sc))
				add_token(sc, m, m->n, 60, "@");
		} else if (strcmp(p, "$1137") == 0) {
			if (sc->appl_ver_id != NULL)
				add_token(sc, m, m->n, 1137, sc->appl_ver_id);
		} else if (*p == '-') {
			add_token(sc, m, m->n, LEFT_OUT + atoi(p), "");
		} else {
			script_fail(sc, "no field: %s", p);
		}
		p = end;
	}
}

static bool
is_sorted_header(int32_t tag)
{
	return tag == 34 || tag == 43 || tag == 49 || tag == 50 || tag == 52 ||
	    tag == 56 || tag == 57 || tag == 97 || tag == 115 || tag == 116 ||
	    tag == 122 || tag == 128 || tag == 129 || tag == 144 || tag == 145;
}

/* Fill a field in behind 35 and the header fields with lower tags. */
void
script_fill(const struct script *sc, struct script_msg *m, int32_t tag,
    const char *value)
{
	size_t at = 1;

	if (script_has(m, tag))
		return;
	while (at < m->n && is_sorted_header(m->t[at].tag) &&
	    m->t[at].tag < tag)
		at++;
	add_token(sc, m, at, tag, value);
}

/* As bytes; 8, 9 and 10 may be given, wrong ones too. */
size_t
script_write(const struct script *sc, const struct script_msg *m, char *out)
{
	const char *bs = script_text(m, 8), *len = script_text(m, 9);
	const char *sum = script_text(m, 10);
	char body[SCRIPT_BYTES];
	size_t i, n = 0, at;

	for (i = 0; i < m->n; i++) {
		if (m->t[i].tag == 8 || m->t[i].tag == 9 ||
		    m->t[i].tag == 10 || m->t[i].tag < LEFT_OUT)
			continue;
		n += (size_t)snprintf(body + n, sizeof(body) - n,
		    "%" PRId32 "=%s\001", m->t[i].tag, m->t[i].text);
	}
	at = (size_t)snprintf(out, SCRIPT_BYTES, "8=%s\0019=", bs != NULL ? bs :
	    sc->begin_string);
	if (len != NULL)
		at += (size_t)snprintf(out + at, SCRIPT_BYTES - at, "%s", len);
	else
		at += (size_t)snprintf(out + at, SCRIPT_BYTES - at, "%zu", n);
	out[at++] = '\001';
	memcpy(out + at, body, n);
	at += n;
	if (sum != NULL)
		at += (size_t)snprintf(out + at, SCRIPT_BYTES - at,
		    "10=%s\001", sum);
	else
		at += (size_t)snprintf(out + at, SCRIPT_BYTES - at,
		    "10=%03u\001", fix_checksum(out, at));
	return at;
}

void
script_show(char *out, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = p[i] == '\001' ? '|' : p[i];
	out[n] = '\0';
}
