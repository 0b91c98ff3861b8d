# dpkg-buildpackage -b makes a package of this.
EXTRA_DIST += \
	debian/changelog \
	debian/control \
	debian/copyright \
	debian/fixgate.postinst \
	debian/fixgate.postrm \
	debian/fixgate.prerm \
	debian/rules \
	debian/source/format
