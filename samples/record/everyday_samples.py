"""Samples of the programs of every day (everyday.py): how BoringSSL, rustls, s2n, picotls and the programs around OpenSSL, GnuTLS and Go
refuse, and what looks alarming among them and works.
"""

import glob
import socket
import struct
import subprocess

import everyday
import extensions
from everyday import connect, serve, stacks_of
from hello import context
from lab import SERVER as ADDRESS
from lab import sample
from ok_ways import ok
from pki import NAME
from stacks import shown

CLIENT, SERVER = "10.77.0.2", "10.77.0.1"
SEALED = "sealed, so that its number is not on the wire"


def alerted(number, side):
    return (f"ip.src == {side} && tls.alert_message.desc == {number}",)


def version(word):
    return {"12": "1.2", "13": "1.3"}[word]


# ---- clients that refuse the server's certificate ----

FAULTS = {"expired": ("expired", {}, "The certificate expired in 2021"),
          "name_mismatch": ("wrong_name", {}, "The certificate is for another name"),
          "self_signed": ("self_signed", {}, "The certificate is self-signed"),
          "untrusted_root": ("untrusted", {}, "The client does not know the root"),
          "incomplete_chain": ("good", {"behind": []}, "The server sends its certificate without the intermediate that signed it"),
          "wrong_usage": ("wrong_usage", {}, "The certificate is for clients")}
MANNERS = {"notify": ("the client finishes the handshake and leaves without a request", ()),
           "pause": ("the client pauses, then leaves without an alert that says why", ()),
           "reset": ("the client leaves without an alert", ())}


def refused(fault, cases):
    preset, how, about = FAULTS[fault]
    for word in cases.split():
        place, manner = word.split(":")
        client, server, tls = place.split("-")
        told, expect = MANNERS.get(manner) or (f"alert {manner} by the client", alerted(manner, CLIENT))

        def recipe(lab, client=client, server=server, tls=tls):
            serve(lab, server, cert=shown(lab, preset, **how), tls=version(tls))
            connect(lab, client)
        sample(f"certificate.{fault}~{place}", f"{about}: {told}.", stacks_of(server, client), version(tls), expect=expect)(recipe)


refused("expired", "git-caddy-12:notify aws-lighttpd-12:pause deno-apache-12:45 ruby-hitch-12:45 php-stunnel-12:45")
refused("name_mismatch", "aws-hitch-12:pause ruby-apache-12:42 deno-caddy-12:42")
refused("self_signed", "aws-apache-12:pause perl-stunnel-12:48")
refused("untrusted_root", "ruby-lighttpd-12:48 deno-stunnel-12:48")
refused("incomplete_chain", "php-hitch-12:48 deno-lighttpd-12:48")
refused("wrong_usage", "ruby-stunnel-12:43 php-caddy-12:43")

for place, preset, manner in (("aws-caddy-13", "expired", "after a pause, without a word"),
                              ("perl-caddy-13", "wrong_name", "with alert 80 (internal_error), since its own check of the name fails"),
                              ("deno-hitch-13", "wrong_name", "with an alert that is " + SEALED)):
    def recipe(lab, place=place, preset=preset):
        client, server, _ = place.split("-")
        serve(lab, server, cert=preset, tls="1.3")
        connect(lab, client)
    sample(f"certificate.rejected~{place}", f"The client refuses the certificate ({preset}) {manner}.",
           stacks_of(*reversed(place.split("-")[:2])), "1.3", expect=("tls.app_data",))(recipe)


# ---- servers that refuse the client's ----

def refused_client(fault, preset, cases):
    for word in cases.split():
        place, number = word.split(":")
        client, server, tls = place.split("-")

        def recipe(lab, client=client, server=server, tls=tls):
            serve(lab, server, tls=version(tls), ask="need")
            connect(lab, client, own=preset and shown(lab, preset))
        about = f"The server requires a client certificate and is given {'a bad one' if preset else 'none'}: alert {number} by the server."
        sample(f"client_certificate.{fault}~{place}", about, stacks_of(server, client), version(tls),
               expect=alerted(number, SERVER))(recipe)


refused_client("missing", None, "deno-caddy-12:42 ruby-hitch-12:40 aws-apache-12:40")
refused_client("untrusted", "client_untrusted", "perl-stunnel-12:48 php-apache-12:48")
refused_client("expired", "client_expired", "deno-stunnel-12:45")


