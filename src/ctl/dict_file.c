#include "ctl/dict_file.h"

#include "base/err.h"
#include "ctl/ctl.h"

struct dict *
dict_file_load(const char *path, const struct dict_xml_options *options)
{
	struct dict_faults faults = { 0 };
	struct buf text = { 0 };
	struct dict *d = NULL;
	size_t i;
	int err;

	err = dict_xml_read(&text, path);
	if (err == 0)
		err = dict_xml_load_with(&d, text.p, text.len, 0, options,
		    &faults);
	for (i = 0; err != 0 && i < faults.n; i++)
		if (faults.fault[i].error)
			ctl_complain("%s:%u: %s", path, faults.fault[i].line,
			    faults.fault[i].text);
	if (err != 0 && faults.errors == 0)
		ctl_complain("%s: %s", path, fg_strerror(err));
	dict_faults_free(&faults);
	buf_free(&text);
	return err == 0 ? d : NULL;
}
