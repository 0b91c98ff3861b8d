/* load.h: what the two formats share. For libdictxml only. */
#ifndef FG_DICT_XML_LOAD_H
#define FG_DICT_XML_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include <libxml/tree.h>

#include "dict/xml/xml.h"

#define LOAD_ODD_MAX 64 /* unknown names, each told once */

struct load {
	struct dict_build *b;
	struct dict_faults *faults;
	unsigned flags;
	const struct dict_xml_options *options;
	const xmlChar *odd[LOAD_ODD_MAX];
	size_t nodd;
	bool doctype;
};

/* A fault that strict mode refuses and lenient mode survives. */
#define LOAD_SOFT(l, n, ...)                                                   \
	dict_faults_add((l)->faults, ((l)->flags & DICT_LENIENT) == 0,         \
	    load_line(n), __VA_ARGS__)
#define LOAD_WARN(l, n, ...)                                                   \
	dict_faults_add((l)->faults, false, load_line(n), __VA_ARGS__)

/* The line that the element's tag ends on. libxml2 keeps 16 bits of it only, so
 * the parser in xml.c puts it aside. */
unsigned load_line(const xmlNode *n);

/* Is that the element's name? Namespaces are not looked at. */
bool load_is(const xmlNode *n, const char *name);

/* The first element from here on among the siblings, or NULL. */
xmlNode *load_element(xmlNode *n);

/* The attribute's text, or NULL. */
const char *load_attr(const xmlNode *n, const char *name);

/* As load_attr, but its absence is a fault. */
const char *load_needed(struct load *l, const xmlNode *n, const char *name);

/* Is an unknown name met for the first time? */
bool load_is_new(struct load *l, const xmlChar *name);

/* Tell of an element that is ignored, once for each name. */
void load_odd(struct load *l, const xmlNode *n);

/* A tag from 1 to 2^31 - 1; another text is a fault: what is no tag. */
bool load_tag(struct load *l, const xmlNode *n, const char *name,
    const char *text, int32_t *tag);

/* Set the version that the options give; false: they give none. */
bool load_version(struct load *l, const xmlNode *root);

/* The formats, by their root elements. 0 or FG_E* of memory and limits. */
void load_quickfix(struct load *l, const xmlNode *root);
int load_orchestra(struct load *l, const xmlNode *root);

#endif
