# What an operator of a broker and of an exchange would write; ./demo runs it.
exampledir = $(docdir)/examples
dist_example_DATA = \
	etc/examples/alerts.lua \
	etc/examples/book.py \
	etc/examples/broker-client.lua \
	etc/examples/broker-streamer.lua \
	etc/examples/broker.conf \
	etc/examples/exchange-client.lua \
	etc/examples/exchange-streamer.lua \
	etc/examples/exchange.conf
dist_example_SCRIPTS = etc/examples/page.sh
dist_doc_DATA = etc/fixgate.conf etc/prometheus/fixgate.rules.yml

# What starts and keeps the daemons, with the folders of this build in it.
initdir = $(sysconfdir)/init.d
unitdir = $(prefix)/lib/systemd/system
logrotatedir = $(sysconfdir)/logrotate.d
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d

init_SCRIPTS = \
	etc/init.d/fixgated \
	etc/init.d/fixgate-streamer \
	etc/init.d/fixgate-client
unit_DATA = \
	etc/systemd/fixgated.service \
	etc/systemd/fixgate-streamer.service \
	etc/systemd/fixgate-client.service
logrotate_DATA = etc/logrotate.d/fixgate
completiondir = $(datadir)/bash-completion/completions
dist_completion_DATA = etc/bash-completion/fixgatectl
dist_sysusers_DATA = etc/sysusers.d/fixgate.conf
dist_tmpfiles_DATA = etc/tmpfiles.d/fixgate.conf

EXTRA_DIST += \
	etc/container/Containerfile \
	etc/init.d/daemon.in \
	etc/logrotate.d/fixgate.in \
	etc/systemd/fixgate-client.service.in \
	etc/systemd/fixgate-streamer.service.in \
	etc/systemd/fixgated.service.in \
	etc/systemd/sandbox
CLEANFILES += $(init_SCRIPTS) $(unit_DATA) $(logrotate_DATA)

# Not @NAME@ in one piece: configure must not see them.
etc_subst = $(SED) \
	-e 's|[@]sbindir[@]|$(sbindir)|g' \
	-e 's|[@]sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|[@]rundir[@]|/run|g'
etc/init.d/fixgated: etc/init.d/daemon.in Makefile
	$(AM_V_GEN)$(MKDIR_P) etc/init.d && $(etc_subst) -e 's|[@]ARGS[@]||' \
	    -e 's|[@]NAME[@]|fixgated|g' -e 's|[@]CONFIG[@]|fixgate.conf|g' \
	    -e 's|[@]TEXT[@]|FIX gateway|g' -e 's|[@]AFTER[@]||' \
	    $(srcdir)/etc/init.d/daemon.in >$@.tmp && chmod +x $@.tmp && \
	    mv $@.tmp $@

etc/init.d/fixgate-streamer: etc/init.d/daemon.in Makefile
	$(AM_V_GEN)$(MKDIR_P) etc/init.d && $(etc_subst) \
	    -e 's|[@]ARGS[@]| -l syslog|' \
	    -e 's|[@]NAME[@]|fixgate-streamer|g' \
	    -e 's|[@]CONFIG[@]|streamer.lua|g' \
	    -e 's|[@]TEXT[@]|streams of FIX messages and rows|g' \
	    -e 's|[@]AFTER[@]| fixgated|' \
	    $(srcdir)/etc/init.d/daemon.in >$@.tmp && chmod +x $@.tmp && \
	    mv $@.tmp $@

etc/init.d/fixgate-client: etc/init.d/daemon.in Makefile
	$(AM_V_GEN)$(MKDIR_P) etc/init.d && $(etc_subst) \
	    -e 's|[@]ARGS[@]| -l syslog|' \
	    -e 's|[@]NAME[@]|fixgate-client|g' \
	    -e 's|[@]CONFIG[@]|client.lua|g' \
	    -e 's|[@]TEXT[@]|clients of streams|g' \
	    -e 's|[@]AFTER[@]| fixgated fixgate-streamer|' \
	    $(srcdir)/etc/init.d/daemon.in >$@.tmp && chmod +x $@.tmp && \
	    mv $@.tmp $@

$(unit_DATA): etc/systemd/sandbox Makefile
	$(AM_V_GEN)$(MKDIR_P) etc/systemd && $(etc_subst) \
	    -e '/^[@]sandbox[@]$$/{r $(srcdir)/etc/systemd/sandbox' -e 'd' \
	    -e '}' $(srcdir)/$@.in >$@.tmp && mv $@.tmp $@
etc/systemd/fixgated.service: etc/systemd/fixgated.service.in
etc/systemd/fixgate-streamer.service: etc/systemd/fixgate-streamer.service.in
etc/systemd/fixgate-client.service: etc/systemd/fixgate-client.service.in

etc/logrotate.d/fixgate: etc/logrotate.d/fixgate.in Makefile
	$(AM_V_GEN)$(MKDIR_P) etc/logrotate.d && $(etc_subst) \
	    $(srcdir)/etc/logrotate.d/fixgate.in >$@.tmp && mv $@.tmp $@
