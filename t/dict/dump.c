/*
 * usage: dump [-l] FILE: what loading a dictionary says, then what it holds.
 * -l is lenient. Exit 1 if it was refused.
 */
#include <libgen.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "dict/dump.h"
#include "dict/xml/xml.h"

int
main(int argc, char **argv)
{
	bool lenient = argc == 3 && strcmp(argv[1], "-l") == 0;
	struct dict_faults faults = { 0 };
	struct buf text = { 0 };
	struct dict *d = NULL;
	int err;

	if (argc != 2 + lenient) {
		fprintf(stderr, "usage: dump [-l] FILE\n");
		return 2;
	}
	err = dict_xml_load(&d, argv[argc - 1], lenient ? DICT_LENIENT : 0,
	    &faults);
	if (dict_faults_write(&faults, basename(argv[argc - 1]), &text) != 0 ||
	    (err == 0 && dict_dump(d, &text) != 0)) {
		fprintf(stderr, "dump: out of memory\n");
		return 2;
	}
	fwrite(text.p, 1, text.len, stdout);
	dict_free(d);
	dict_faults_free(&faults);
	buf_free(&text);
	return err == 0 ? 0 : 1;
}
