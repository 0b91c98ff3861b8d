/* cmd_password.c: `password`: a line for a UsersFile. */
#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"
#include "ctl/ctl.h"
#include "daemon/password.h"

/* A line of the standard input, without its end. false: there is none. */
static bool
read_line(char *out, size_t cap)
{
	size_t n;

	if (fgets(out, (int)cap, stdin) == NULL)
		return false;
	n = strcspn(out, "\r\n");
	out[n] = '\0';
	return n > 0;
}

/* The same from a terminal, twice, unseen. NULL, or what is wrong. */
static const char *
ask_twice(char *out, size_t cap)
{
	char again[PASSWORD_MAX + 2];
	struct termios seen, unseen;
	const char *why = NULL;

	if (tcgetattr(STDIN_FILENO, &seen) != 0)
		return strerror(errno);
	unseen = seen;
	unseen.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
	fprintf(stderr, "password: ");
	if (!read_line(out, cap))
		why = "no password was given";
	fprintf(stderr, "\n");
	if (why == NULL) {
		fprintf(stderr, "again: ");
		if (!read_line(again, sizeof(again)) ||
		    strcmp(out, again) != 0)
			why = "these are not the same";
		fprintf(stderr, "\n");
	}
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &seen);
	explicit_bzero(again, sizeof(again));
	return why;
}

static bool
is_word(const char *s)
{
	return *s != '\0' && *s != '#' && strpbrk(s, " \t\r\n") == NULL;
}

int
cmd_password(struct ctl *c, int argc, char **argv)
{
	char password[PASSWORD_MAX + 2], text[PASSWORD_TEXT_MAX];
	const char *why = NULL;
	int i, err;

	(void)c;
	if (argc < 1)
		return ctl_usage("password", "a USER is needed");
	for (i = 0; i < argc; i++)
		if (!is_word(argv[i]))
			return ctl_usage("password", "names are words without "
			    "blanks, and do not begin with #");
	if (isatty(STDIN_FILENO))
		why = ask_twice(password, sizeof(password));
	else if (!read_line(password, sizeof(password)))
		why = "no password was given on standard input";
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
