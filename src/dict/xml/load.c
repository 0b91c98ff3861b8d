/* load.c: elements and attributes, for both formats. */
#include "dict/xml/load.h"

#include <stdint.h>
#include <string.h>

#include "base/num.h"

unsigned
load_line(const xmlNode *n)
{
	return (unsigned)(uintptr_t)n->_private;
}

bool
load_is(const xmlNode *n, const char *name)
{
	return strcmp((const char *)n->name, name) == 0;
}

xmlNode *
load_element(xmlNode *n)
{
	while (n != NULL && n->type != XML_ELEMENT_NODE)
		n = n->next;
	return n;
}

/*
 * Entities other than the five of XML cannot occur without a DOCTYPE, so the
 * value is one text node.
 */
const char *
load_attr(const xmlNode *n, const char *name)
{
	const xmlAttr *a = xmlHasProp(n, (const xmlChar *)name);

	if (a == NULL)
		return NULL;
	if (a->children == NULL || a->children->content == NULL)
		return "";
	return (const char *)a->children->content;
}

const char *
load_needed(struct load *l, const xmlNode *n, const char *name)
{
	const char *s = load_attr(n, name);

	if (s != NULL && *s != '\0')
		return s;
	dict_faults_add(l->faults, true, load_line(n), "%s without %s",
	    (const char *)n->name, name);
	return NULL;
}

bool
load_is_new(struct load *l, const xmlChar *name)
{
	size_t i;

	for (i = 0; i < l->nodd; i++)
		if (xmlStrEqual(l->odd[i], name))
			return false;
	if (l->nodd < LOAD_ODD_MAX)
		l->odd[l->nodd++] = name;
	return true;
}

void
load_odd(struct load *l, const xmlNode *n)
{
	if (load_is_new(l, n->name))
		LOAD_WARN(l, n, "element %s in %s is unknown and ignored",
		    (const char *)n->name, (const char *)n->parent->name);
}

bool
load_tag(struct load *l, const xmlNode *n, const char *name, const char *text,
    int32_t *tag)
{
	uint64_t v;

	if (num_parse_u64(text, strlen(text), &v) != 0 || v == 0 ||
	    v > INT32_MAX) {
		dict_faults_add(l->faults, true, load_line(n),
		    "field %s: number %s is no tag", name, text);
		return false;
	}
	*tag = (int32_t)v;
	return true;
}

bool
load_version(struct load *l, const xmlNode *root)
{
	const char *version =
	    l->options == NULL ? NULL : l->options->version;

	if (version == NULL)
		return false;
	if (!dict_build_version(l->b, version))
		dict_faults_add(l->faults, true, load_line(root),
		    "%s is not the name of a version", version);
	return true;
}
