# man
dist_man_MANS += man/fixgate.7
dist_man_MANS += man/fixgated.8
dist_man_MANS += man/fixgate.conf.5
dist_man_MANS += man/fixgate-link.7
dist_man_MANS += man/fixgate-lua.5
dist_man_MANS += man/fixgate-store.5
dist_man_MANS += man/fixgate-client.8
dist_man_MANS += man/fixgatectl.8
dist_man_MANS += man/fixgate-streamer.8
dist_man_MANS += man/fixgate-dict.5
