/*
 * replay.c: run each file of a corpus through a fuzz target. The folders come
 * as arguments; without any it is corpus/NAME for the program fuzz_NAME.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static void
replay_file(const char *path)
{
	uint8_t *data = NULL;
	size_t n = 0, cap = 0, got;
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		err(1, "%s", path);
	do {
		if (n == cap) {
			cap = cap * 2 + 4096;
			data = realloc(data, cap);
			if (data == NULL)
				err(1, "%s", path);
		}
		got = fread(data + n, 1, cap - n, f);
		n += got;
	} while (got > 0);
	if (ferror(f))
		err(1, "%s", path);
	fclose(f);
	/* Exactly as long as the input, so that a reader that goes on faults
	 * under a sanitizer. */
	data = realloc(data, n > 0 ? n : 1);
	LLVMFuzzerTestOneInput(data, n);
	free(data);
}

static unsigned
replay_folder(const char *folder)
{
	char path[PATH_MAX];
	struct dirent *e;
	unsigned files = 0;
	DIR *d = opendir(folder);

	if (d == NULL)
		err(1, "%s", folder);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder,
		    e->d_name) >= sizeof(path))
			errx(1, "%s: name too long", e->d_name);
		replay_file(path);
		files++;
	}
	closedir(d);
	return files;
}

int
main(int argc, char **argv)
{
	const char *src = getenv("FG_SRC"), *name;
	char folder[PATH_MAX];
	unsigned files = 0;
	int i;

	for (i = 1; i < argc; i++)
		files += replay_folder(argv[i]);
	if (argc == 1) {
		name = strstr(program_invocation_short_name, "fuzz_");
		if (name == NULL)
			errx(1, "usage: fuzz_NAME [folder ...]");
		snprintf(folder, sizeof(folder), "%s/t/fuzz/corpus/%s",
		    src == NULL ? "." : src, name + strlen("fuzz_"));
		files = replay_folder(folder);
	}
	if (files == 0)
		errx(1, "no inputs");
	printf("%u inputs\n", files);
	return 0;
}
