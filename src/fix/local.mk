# fix
