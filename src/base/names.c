#include "base/names.h"

#include <stdint.h>
#include <string.h>

bool
names_each(const char *list, bool (*fn)(const char *p, size_t n, void *arg),
    void *arg)
{
	const char *p = list;
	size_t n, i, len;

	for (;;) {
		n = strcspn(p, ",");
		i = strspn(p, " \t");
		if (i > n)
			i = n;
		len = n - i;
		while (len > 0 && strchr(" \t", p[i + len - 1]) != NULL)
			len--;
		if (len == 0 || !fn(p + i, len, arg))
			return false;
		if (p[n] == '\0')
			return true;
		p += n + 1;
	}
}

/* names_each goes on as long as it is another one. */
static bool
is_other(const char *p, size_t n, void *arg)
{
	const char *name = arg;
	bool all = (n == 3 && memcmp(p, "all", 3) == 0);

	if (n > 0 && p[n - 1] == '*')
		return strncmp(name, p, n - 1) != 0;
	return !all && (strlen(name) != n || memcmp(name, p, n) != 0);
}

bool
names_have(const char *list, const char *name)
{
	return !names_each(list, is_other, (void *)(uintptr_t)name);
}
