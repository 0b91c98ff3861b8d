# man
dist_man_MANS += man/fixgated.8