# ---- what TLS 1.3 cannot do without ----

for name, server, how in (("key_share", "deno", "alert 40"), ("signature_algorithms", "bun", "alert 40"),
                          ("supported_groups", "deno", "alert 40"), ("supported_groups", "h2o", "a close"), ("key_share", "h2o", "a close")):
    def recipe(lab, name=name, server=server):
        serve(lab, server)

        def ask():
            with socket.create_connection((ADDRESS, 443), 5) as connection:
                connection.sendall(extensions.hello_without(extensions.KNOWN[name]))
                connection.settimeout(3)
                while connection.recv(4096):
                    pass
        lab.script_client(ask, f"a ClientHello of OpenSSL without {name}")
    sample(f"extension.required~{name.replace('_', '-')}-{server}-13", f"The ClientHello for TLS 1.3 has no {name}: {how} by the server.",
           (everyday.CALLED[server], "script client"), "1.3",
           expect=alerted(40, SERVER) if how == "alert 40" else (f"ip.src == {SERVER} && tcp.flags.fin == 1",))(recipe)


# ---- a client that is too old, at a server that only closes ----

@sample("version.client_too_old~h2o-openssl-11", "The client offers TLS 1.1 at most: the server closes without a word.",
        (everyday.CALLED["h2o"], "openssl s_client"), "1.1", expect=(f"ip.src == {SERVER} && tcp.flags.fin == 1",))
def _(lab):
    serve(lab, "h2o")
    lab.client(["openssl", "s_client", "-connect", SERVER + ":443", "-servername", NAME, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])


# ---- brokers and databases ----

def mosquitto(lab, *lines, tls=True):
    pair = [f"certfile {lab.pki['good'].chain}", f"keyfile {lab.pki['good'].key}"] if tls else []
    text = "\n".join(["listener 443", "allow_anonymous true", "user root", *pair, *lines, ""])
    lab.server(["mosquitto", "-c", lab.file("mosquitto.conf", text)])


def publish(lab, *words):
    lab.client(["mosquitto_pub", "-h", NAME, "-p", "443", "-t", "topic", "-m", "message", *words])


BROKER = ("mosquitto", "mosquitto_pub")
everyday.laboratory.STACKS["mosquitto_pub"] = ["dpkg-query", "-W", "mosquitto-clients"]


@ok("mqtt-mosquitto", "A message to an MQTT broker.", BROKER)
def _(lab):
    mosquitto(lab)
    publish(lab, "--cafile", lab.pki.root)


for variant, identity, key in (("key", "bob", "aabb"), ("identity", "eve", "00112233")):
    def recipe(lab, identity=identity, key=key):
        mosquitto(lab, "psk_hint hint", "psk_file " + lab.file("psk", "bob:00112233\n"), tls=False)
        publish(lab, "--psk", key, "--psk-identity", identity)
    sample(f"psk.rejected~{variant}-mosquitto-mosquitto", f"The broker does not know the client's {variant}.", BROKER,
           expect=(f"ip.src == {SERVER} && tls.alert_message.level == 2",))(recipe)


def postgres(lab):
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    lab.folder.chmod(0o777)
    data = lab.folder / "data"
    nobody = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    subprocess.run([*nobody, f"{programs}/initdb", "-D", data, "-A", "trust", "-U", "postgres"], check=True, capture_output=True)
    (data / "pg_hba.conf").write_text("host all all 10.77.0.0/24 trust\n")
    lab.server([*nobody, f"{programs}/postgres", "-D", data, "-h", "0.0.0.0", "-k", lab.folder], port=5432)


def psql(lab, mode):
    lab.client(["psql", f"host={NAME} user=postgres sslmode={mode}", "-c", "select 1"])


@sample("protocol.starttls_refused~psql-require", "The client requires TLS, the PostgreSQL server has none.", ("postgres", "psql"))
def _(lab):
    postgres(lab)
    psql(lab, "require")


@ok("postgres-prefers", "The client prefers TLS, the PostgreSQL server has none: they go on in clear.", ("postgres", "psql"), "",
    expect=("pgsql",))
def _(lab):
    postgres(lab)
    psql(lab, "prefer")


# ---- plain HTTP at a TLS port, and a proxy ----

