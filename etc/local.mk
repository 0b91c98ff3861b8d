EXTRA_DIST += \
	etc/examples/broker.conf \
	etc/examples/exchange.conf
dist_doc_DATA = etc/fixgate.conf
