"""Every TLS stack as a client and as a server under one set of words, for recipes that try a certificate or key on many stacks.

    serve(lab, "nginx", own=shown(lab, "expired"), tls="1.2")
    connect(lab, "gnutls", tls="1.2")

serve's words: own, a Shown (None: no certificate); tls: "1.2" or "1.3" only, None both; ask: "want" or "need" a client certificate;
ca: PEM of roots for client certificates; crl: PEM of revocation lists; more: further words of the command line; keys: write the
key log. connect's words are the same; name is the server name that is asked for and checked; verify=False accepts any server.

Programs of ours that drive a library (folder peers/) are compiled once for each run.
"""

import pathlib
import subprocess

import lab as laboratory
from lab import HERE, SERVER
from pki import NAME

PEERS = HERE / "peers"
REQUEST = "GET / HTTP/1.0\r\n\r\n"
BOUNCY = ":".join(f"/usr/share/java/{jar}.jar" for jar in ("bctls", "bcprov", "bcutil", "bcpkix"))
laboratory.STACKS["bctls"] = ["dpkg-query", "-W", "libbctls-java"]

# The stack's name here -> what the sample's table calls it, as client and as server.
CLIENTS = {"openssl": "openssl s_client", "curl": "curl", "gnutls": "gnutls-cli", "nss": "tstclnt", "java": "javac (JSSE client)",
           "bc": "bctls client", "go": "go client", "node": "node client", "erlang": "erl ssl client", "mbedtls": "mbedtls client",
           "wolfssl": "wolfssl client", "bearssl": "bearssl client", "chromium": "chromium"}
SERVERS = {"openssl": "openssl s_server", "gnutls": "gnutls-serv", "nss": "selfserv", "nginx": "nginx", "haproxy": "haproxy",
           "java": "javac (JSSE server)", "bc": "bctls server", "go": "go server", "node": "node server",
           "erlang": "erl ssl server", "mbedtls": "mbedtls server", "wolfssl": "wolfssl server"}


class Shown:
    """What a peer shows of itself: its certificate, the certificates sent behind it, its key."""

    def __init__(self, name, cert, key, behind, folder):
        self.name, self.cert, self.key = name, str(cert), str(key)
        texts = [pathlib.Path(path).read_text() for path in behind]
        self.behind = str(folder / f"{name}.behind.pem") if texts else None
        self.chain = str(folder / f"{name}.shown.pem")
        self.both = str(folder / f"{name}.both.pem")
        if texts:
            pathlib.Path(self.behind).write_text("".join(texts))
        leaf = pathlib.Path(cert).read_text()
        pathlib.Path(self.chain).write_text(leaf + "".join(texts))
        pathlib.Path(self.both).write_text(pathlib.Path(key).read_text() + leaf + "".join(texts))


def shown(lab, name, behind=None, key=None, **issue):
    """The certificate `name` (made with `issue`'s words when there are any) and what is sent behind it: names of CAs, or its
    own issuer unless that is a root. `key` is the name of another certificate whose key is used instead of its own."""
    cert = lab.pki.issue(name, **issue) if issue else lab.pki[name]
    if behind is None:
        behind = [cert.issuer] if cert.issuer not in (None, "root", "other_root") else []
    used = lab.pki[key] if key else cert
    return Shown(name, cert.cert, used.key, [lab.pki[one].cert for one in behind], lab.folder)


def program(lab, source):
    """The path of a compiled program of ours (for Java, of the folder that holds the class)."""
    stem = pathlib.Path(source).stem
    target = lab.pki.folder / "programs" / stem
    if target.exists():
        return str(target)
    target.parent.mkdir(exist_ok=True)
    if source.endswith(".java"):
        argv = ["javac", "-d", target, PEERS / source]
    elif source.endswith(".go"):
        argv = ["go", "build", "-o", target, PEERS / source]
    else:
        libraries = {"mbedtls": "-lmbedtls -lmbedx509 -lmbedcrypto"}
        library = stem.split("_")[0]
        argv = ["cc", "-O1", "-o", target, PEERS / source, *libraries.get(library, "-l" + library).split()]
    subprocess.run([str(word) for word in argv], check=True)
    return str(target)


def java(lab, bouncy, *options):
    folder = program(lab, "Peer.java")
    return ["java", "-XX:TieredStopAtLevel=1", *options, "-cp", folder + (":" + BOUNCY if bouncy else ""), "Peer"]


def pairs(own, **settings):
    """key=value words for the programs of ours; settings that are None or False are left out."""
    if own:
        settings.update(chain=own.chain, key=own.key)
    return [f"{key}={value}" for key, value in settings.items() if value]


def versions(tls, one_two, one_three):
    return {"1.2": list(one_two), "1.3": list(one_three), None: []}[tls]