for server in ("apache", "caddy", "stunnel", "h2o", "deno"):
    def recipe(lab, server=server):
        serve(lab, server)
        lab.client(["wget", "-qO-", "--tries=1", "--timeout=5", f"http://{NAME}:443/"])
    sample(f"protocol.client_not_tls~wget-{server}", "Plain HTTP to a TLS port.", (everyday.CALLED[server], "wget"))(recipe)


def squid(lab, rule):
    lab.folder.chmod(0o777)
    lab.server(["squid", "-N", "-f", lab.file("squid.conf", (
        f"http_port 3128\n{rule}\ncache deny all\naccess_log none\ncache_log /dev/stderr\npid_filename none\n"
        f"coredump_dir {lab.folder}\n"))], port=3128)


@sample("protocol.proxy_refused~squid-git", "The proxy denies the tunnel.", ("squid", "git"))
def _(lab):
    squid(lab, "http_access deny all")
    lab.client(["git", "ls-remote", everyday.URL + "x.git"], env={"https_proxy": f"http://{SERVER}:3128", "HOME": str(lab.folder)})


# ---- what works ----

def works(variant, about, server, client, **how):
    tls = how.get("tls", "1.3")

    @ok(variant, about, stacks_of(server, client), tls)
    def _(lab):
        serve(lab, server, **how)
        connect(lab, client, own=shown(lab, "client") if how.get("ask") == "need" else None)


FOR_ALL = "<Location />\nSSLVerifyClient require\n</Location>\n"
works("forbidden-deno-apache-13", "Apache wants a certificate behind the handshake; the client cannot give one and reads 403.", "apache",
      "deno", tls="1.3", more=FOR_ALL)
works("hello-retry-deno-apache", "A HelloRetryRequest.", "apache", "deno", tls="1.3", more="SSLOpenSSLConfCmd Curves secp384r1")
works("hello-retry-aws-apache", "A HelloRetryRequest.", "apache", "aws", tls="1.3", more="SSLOpenSSLConfCmd Curves secp256r1")
works("mutual-empty-aws-caddy-13", "The server asks for a certificate, the client has none, they go on.", "caddy", "aws", tls="1.3", ask="want")
works("mutual-empty-ruby-apache-12", "The server asks for a certificate, the client has none, they go on.", "apache", "ruby", tls="1.2", ask="want")
works("mutual-deno-hitch-13", "A client certificate that the server wants.", "hitch", "deno", tls="1.3", ask="need")
works("bun-caddy-13", "BoringSSL and Go.", "caddy", "bun", tls="1.3")
works("ldap-stunnel-12", "OpenLDAP's client and stunnel; what is behind it speaks another protocol.", "stunnel", "ldap", tls="1.2")


@ok("renegotiation-apache-bun-12", "Apache asks for a certificate in a renegotiation, and BoringSSL gives it.", stacks_of("apache", "bun"),
    "1.2")
def _(lab):
    serve(lab, "apache", tls="1.2", more=FOR_ALL)
    connect(lab, "bun", own=shown(lab, "client"))


for name, tls, server in (("accepted-expired-bun-apache-12", "12", "apache"), ("accepted-wrong-name-git-caddy-12", "12", "caddy"),
                          ("accepted-expired-aws-lighttpd-12", "12", "lighttpd")):
    def recipe(lab, name=name, tls=tls, server=server):
        serve(lab, server, cert="expired" if "expired" in name else "wrong_name", tls=version(tls))
        connect(lab, name.split("-")[-3], verify=False)
    ok(name, "A bad certificate that the client accepts.", stacks_of(server, name.split("-")[-3]), version(tls))(recipe)


def probe(variant, about, server, tls, leave, sni=None):
    @ok(f"probe-{variant}-{server}-{tls.replace('.', '')}", about, (everyday.CALLED[server], "script client"), tls, expect=(), refuse=())
    def _(lab):
        serve(lab, server, tls=None if server in ("deno", "bun") else tls)

        def look():
            with context(tls, tls).wrap_socket(socket.create_connection((ADDRESS, 443), 5), server_hostname=sni) as connection:
                leave(connection)
        lab.script_client(look, about)


def vanish(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


for server in ("apache", "deno"):
    for tls in ("1.2", "1.3"):
        probe("resets", "A health check resets as soon as the handshake is complete.", server, tls, vanish)
probe("closes", "A health check closes as soon as the handshake is complete.", "caddy", "1.2", lambda connection: None, NAME)
