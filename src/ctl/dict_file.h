/* dict_file.h: a dictionary out of a file, for the dict commands. */
#ifndef FG_CTL_DICT_FILE_H
#define FG_CTL_DICT_FILE_H

#include "dict/dict.h"
#include "dict/xml/xml.h"

/* As fixgated would load it, but for the options (NULL: none). Returns owned,
 * or NULL: the errors were printed. */
struct dict *dict_file_load(const char *path,
    const struct dict_xml_options *options);

#endif