def gnutls_priority(tls, more=()):
    words = {"1.2": ":-VERS-ALL:+VERS-TLS1.2", "1.3": ":-VERS-ALL:+VERS-TLS1.3", None: ""}[tls]
    extra = [word for word in more if word.startswith(":")]
    return ["--priority", "NORMAL" + words + "".join(extra)] + [word for word in more if not word.startswith(":")]


def java_protocols(tls):
    return {"1.2": "TLSv1.2", "1.3": "TLSv1.3", None: None}[tls]


class Peer:
    """The words of serve and connect, with what every stack needs of them."""

    def __init__(self, lab, own, tls, ask, ca, crl, more, name, verify):
        self.lab, self.own, self.tls, self.ask, self.crl = lab, own, tls, ask, crl
        self.more, self.name, self.verify = list(more), name, verify
        self.ca = ca or lab.pki.root


def nss_database(peer):
    """An NSS database in which the peer's certificate, its key and (when it verifies) the root are."""
    folder = peer.lab.folder / ("nss-" + (peer.own.name if peer.own else "none") + ("" if peer.verify else "-any"))
    if folder.exists():
        return f"sql:{folder}"
    folder.mkdir()
    base = f"sql:{folder}"
    run = lambda *argv: subprocess.run(argv, check=True, capture_output=True)
    run("certutil", "-N", "-d", base, "--empty-password")
    run("certutil", "-A", "-d", base, "-n", "root", "-t", "CT,C,C", "-i", peer.ca)
    if peer.own:
        bundle = str(folder / "own.p12")
        run("openssl", "pkcs12", "-export", "-inkey", peer.own.key, "-in", peer.own.chain, "-out", bundle, "-name", peer.own.name,
            "-passout", "pass:secret")
        run("pk12util", "-i", bundle, "-d", base, "-W", "secret", "-K", "")
    if peer.crl:
        run("crlutil", "-I", "-d", base, "-i", peer.crl)
    return base


def openssl_server(peer):
    own = peer.own
    argv = ["openssl", "s_server", "-accept", "443", "-quiet", "-www", "-naccept", "20"]
    argv += ["-cert", own.cert, "-key", own.key] if own else ["-nocert"]
    argv += ["-cert_chain", own.behind] if own and own.behind else []
    argv += ["-CAfile", peer.ca, "-Verify" if peer.ask == "need" else "-verify", "5", "-verify_return_error"] if peer.ask else []
    argv += ["-CRL", peer.crl, "-crl_check"] if peer.crl else []
    return argv + versions(peer.tls, ["-tls1_2"], ["-tls1_3"]) + peer.more


def gnutls_server(peer):
    argv = ["gnutls-serv", "-p", "443", "--http", "-q"] + gnutls_priority(peer.tls, peer.more)
    argv += [f"--x509certfile={peer.own.chain}", f"--x509keyfile={peer.own.key}"] if peer.own else []
    if not peer.ask:
        return argv + ["-a"]
    argv += ["--verify-client-cert", f"--x509cafile={peer.ca}"] + (["-r"] if peer.ask == "need" else [])
    return argv + ([f"--x509crlfile={peer.crl}"] if peer.crl else [])


def nss_server(peer):
    ask = {"want": ["-r"], "need": ["-r", "-r"], None: []}[peer.ask]
    nick = ["-e" if "ecdsa" in peer.own.name else "-n", peer.own.name]
    return ["selfserv", "-d", nss_database(peer), *nick, "-p", "443", *ask,
            *versions(peer.tls, ["-V", "tls1.2:tls1.2"], ["-V", "tls1.3:tls1.3"]), *peer.more]


NGINX = """daemon off; master_process off; pid {dir}/nginx.pid; error_log stderr;
events {{ }}
http {{ access_log off; client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir};
uwsgi_temp_path {dir}; scgi_temp_path {dir};
server {{ listen 443 ssl; ssl_certificate {own.chain}; ssl_certificate_key {own.key};
{more}
location / {{ return 200 "hello\\n"; }} }} }}
"""


def nginx_server(peer):
    lines = [f"ssl_protocols {' '.join(versions(peer.tls, ['TLSv1.2'], ['TLSv1.3']) or ['TLSv1.2', 'TLSv1.3'])};"] + peer.more
    if peer.ask:
        mode = "on" if peer.ask == "need" else "optional"
        lines += [f"ssl_verify_client {mode}; ssl_verify_depth 3; ssl_client_certificate {peer.ca};"]
    lines += [f"ssl_crl {peer.crl};"] if peer.crl else []
    text = NGINX.format(dir=peer.lab.folder, own=peer.own, more="\n".join(lines))
    return ["nginx", "-p", str(peer.lab.folder), "-e", "stderr", "-c", peer.lab.file("nginx.conf", text)]


