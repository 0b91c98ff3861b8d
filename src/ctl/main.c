/* main.c: fixgatectl: its options, and the command that is meant. */
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "daemon/secure.h"

static int
run(struct ctl *c, const struct ctl_cmd *cmd, int argc, char **argv)
{
	int code;

	code = cmd->run(c, argc, argv);
	wire_close(c->wire);
	/* A reader that has seen enough (head, a pager) is no failure. */
	if (fflush(stdout) != 0 && code == CTL_OK)
		clearerr(stdout);
	return code;
}

/* The value of option argv[*i], a letter: behind it, or the next word. NULL: it
 * is another option, or has no value. */
static char *
value_of(int argc, char **argv, int *i, char letter)
{
	if (argv[*i][1] != letter)
		return NULL;
	if (argv[*i][2] != '\0')
		return argv[*i] + 2;
	return *i + 1 < argc ? argv[++*i] : NULL;
}

/* Options before the command; the index of the first word after them, or -1. */
static int
global_options(struct ctl *c, int argc, char **argv)
{
	const char *v;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--json") == 0)
			c->out = &ctl_output_json;
		else if ((v = value_of(argc, argv, &i, 's')) != NULL ||
		    ((v = value_of(argc, argv, &i, 'a')) != NULL &&
		    wire_is_address(v)))
			c->socket = v;
		else if ((v = value_of(argc, argv, &i, 'T')) != NULL)
			secure_folder(v);
		else
			return -1;
	}
	return i;
}

/* --json may also stand after the command, and means the same. */
static int
take_json(struct ctl *c, int argc, char **argv)
{
	int i, left = 0;

	for (i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--json") == 0)
			c->out = &ctl_output_json;
		else
			argv[left++] = argv[i];
	}
	for (; i < argc; i++)
		argv[left++] = argv[i];
	return left;
}

int
main(int argc, char **argv)
{
	struct ctl c = { .socket = getenv("FIXGATE_SOCKET"),
		.out = &ctl_output_text };
	const struct ctl_cmd *cmd;
	int first, words, code;

	setlocale(LC_ALL, "");
	signal(SIGPIPE, SIG_IGN);
	if (c.socket == NULL || *c.socket == '\0')
		c.socket = CTL_SOCKET;
	if (getenv("FIXGATE_CERTIFICATES") != NULL)
		secure_folder(getenv("FIXGATE_CERTIFICATES"));
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return cmd_help(&c, 0, NULL);
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return cmd_version(&c, 0, NULL);
	first = global_options(&c, argc, argv);
	if (first == -1 || first >= argc)
		return ctl_usage(NULL, first == -1 ? "unknown option, or "
		    "no address (unix:PATH, tcp:HOST:PORT, tls:HOST:PORT)" :
		    "a command is needed");
	argc = take_json(&c, argc - first, argv + first);
	argv += first;
	cmd = ctl_find(argc, argv, &words);
	if (cmd == NULL)
		return ctl_usage(NULL, "unknown command");
	code = run(&c, cmd, argc - words, argv + words);
	secure_free();
	return code;
}
