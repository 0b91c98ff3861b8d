# t/fix
