#include "ctl/ask.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* A line without its end. false: there is none, or nothing in it. */
static bool
read_line(char out[ASK_BYTES])
{
	if (fgets(out, ASK_BYTES, stdin) == NULL)
		return false;
	out[strcspn(out, "\r\n")] = '\0';
	return out[0] != '\0';
}

static bool
ask(const char *prompt, char out[ASK_BYTES])
{
	bool ok;

	fprintf(stderr, "%s", prompt);
	ok = read_line(out);
	fputc('\n', stderr);
	return ok;
}

const char *
ask_password(char out[ASK_BYTES])
{
	struct termios before, quiet;
	const char *why = NULL;
	char again[ASK_BYTES];

	if (tcgetattr(STDIN_FILENO, &before) == -1)
		return read_line(out) ? NULL :
		    "there is no password on standard input";
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	if (!ask("New password: ", out))
		why = "there is no password";
	else if (!ask("The same again: ", again) || strcmp(out, again) != 0)
		why = "these are two different passwords";
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	explicit_bzero(again, sizeof(again));
	return why;
}
