/*
 * format.c: masks: how a number or a time is written. A number's mask is that
 * of spreadsheets: "0" is a digit that is always there, "#" one that is there
 * if it is needed, "," groups of three; a time's has yyyy MM dd HH mm ss and S
 * for digits of the fraction.
 */
#include <string.h>

#include "script/code.h"
#include "base/decimal.h"

#define MASK_MAX 64 /* bytes of a mask */
#define TEXT_MAX 160

struct number_mask {
	int least;    /* digits before the point */
	int always;   /* digits behind the point */
	int most;     /* likewise */
	bool grouped;
};

static bool
read_number_mask(const char *mask, struct number_mask *m)
{
	bool point = false, zero = false, hash = false;

	memset(m, 0, sizeof(*m));
	for (; *mask != '\0'; mask++) {
		if (*mask == '.' && !point) {
			point = true;
			hash = false;
		} else if (*mask == ',' && !point) {
			m->grouped = true;
		} else if (*mask == '0' && !(point && hash)) {
			zero = true;
			m->least += !point;
			m->always += point;
			m->most += point;
		} else if (*mask == '#' && (point || !zero)) {
			hash = true;
			m->most += point;
		} else {
			return false;
		}
	}
	return (zero || hash || m->most > 0) && m->most <= DECIMAL_SCALE_MAX &&
	    m->least <= DECIMAL_SCALE_MAX;
}

static const struct {
	const char *name;
	unsigned at, n; /* in YYYYMMDD-HH:MM:SS */
} time_parts[] = {
	{ "yyyy", 0, 4 }, { "MM", 4, 2 }, { "dd", 6, 2 }, { "HH", 9, 2 },
	{ "mm", 12, 2 }, { "ss", 15, 2 },
};

#define TIME_PARTS (sizeof(time_parts) / sizeof(time_parts[0]))

static size_t
time_part(const char *mask)
{
	size_t i;

	for (i = 0; i < TIME_PARTS; i++)
		if (strncmp(mask, time_parts[i].name,
		    strlen(time_parts[i].name)) == 0)
			break;
	return i;
}

static bool
is_time_mask(const char *mask)
{
	size_t i, parts = 0;

	while (*mask != '\0') {
		i = time_part(mask);
		if (i < TIME_PARTS) {
			parts++;
			mask += time_parts[i].n;
		} else if (*mask == 'S' || strchr("-/:.T Z", *mask) != NULL) {
			mask++;
		} else {
			return false;
		}
	}
	return parts > 0;
}

bool
format_valid(const char *mask)
{
	struct number_mask m;

	return strlen(mask) < MASK_MAX &&
	    (read_number_mask(mask, &m) || is_time_mask(mask));
}

/* Copy the digits of s before its point, with commas, at out. */
static char *
put_whole(char *out, const char *digit, size_t n, const struct number_mask *m)
{
	size_t pad = (size_t)m->least > n ? (size_t)m->least - n : 0, i;

	if (n == 1 && digit[0] == '0' && m->least == 0)
		return out;
	for (i = 0; i < n + pad; i++) {
		*out++ = i < pad ? '0' : digit[i - pad];
		if (m->grouped && i + 1 < n + pad && (n + pad - i - 1) % 3 == 0)
			*out++ = ',';
	}
	return out;
}

static void
format_number(lua_State *L, const struct number_mask *m, const char *name,
    char out[TEXT_MAX], struct script_value *v)
{
	char text[DECIMAL_TEXT_MAX], *p = text, *point, *end;
	struct decimal d = decimal_from_int(v->i);

	if (v->type == SCRIPT_DECIMAL &&
	    decimal_parse(v->p, v->len, &d) != 0)
		luaL_error(L, "%s is no decimal of up to 38 digits", name);
	if (decimal_round(d, m->most, &d) != 0)
		luaL_error(L, "%s has too many digits for its format", name);
	decimal_format(text, d);
	if (*p == '-')
		*out++ = *p++;
	end = p + strlen(p);
	point = end - (m->most > 0 ? m->most + 1 : 0);
	out = put_whole(out, p, (size_t)(point - p), m);
	while (end > point && end - point - 1 > m->always && end[-1] == '0')
		end--;
	if (end - point > 1) {
		memcpy(out, point, (size_t)(end - point));
		out += end - point;
	}
	*out = '\0';
}

static void
format_time(lua_State *L, const char *mask, const char *name,
    char out[TEXT_MAX], const struct script_value *v)
{
	char text[WALL_TEXT_MAX];
	unsigned fraction = 0;
	wall_t t;
	size_t i;

	if (wall_parse(v->p, v->len, &t) != 0)
		luaL_error(L, "%s is no time, and its format is \"%s\"", name,
		    mask);
	wall_format(text, t, 9);
	while (*mask != '\0') {
		i = time_part(mask);
		if (i < TIME_PARTS) {
			memcpy(out, text + time_parts[i].at, time_parts[i].n);
			out += time_parts[i].n;
			mask += time_parts[i].n;
		} else if (*mask == 'S') {
			*out++ = fraction < 9 ? text[18 + fraction] : '0';
			fraction++;
			mask++;
		} else {
			*out++ = *mask++;
		}
	}
	*out = '\0';
}

void
format_value(lua_State *L, const char *mask, const char *name, struct arena *a,
    struct script_value *v)
{
	struct number_mask m;
	char text[TEXT_MAX];
	bool number = v->type == SCRIPT_INT || v->type == SCRIPT_DECIMAL;

	if (read_number_mask(mask, &m) && number)
		format_number(L, &m, name, text, v);
	else if (v->type == SCRIPT_STRING && is_time_mask(mask))
		format_time(L, mask, name, text, v);
	else
		luaL_error(L, "%s cannot have the format \"%s\"", name, mask);
	v->type = SCRIPT_STRING;
	v->len = strlen(text);
	v->p = memcpy(out_alloc(L, a, v->len + 1, 1), text, v->len);
}
