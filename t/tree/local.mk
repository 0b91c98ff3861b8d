# t/tree
