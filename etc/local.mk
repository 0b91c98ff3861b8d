EXTRA_DIST += \
	etc/examples/broker.conf \
	etc/examples/exchange.conf
