#!/bin/sh
# Certificates for tests, made anew: certs.sh DIR. NAME.pem is a certificate,
# NAME.key its key:
#   ca            the authority that all but these trust:
#   rogue         one that nobody knows, and the client `stranger' it made
#   server        for localhost and 127.0.0.1; `renewed' is another one
#   client        CN=BANZAI, URI fix:banzai; other: CN=OTHER
#   elsewhere     a server of another name
#   soon, month   a server's that expires in 3 and in 20 days; leaving: a
#                 client's, in 20
#   short         a server's whose issuer, in its file, expires in 20
#   expired, revoked (crl.pem tells; crl-old.pem has expired itself)
#   deep          a client of an authority between; its file has both
#   rsa-server, rsa-client   with RSA keys, as all others have none
#   weak          a server with a 1024-bit RSA key
# server.p12, client.p12 (with key) and trust.p12 (ca): the password is
# "secret", as of locked.key, the server's. old.jks begins as Java's do.
# trusted/ and lists/ hold ca.pem and crl.pem, by their hashes.
set -e
cd "$1"
exec 2>openssl.log
# Nothing of the machine's own settings.
cat >openssl.cnf <<'END'
[req]
distinguished_name = dn
[dn]
[ca]
default_ca = test
[test]
database = index
crlnumber = crlnumber
serial = serial
default_md = sha256
policy = any
new_certs_dir = .
default_crl_days = 30
unique_subject = no
copy_extensions = copy
email_in_dn = no
[any]
commonName = supplied
organizationName = optional
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:FALSE
END
export OPENSSL_CONF="$PWD/openssl.cnf"
: >index
echo 1000 >crlnumber
echo 2000 >serial

root() { # NAME SUBJECT
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -days 400 -subj "$2" -extensions root -keyout "$1.key" -out "$1.pem"
}

make_cert() { # NAME ISSUER SUBJECT EXTENSIONS OPTIONS...
	name=$1 issuer=$2 subject=$3 ext=$4
	shift 4
	[ -f "$name.key" ] || openssl genpkey -algorithm EC \
	    -pkeyopt ec_paramgen_curve:P-256 -out "$name.key"
	openssl req -new -key "$name.key" -subj "$subject" ${ext:+-addext} \
	    ${ext:+"subjectAltName=$ext"} -out "$name.csr"
	openssl ca -batch -notext -cert "$issuer.pem" -keyfile "$issuer.key" \
	    -in "$name.csr" -out "$name.pem" "$@"
}

here=DNS:localhost,IP:127.0.0.1
root ca "/CN=Test CA"
root rogue "/CN=Rogue CA"
make_cert server ca "/O=Venue Ltd/CN=venue" "$here" -extensions leaf -days 200
make_cert renewed ca "/O=Venue Ltd/CN=venue 2" "$here" -extensions leaf -days 250
make_cert elsewhere ca "/CN=elsewhere" DNS:example.com -extensions leaf -days 200
make_cert client ca "/O=Banzai Ltd/CN=BANZAI" \
    URI:fix:banzai,DNS:Banzai.example -extensions leaf -days 200
make_cert other ca /CN=OTHER '' -extensions leaf -days 200
make_cert stranger rogue /CN=BANZAI '' -extensions leaf -days 200
make_cert expired ca /CN=BANZAI "$here" -extensions leaf \
    -startdate 20200101000000Z -enddate 20210101000000Z
make_cert soon ca "/CN=venue" "$here" -extensions leaf -days 3
make_cert month ca "/CN=venue" "$here" -extensions leaf -days 20
make_cert leaving ca /CN=LEAVING '' -extensions leaf -days 20
make_cert revoked ca /CN=BANZAI '' -extensions leaf -days 200
make_cert middle ca "/CN=Middle CA" '' -extensions root -days 200
make_cert deep middle /CN=DEEP '' -extensions leaf -days 200
cat middle.pem >>deep.pem
make_cert brief ca "/CN=Brief CA" '' -extensions root -days 20
make_cert short brief "/CN=venue" "$here" -extensions leaf -days 100
cat brief.pem >>short.pem
for name in rsa-server rsa-client; do
	openssl genrsa -out $name.key 2048
done
make_cert rsa-server ca /CN=venue "$here" -extensions leaf -days 200
make_cert rsa-client ca /CN=BANZAI '' -extensions leaf -days 200
openssl genrsa -out weak.key 1024
make_cert weak ca /CN=weak "$here" -extensions leaf -days 200
openssl ca -batch -cert ca.pem -keyfile ca.key -revoke revoked.pem
openssl ca -cert ca.pem -keyfile ca.key -gencrl -out crl.pem
openssl ca -cert ca.pem -keyfile ca.key -gencrl -out crl-old.pem \
    -crl_lastupdate 20200101000000Z -crl_nextupdate 20210101000000Z
for name in server client; do
	openssl pkcs12 -export -in $name.pem -inkey $name.key \
	    -passout pass:secret -out $name.p12
done
openssl pkcs12 -export -nokeys -in ca.pem -passout pass:secret -out trust.p12
openssl pkey -aes256 -in server.key -passout pass:secret -out locked.key
mkdir -p trusted lists
cp ca.pem trusted
cp crl.pem lists
openssl rehash trusted
openssl rehash lists
printf '\376\355\376\355\0\0\0\2' >old.jks
