/* quickfix.c: the QuickFIX format: everything refers by name. */
#include "dict/xml/load.h"

#include <string.h>
#include <strings.h>

/* Attributes of any element; others are told once and ignored. */
static void
odd_attributes(struct load *l, const xmlNode *n)
{
	static const char *const known[] = { "allowOtherValues", "description",
		"enum", "extensionpack", "major", "minor", "msgcat", "msgtype",
		"name", "number", "required", "servicepack", "type", NULL };
	const xmlAttr *a;
	size_t i;

	for (a = n->properties; a != NULL; a = a->next) {
		for (i = 0; known[i] != NULL; i++)
			if (strcmp(known[i], (const char *)a->name) == 0)
				break;
		if (known[i] == NULL && load_is_new(l, a->name))
			LOAD_WARN(l, n, "attribute %s of %s is unknown and "
			    "ignored", (const char *)a->name,
			    (const char *)n->name);
	}
}

static bool
required(struct load *l, const xmlNode *n)
{
	const char *s = load_attr(n, "required");

	if (s == NULL || strcmp(s, "N") == 0 || strcmp(s, "n") == 0)
		return false;
	if (strcmp(s, "Y") == 0 || strcmp(s, "y") == 0)
		return true;
	dict_faults_add(l->faults, false, load_line(n),
	    "required='%s' of %s means N", s,
	    load_attr(n, "name") == NULL ? "?" : load_attr(n, "name"));
	return false;
}

static void
load_members(struct load *l, const xmlNode *parent, struct dict_list *to)
{
	struct dict_list *group;
	const char *name;
	xmlNode *n;

	for (n = load_element(parent->children); n != NULL;
	    n = load_element(n->next)) {
		if (!load_is(n, "field") && !load_is(n, "group") &&
		    !load_is(n, "component")) {
			load_odd(l, n);
			continue;
		}
		odd_attributes(l, n);
		name = load_needed(l, n, "name");
		if (name == NULL)
			continue;
		if (load_is(n, "field")) {
			dict_build_add_field(l->b, to, load_line(n), name,
			    required(l, n));
		} else if (load_is(n, "component")) {
			dict_build_add_component(l->b, to, load_line(n), name,
			    required(l, n));
		} else {
			group = dict_build_add_group(l->b, to, load_line(n),
			    name, required(l, n));
			load_members(l, n, group);
		}
	}
}

static void
load_values(struct load *l, const xmlNode *field, struct dict_fdef *f)
{
	const char *value;
	xmlNode *n;

	for (n = load_element(field->children); n != NULL;
	    n = load_element(n->next)) {
		if (!load_is(n, "value")) {
			load_odd(l, n);
			continue;
		}
		odd_attributes(l, n);
		value = load_needed(l, n, "enum");
		if (value != NULL)
			dict_build_value(l->b, f, value,
			    load_attr(n, "description"));
	}
}

static void
load_field(struct load *l, const xmlNode *n)
{
	const char *number = load_needed(l, n, "number");
	const char *name = load_needed(l, n, "name");
	const char *type = load_needed(l, n, "type");
	const char *open = load_attr(n, "allowOtherValues");
	struct dict_fdef *f;
	int32_t tag;

	if (number == NULL || name == NULL || type == NULL ||
	    !load_tag(l, n, name, number, &tag))
		return;
	f = dict_build_field(l->b, load_line(n), tag, name, type,
	    open != NULL &&
		(strcasecmp(open, "true") == 0 || strcasecmp(open, "Y") == 0));
	load_values(l, n, f);
}

static void
load_message(struct load *l, const xmlNode *n)
{
	const char *name = load_needed(l, n, "name");
	const char *type = load_needed(l, n, "msgtype");

	if (name != NULL && type != NULL)
		load_members(l, n,
		    dict_build_message(l->b, load_line(n), name, type));
}

static void
load_component(struct load *l, const xmlNode *n)
{
	const char *name = load_needed(l, n, "name");

	if (name != NULL)
		load_members(l, n, dict_build_component(l->b, load_line(n), name));
}

/* Call for each child of this name; others are odd. */
static void
each(struct load *l, const xmlNode *section, const char *name,
    void (*call)(struct load *, const xmlNode *))
{
	xmlNode *n;

	for (n = load_element(section->children); n != NULL;
	    n = load_element(n->next)) {
		if (!load_is(n, name)) {
			load_odd(l, n);
			continue;
		}
		odd_attributes(l, n);
		call(l, n);
	}
}

static void
load_root(struct load *l, const xmlNode *root)
{
	const char *type = load_attr(root, "type");
	const char *major = load_attr(root, "major");

	dict_build_root(l->b, type, major, load_attr(root, "minor"),
	    load_attr(root, "servicepack"));
	if (load_version(l, root))
		return;
	if (type != NULL && strcmp(type, "FIX") != 0 &&
	    strcmp(type, "FIXT") != 0)
		LOAD_WARN(l, root, "type='%s' is neither FIX nor FIXT", type);
	if (major == NULL)
		LOAD_SOFT(l, root, "fix without major");
}

void
load_quickfix(struct load *l, const xmlNode *root)
{
	bool has_messages = false, has_fields = false;
	xmlNode *n;

	load_root(l, root);
	odd_attributes(l, root);
	for (n = load_element(root->children); n != NULL;
	    n = load_element(n->next)) {
		if (load_is(n, "header")) {
			load_members(l, n, dict_build_header(l->b));
		} else if (load_is(n, "trailer")) {
			load_members(l, n, dict_build_trailer(l->b));
		} else if (load_is(n, "messages")) {
			has_messages = true;
			each(l, n, "message", load_message);
		} else if (load_is(n, "components")) {
			each(l, n, "component", load_component);
		} else if (load_is(n, "fields")) {
			has_fields = true;
			each(l, n, "field", load_field);
		} else {
			load_odd(l, n);
		}
	}
	if (!has_fields)
		dict_faults_add(l->faults, true, load_line(root),
		    "there is no section fields");
	if (!has_messages)
		dict_faults_add(l->faults, true, load_line(root),
		    "there is no section messages");
}
