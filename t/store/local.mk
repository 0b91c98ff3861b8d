# t/store
