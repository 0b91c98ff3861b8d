# t/dict
