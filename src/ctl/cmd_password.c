/* cmd_password.c: `password`: a line for a UsersFile. */
#include <string.h>

#include "base/err.h"
#include "ctl/ask.h"
#include "ctl/ctl.h"

static bool
is_word(const char *s)
{
	return *s != '\0' && *s != '#' && strpbrk(s, " \t\r\n") == NULL;
}

int
cmd_password(struct ctl *c, int argc, char **argv)
{
	char password[ASK_BYTES], text[PASSWORD_TEXT_MAX];
	const char *why;
	int i, err;

	(void)c;
	if (argc < 1)
		return ctl_usage("password", "a USER is needed");
	for (i = 0; i < argc; i++)
		if (!is_word(argv[i]))
			return ctl_usage("password", "names are words without "
			    "blanks, and do not begin with #");
	why = ask_password(password);
	if (why != NULL) {
		ctl_complain("%s", why);
		return CTL_USAGE;
	}
	err = password_hash(text, password, strlen(password));
	explicit_bzero(password, sizeof(password));
	if (err != 0) {
		ctl_complain("%s", err == FG_EINVAL ?
		    "a password has 1 to 1024 bytes" : fg_strerror(err));
		return CTL_USAGE;
	}
	printf("%s %s", argv[0], text);
	for (i = 1; i < argc; i++)
		printf(" %s", argv[i]);
	printf("\n");
	return CTL_OK;
}