HAPROXY = """defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend tls
  bind :443 ssl crt {own.both} {more}
  http-request return status 200 content-type text/plain string "hello"
"""


def haproxy_server(peer):
    words = versions(peer.tls, ["ssl-max-ver TLSv1.2"], ["ssl-min-ver TLSv1.3"]) + peer.more
    if peer.ask:
        words += [f"verify {'required' if peer.ask == 'need' else 'optional'} ca-file {peer.ca}"]
    words += [f"crl-file {peer.crl}"] if peer.crl else []
    text = HAPROXY.format(own=peer.own, more=" ".join(words))
    return ["haproxy", "-db", "-f", peer.lab.file("haproxy.cfg", text)]


def java_server(peer, bouncy=False):
    options = [word for word in peer.more if word.startswith("-D")]
    return java(peer.lab, bouncy, *options) + ["server", "443"] + pairs(
        peer.own, ca=peer.ca, protocols=java_protocols(peer.tls), ask=peer.ask, crl=peer.crl, provider=bouncy and "BCJSSE"
    ) + [word for word in peer.more if not word.startswith("-D")]


def go_server(peer):
    argv = [program(peer.lab, "peer.go"), "-listen", ":443", "-ca", peer.ca]
    argv += ["-chain", peer.own.chain, "-key", peer.own.key] if peer.own else []
    argv += ["-ask", peer.ask] if peer.ask else []
    return argv + versions(peer.tls, ["-max", "1.2"], []) + peer.more


def node_server(peer):
    version = java_protocols(peer.tls)
    return ["node", str(PEERS / "peer.js"), "server", "443"] + pairs(
        peer.own, ca=peer.ca, min=version, max=version, ask=peer.ask, crl=peer.crl) + peer.more


def erlang_server(peer):
    return ["escript", str(PEERS / "peer.escript"), "server", "443"] + pairs(
        peer.own, ca=peer.ask and peer.ca, ask=peer.ask,
        versions=" ".join(versions(peer.tls, ["tlsv1.2"], ["tlsv1.3"]))) + peer.more


def small_server(library):
    def build(peer):
        return [program(peer.lab, library + "_peer.c"), "server", "-", "443"] + pairs(
            peer.own, ca=peer.ca, ask=peer.ask, crl=peer.crl, version=peer.tls, verify=not peer.ask and "none") + peer.more
    return build


def openssl_client(peer):
    argv = ["openssl", "s_client", "-connect", SERVER + ":443", "-servername", peer.name]
    argv += ["-verify_hostname", peer.name, "-CAfile", peer.ca, "-verify_return_error"] if peer.verify else []
    argv += ["-cert", peer.own.cert, "-key", peer.own.key] if peer.own else []
    argv += ["-cert_chain", peer.own.behind] if peer.own and peer.own.behind else []
    argv += ["-CRL", peer.crl, "-crl_check"] if peer.crl else []
    return argv + versions(peer.tls, ["-tls1_2"], ["-tls1_3"]) + peer.more


def curl_client(peer):
    argv = ["curl", "-sS", "--resolve", f"{peer.name}:443:{SERVER}"]
    argv += ["--cacert", peer.ca] if peer.verify else ["-k"]
    argv += ["--cert", peer.own.chain, "--key", peer.own.key] if peer.own else []
    argv += ["--crlfile", peer.crl] if peer.crl else []
    return argv + versions(peer.tls, ["--tls-max", "1.2"], ["--tlsv1.3"]) + peer.more + [f"https://{peer.name}/"]


def gnutls_client(peer):
    argv = ["gnutls-cli", "-p", "443", "--sni-hostname", peer.name] + gnutls_priority(peer.tls, peer.more)
    argv += ["--verify-hostname", peer.name, f"--x509cafile={peer.ca}"] if peer.verify else ["--insecure"]
    argv += [f"--x509certfile={peer.own.chain}", f"--x509keyfile={peer.own.key}"] if peer.own else []
    return argv + ([f"--x509crlfile={peer.crl}"] if peer.crl else []) + [SERVER]


def nss_client(peer):
    argv = ["tstclnt", "-h", SERVER, "-p", "443", "-a", peer.name, "-d", nss_database(peer)]
    argv += ["-n", peer.own.name] if peer.own else []
    argv += [] if peer.verify else ["-o"]
    return argv + versions(peer.tls, ["-V", "tls1.2:tls1.2"], ["-V", "tls1.3:tls1.3"]) + peer.more


