#include "dict/xml/xml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "base/err.h"
#include "base/num.h"

#define ODD_MAX 64 /* names of unknown elements, each told once */

struct load {
	struct dict_build *b;
	struct dict_faults *faults;
	unsigned flags;
	const xmlChar *odd[ODD_MAX];
	size_t nodd;
	bool doctype;
};

static unsigned
line_of(const xmlNode *n)
{
	long line = xmlGetLineNo(n);

	return line > 0 ? (unsigned)line : 0;
}

static bool
is(const xmlNode *n, const char *name)
{
	return strcmp((const char *)n->name, name) == 0;
}

static xmlNode *
next_element(xmlNode *n)
{
	while (n != NULL && n->type != XML_ELEMENT_NODE)
		n = n->next;
	return n;
}

/*
 * The attribute's text, or NULL. Entities other than the five of XML cannot
 * occur without a DOCTYPE, so the value is one text node.
 */
static const char *
attr(const xmlNode *n, const char *name)
{
	const xmlAttr *a = xmlHasProp(n, (const xmlChar *)name);

	if (a == NULL)
		return NULL;
	if (a->children == NULL || a->children->content == NULL)
		return "";
	return (const char *)a->children->content;
}

/* As attr, but its absence is a fault. */
static const char *
needed(struct load *l, const xmlNode *n, const char *name)
{
	const char *s = attr(n, name);

	if (s != NULL && *s != '\0')
		return s;
	dict_faults_add(l->faults, true, line_of(n), "%s without %s",
	    (const char *)n->name, name);
	return NULL;
}

static void
odd_element(struct load *l, const xmlNode *n)
{
	size_t i;

	for (i = 0; i < l->nodd; i++)
		if (xmlStrEqual(l->odd[i], n->name))
			return;
	if (l->nodd < ODD_MAX)
		l->odd[l->nodd++] = n->name;
	dict_faults_add(l->faults, false, line_of(n),
	    "element %s in %s is unknown and ignored", (const char *)n->name,
	    (const char *)n->parent->name);
}

static bool
required(struct load *l, const xmlNode *n)
{
	const char *s = attr(n, "required");

	if (s == NULL || strcmp(s, "N") == 0 || strcmp(s, "n") == 0)
		return false;
	if (strcmp(s, "Y") == 0 || strcmp(s, "y") == 0)
		return true;
	dict_faults_add(l->faults, false, line_of(n),
	    "required='%s' of %s means N", s,
	    attr(n, "name") == NULL ? "?" : attr(n, "name"));
	return false;
}

static void
load_members(struct load *l, const xmlNode *parent, struct dict_list *to,
    unsigned depth)
{
	struct dict_list *group;
	const char *name;
	xmlNode *n;

	for (n = next_element(parent->children); n != NULL;
	    n = next_element(n->next)) {
		if (!is(n, "field") && !is(n, "group") && !is(n, "component")) {
			odd_element(l, n);
			continue;
		}
		name = needed(l, n, "name");
		if (name == NULL)
			continue;
		if (is(n, "field")) {
			dict_build_add_field(l->b, to, line_of(n), name,
			    required(l, n));
		} else if (is(n, "component")) {
			dict_build_add_component(l->b, to, line_of(n), name,
			    required(l, n));
		} else {
			group = dict_build_add_group(l->b, to, line_of(n),
			    name, required(l, n));
			load_members(l, n, group, depth + 1);
		}
	}
}

static void
load_values(struct load *l, const xmlNode *field, struct dict_fdef *f)
{
	const char *value;
	xmlNode *n;

	for (n = next_element(field->children); n != NULL;
	    n = next_element(n->next)) {
		if (!is(n, "value")) {
			odd_element(l, n);
			continue;
		}
		value = needed(l, n, "enum");
		if (value != NULL)
			dict_build_value(l->b, f, value,
			    attr(n, "description"));
	}
}

static void
load_field(struct load *l, const xmlNode *n)
{
	const char *number = needed(l, n, "number");
	const char *name = needed(l, n, "name");
	const char *type = needed(l, n, "type");
	const char *open = attr(n, "allowOtherValues");
	struct dict_fdef *f;
	uint64_t tag;

	if (number == NULL || name == NULL || type == NULL)
		return;
	if (num_parse_u64(number, strlen(number), &tag) != 0 || tag == 0 ||
	    tag > INT32_MAX) {
		dict_faults_add(l->faults, true, line_of(n),
		    "field %s: number %s is no tag", name, number);
		return;
	}
	f = dict_build_field(l->b, line_of(n), (int32_t)tag, name, type,
	    open != NULL &&
		(strcmp(open, "true") == 0 || strcmp(open, "Y") == 0));
	load_values(l, n, f);
}

static void
load_message(struct load *l, const xmlNode *n)
{
	const char *name = needed(l, n, "name");
	const char *type = needed(l, n, "msgtype");

	if (name != NULL && type != NULL)
		load_members(l, n,
		    dict_build_message(l->b, line_of(n), name, type), 0);
}

static void
load_component(struct load *l, const xmlNode *n)
{
	const char *name = needed(l, n, "name");

	if (name != NULL)
		load_members(l, n, dict_build_component(l->b, line_of(n), name),
		    0);
}

/* Call for each child of this name; others are odd. */
static void
each(struct load *l, const xmlNode *section, const char *name,
    void (*call)(struct load *, const xmlNode *))
{
	xmlNode *n;

	for (n = next_element(section->children); n != NULL;
	    n = next_element(n->next)) {
		if (is(n, name))
			call(l, n);
		else
			odd_element(l, n);
	}
}

