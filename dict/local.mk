# One dictionary for each version; NOTICE says where the facts come from.
dictionarydir = $(pkgdatadir)/dict
dist_dictionary_DATA = \
	dict/FIX40.xml \
	dict/FIX41.xml \
	dict/FIX42.xml \
	dict/FIX43.xml \
	dict/FIX44.xml \
	dict/FIX50.xml \
	dict/FIX50SP1.xml \
	dict/FIX50SP2.xml \
	dict/FIXT11.xml
EXTRA_DIST += dict/NOTICE dict/make-dict.py