def java_client(peer, bouncy=False):
    options = [word for word in peer.more if word.startswith("-D")]
    return java(peer.lab, bouncy, *options) + ["client", SERVER, "443"] + pairs(
        peer.own, name=peer.name, ca=peer.ca, protocols=java_protocols(peer.tls), crl=peer.crl,
        verify=not peer.verify and "none", provider=bouncy and "BCJSSE"
    ) + [word for word in peer.more if not word.startswith("-D")]


def go_client(peer):
    argv = [program(peer.lab, "peer.go"), "-connect", SERVER + ":443", "-name", peer.name, "-ca", peer.ca]
    argv += ["-chain", peer.own.chain, "-key", peer.own.key] if peer.own else []
    argv += [] if peer.verify else ["-insecure"]
    return argv + versions(peer.tls, ["-max", "1.2"], []) + peer.more


def node_client(peer):
    version = java_protocols(peer.tls)
    return ["node", str(PEERS / "peer.js"), "client", SERVER, "443"] + pairs(
        peer.own, name=peer.name, ca=peer.ca, min=version, max=version, crl=peer.crl, verify=not peer.verify and "none") + peer.more


def erlang_client(peer):
    return ["escript", str(PEERS / "peer.escript"), "client", SERVER, "443"] + pairs(
        peer.own, name=peer.name, ca=peer.verify and peer.ca, verify=not peer.verify and "none",
        versions=" ".join(versions(peer.tls, ["tlsv1.2"], ["tlsv1.3"]))) + peer.more


def small_client(library):
    def build(peer):
        return [program(peer.lab, library + "_peer.c"), "client", SERVER, "443"] + pairs(
            peer.own, name=peer.name, ca=peer.ca, crl=peer.crl, version=peer.tls,
            verify=not peer.verify and "none") + peer.more
    return build


def chromium_client(peer):
    home = peer.lab.folder / "home"
    (home / ".pki").mkdir(parents=True, exist_ok=True)
    database = pathlib.Path(nss_database(peer).removeprefix("sql:"))
    if not (home / ".pki/nssdb").exists():
        (home / ".pki/nssdb").symlink_to(database)
    argv = ["env", f"HOME={home}", "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--no-first-run", f"--user-data-dir={home}/profile",
            f"--host-resolver-rules=MAP {peer.name} {SERVER}, MAP * ~NOTFOUND", "--dump-dom"]
    return argv + ([] if peer.verify else ["--ignore-certificate-errors"]) + peer.more + [f"https://{peer.name}/"]


BUILD_SERVER = {"openssl": openssl_server, "gnutls": gnutls_server, "nss": nss_server, "nginx": nginx_server,
                "haproxy": haproxy_server, "java": java_server, "bc": lambda peer: java_server(peer, True), "go": go_server,
                "node": node_server, "erlang": erlang_server, "mbedtls": small_server("mbedtls"), "wolfssl": small_server("wolfssl")}
BUILD_CLIENT = {"openssl": openssl_client, "curl": curl_client, "gnutls": gnutls_client, "nss": nss_client, "java": java_client,
                "bc": lambda peer: java_client(peer, True), "go": go_client, "node": node_client, "erlang": erlang_client,
                "mbedtls": small_client("mbedtls"), "wolfssl": small_client("wolfssl"), "bearssl": small_client("bearssl"),
                "chromium": chromium_client}

# How each stack is told to write its key log; the rest cannot. Words on the command line, or an environment variable.
KEYLOG = {"openssl": ["-keylogfile", "{}"], "go": ["-keylog", "{}"], "node": ["keylog={}"]}
KEYLOG_VARIABLE = ("curl", "gnutls")


def keyed(lab, stack, keys, more, env):
    """The words and environment with which the stack writes the sample's key log."""
    env = dict(env or {})
    if keys and stack in KEYLOG_VARIABLE:
        env["SSLKEYLOGFILE"] = lab.keylog
    elif keys:
        more = list(more) + [word.format(lab.keylog) for word in KEYLOG[stack]]
    return more, env


def serve(lab, stack, own=None, tls=None, ask=None, ca=None, crl=None, more=(), keys=False, env=None):
    more, env = keyed(lab, stack, keys, more, env)
    return lab.server(BUILD_SERVER[stack](Peer(lab, own, tls, ask, ca, crl, more, NAME, True)), env=env)


def connect(lab, stack, own=None, tls=None, ca=None, crl=None, more=(), keys=False, env=None, name=NAME, verify=True,
            send=REQUEST, linger=None, timeout=25):
    more, env = keyed(lab, stack, keys, more, env)
    argv = BUILD_CLIENT[stack](Peer(lab, own, tls, None, ca, crl, more, name, verify))
    return lab.client(argv, send=send, linger=linger or (3 if stack in ("openssl", "gnutls", "nss") else 0.4), timeout=timeout,
                      env=env)
