#include "gateway/users_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "log/log.h"

/* May this CompID log on as the user of the line, whose words are left? */
static bool
may_be(char **rest, const char *comp_id)
{
	char *word = strtok_r(NULL, " \t\r\n", rest);

	if (word == NULL)
		return true;
	for (; word != NULL; word = strtok_r(NULL, " \t\r\n", rest))
		if (strcmp(word, comp_id) == 0)
			return true;
	return false;
}

/* The text of the user's password to hash, or NULL. */
static const char *
find_user(FILE *f, char **line, size_t *cap, const char *user,
    const char *comp_id)
{
	char *rest, *name, *text;

	while (getline(line, cap, f) != -1) {
		name = strtok_r(*line, " \t\r\n", &rest);
		if (name == NULL || name[0] == '#' || strcmp(name, user) != 0)
			continue;
		text = strtok_r(NULL, " \t\r\n", &rest);
		if (text != NULL && may_be(&rest, comp_id))
			return text;
	}
	return NULL;
}

int
users_file_find(const char *file, const char *user, const char *comp_id,
    char text[PASSWORD_TEXT_MAX])
{
	FILE *f = fopen(file, "re");
	const char *found;
	char *line = NULL;
	size_t cap = 0;

	if (f == NULL) {
		log_event(LOG_LEVEL_WARN, "user", NULL, "%s: %s: nobody can "
		    "log on by it", file, strerror(errno));
		return FG_EIO;
	}
	found = find_user(f, &line, &cap, user, comp_id);
	if (found != NULL)
		snprintf(text, PASSWORD_TEXT_MAX, "%s", found);
	free(line);
	fclose(f);
	return found != NULL;
}
