/*
 * xml.h: load a dictionary in the QuickFIX format (root element fix) or in that
 * of FIX Orchestra (repository). The only user of libxml2. Flags are those of
 * dict/build.h (DICT_LENIENT). All the faults of a file are collected in one
 * run; write them with dict_faults_write.
 */
#ifndef FG_DICT_XML_XML_H
#define FG_DICT_XML_XML_H

#include <stddef.h>

#include "base/buf.h"
#include "dict/build.h"
#include "dict/dict.h"

#define DICT_XML_MAX (32 * 1024 * 1024) /* bytes of a file */

/*
 * Load a file, or the len bytes at text. 0 and *out, owned by the caller
 * (dict_free); faults may then hold warnings. Otherwise FG_EINVAL if they hold
 * an error, or FG_ENOENT, FG_EACCES, FG_EIO, FG_ELIMIT with a fault that says
 * so, or FG_ENOMEM.
 */
int dict_xml_load(struct dict **out, const char *path, unsigned flags,
    struct dict_faults *faults);
int dict_xml_load_mem(struct dict **out, const char *text, size_t len,
    unsigned flags, struct dict_faults *faults);

/* What a file may leave open; a NULL stands for what the file says. */
struct dict_xml_options {
	const char *version;  /* "FIX.4.4", "FIXT.1.1", "FIX.5.0SP2" */
	const char *scenario; /* of Orchestra; NULL: base */
};

/* As dict_xml_load_mem; options may be NULL. */
int dict_xml_load_with(struct dict **out, const char *text, size_t len,
    unsigned flags, const struct dict_xml_options *options,
    struct dict_faults *faults);

/* Append a file's bytes to text, as dict_xml_load would read them; for callers
 * that keep the text. 0 or FG_E*. */
int dict_xml_read(struct buf *text, const char *path);

#endif