static void
load_root(struct load *l, const xmlNode *root)
{
	const char *type = attr(root, "type");

	if (type != NULL && strcmp(type, "FIX") != 0 &&
	    strcmp(type, "FIXT") != 0)
		dict_faults_add(l->faults, false, line_of(root),
		    "type='%s' is neither FIX nor FIXT", type);
	if (attr(root, "major") == NULL)
		dict_faults_add(l->faults, (l->flags & DICT_LENIENT) == 0,
		    line_of(root), "fix without major");
	dict_build_root(l->b, type, attr(root, "major"), attr(root, "minor"),
	    attr(root, "servicepack"));
}

static void
load_sections(struct load *l, const xmlNode *root)
{
	bool has_messages = false, has_fields = false;
	xmlNode *n;

	for (n = next_element(root->children); n != NULL;
	    n = next_element(n->next)) {
		if (is(n, "header")) {
			load_members(l, n, dict_build_header(l->b), 0);
		} else if (is(n, "trailer")) {
			load_members(l, n, dict_build_trailer(l->b), 0);
		} else if (is(n, "messages")) {
			has_messages = true;
			each(l, n, "message", load_message);
		} else if (is(n, "components")) {
			each(l, n, "component", load_component);
		} else if (is(n, "fields")) {
			has_fields = true;
			each(l, n, "field", load_field);
		} else {
			odd_element(l, n);
		}
	}
	if (!has_fields)
		dict_faults_add(l->faults, true, line_of(root),
		    "there is no section fields");
	if (!has_messages)
		dict_faults_add(l->faults, true, line_of(root),
		    "there is no section messages");
}

/* A DOCTYPE could define entities or name files: nothing of it is read. */
static void
refuse_doctype(void *ctx, const xmlChar *name, const xmlChar *id,
    const xmlChar *uri)
{
	xmlParserCtxt *p = ctx;
	struct load *l = p->_private;

	(void)name;
	(void)id;
	(void)uri;
	l->doctype = true;
	dict_faults_add(l->faults, true, (unsigned)xmlSAX2GetLineNumber(p),
	    "a DOCTYPE is not allowed");
	xmlStopParser(p);
}

static xmlDoc *
parse(struct load *l, const char *text, size_t len)
{
	xmlParserCtxt *p = xmlNewParserCtxt();
	const xmlError *e;
	xmlDoc *doc;
	size_t n;

	if (p == NULL)
		return NULL;
	p->_private = l;
	p->sax->internalSubset = refuse_doctype;
	p->sax->externalSubset = refuse_doctype;
	doc = xmlCtxtReadMemory(p, text, (int)len, NULL, NULL,
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
		XML_PARSE_BIG_LINES | XML_PARSE_NOCDATA);
	if (l->doctype || !p->wellFormed) {
		xmlFreeDoc(doc);
		doc = NULL;
	}
	if (doc == NULL && !l->doctype) {
		e = xmlCtxtGetLastError(p);
		n = e == NULL || e->message == NULL ? 0 : strlen(e->message);
		while (n > 0 && e->message[n - 1] == '\n')
			n--;
		dict_faults_add(l->faults, true,
		    e == NULL || e->line < 0 ? 0 : (unsigned)e->line,
		    "no well-formed XML: %.*s", (int)n,
		    n == 0 ? "" : e->message);
	}
	xmlFreeParserCtxt(p);
	return doc;
}

static int
load_text(struct load *l, struct dict **out, const char *text, size_t len)
{
	xmlDoc *doc;
	xmlNode *root;
	int err;

	doc = parse(l, text, len);
	if (doc == NULL)
		return FG_EINVAL;
	root = xmlDocGetRootElement(doc);
	if (is(root, "fix")) {
		load_root(l, root);
		load_sections(l, root);
		err = dict_build_finish(l->b, out);
	} else {
		dict_faults_add(l->faults, true, line_of(root),
		    "the root element is %s, not fix",
		    (const char *)root->name);
		err = FG_EINVAL;
	}
	xmlFreeDoc(doc);
	if (err == FG_ELIMIT)
		dict_faults_add(l->faults, true, 0, "too many definitions");
	return err;
}

int
dict_xml_load_mem(struct dict **out, const char *text, size_t len,
    unsigned flags, struct dict_faults *faults)
{
	struct load l = { .faults = faults, .flags = flags };
	int err;

	if (len > DICT_XML_MAX) {
		dict_faults_add(faults, true, 0, "longer than %d bytes",
		    DICT_XML_MAX);
		return FG_ELIMIT;
	}
	l.b = dict_build_new(flags, faults);
	if (l.b == NULL)
		return FG_ENOMEM;
	err = load_text(&l, out, text, len);
	dict_build_free(l.b);
	dict_faults_sort(faults);
	return err;
}

int
dict_xml_read(struct buf *text, const char *path)
{
	FILE *f = fopen(path, "rbe");
	size_t n, first = text->len;
	int err = 0;

	if (f == NULL)
		return fg_errno(errno);
	do {
		err = buf_reserve(text, BUFSIZ);
		if (err != 0)
			break;
		n = fread(text->p + text->len, 1, BUFSIZ, f);
		text->len += n;
		if (text->len - first > DICT_XML_MAX)
			err = FG_ELIMIT;
	} while (n > 0 && err == 0);
	if (err == 0 && ferror(f))
		err = FG_EIO;
	fclose(f);
	return err;
}

int
dict_xml_load(struct dict **out, const char *path, unsigned flags,
    struct dict_faults *faults)
{
	struct buf text = { 0 };
	int err = dict_xml_read(&text, path);

	if (err != 0)
		dict_faults_add(faults, true, 0, "%s", fg_strerror(err));
	else
		err = dict_xml_load_mem(out, text.p, text.len, flags, faults);
	buf_free(&text);
	return err;
}
