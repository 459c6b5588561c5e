"""How to start each TLS program with options of its own, for recipes about versions, suites, extensions and transports.

Servers run in the lab's server namespace, clients in the client's. Every server listens on port 443 and answers a request with a
little HTTP. (stacks.py has the same programs under one set of words, for recipes about certificates and keys.)
"""

import json
import subprocess

from lab import HERE, SERVER
from pki import NAME

OLD = "ALL:@SECLEVEL=0"      # OpenSSL: everything it was built with, TLS 1.0 and small keys included
REQUEST = "GET / HTTP/1.0\r\n\r\n"


def openssl_server(lab, *options, cert="good", port=443, www="-www", **how):
    cert = lab.pki[cert]
    behind = ["-cert_chain", lab.pki[cert.issuer].cert] if cert.issuer in ("intermediate", "stranger") else []
    return lab.server(["openssl", "s_server", "-accept", port, "-cert", cert.cert, "-key", cert.key, *behind, "-quiet",
                       *([www] if www else []), *options], port=port, **how)


def openssl_client(lab, *options, host=SERVER, port=443, send=REQUEST, **how):
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return lab.client(["openssl", "s_client", "-connect", target, *options], send=send, **how)


def gnutls_server(lab, priority="NORMAL", *options, cert="good", port=443, **how):
    cert = lab.pki[cert]
    return lab.server(["gnutls-serv", "--port", port, "--x509certfile", cert.chain, "--x509keyfile", cert.key, "--http",
                       "--priority", priority, *options], port=port, **how)


def gnutls_client(lab, priority="NORMAL", *options, host=SERVER, port=443, verify=False, send=REQUEST, **how):
    trust = ["--x509cafile", lab.pki.root] if verify else ["--insecure"]
    return lab.client(["gnutls-cli", *trust, "--priority", priority, "-p", port, *options, host], send=send, **how)


def nss_server(lab, versions="tls1.2:tls1.3", *options, cert="good", port=443, **how):
    cert = lab.pki[cert]
    return lab.server(["selfserv", "-d", "sql:" + lab.pki.nss(cert), "-n", cert.name, "-p", port, "-V", versions,
                       *options], port=port, **how)


def nss_client(lab, versions="tls1.2:tls1.3", *options, host=SERVER, port=443, verify=False, send=REQUEST, **how):
    trust = [] if verify else ["-o"]
    return lab.client(["tstclnt", "-d", "sql:" + lab.pki.nss(lab.pki["good"]), "-h", host, "-p", port, "-V", versions,
                       *trust, *options], send=send, **how)


def java_server(lab, *options, cert="good", properties=(), **how):
    return lab.server(["java", *properties, HERE / "Server.java", "p12=" + lab.pki[cert].p12, *options], **how)


def java_client(lab, *options, properties=(), host=SERVER, **how):
    return lab.client(["java", *properties, HERE / "Client.java", f"host={host}", *options], timeout=15, linger=5, **how)


def node_server(lab, flags=(), cert="good", **options):
    cert = lab.pki[cert]
    settings = {"cert": cert.chain, "key": cert.key, **options}
    return lab.server(["node", *flags, HERE / "server.js", json.dumps(settings)])


def node_client(lab, flags=(), linger=3, **options):
    return lab.client(["node", *flags, HERE / "client.js", json.dumps({"host": SERVER, **options})], linger=linger)


def go_program(lab):
    """Build peer.go once a run; returns the program's path."""
    program = lab.pki.folder / "peer"
    if not program.exists():
        subprocess.run(["go", "build", "-o", str(program), str(HERE / "peer.go")], check=True, capture_output=True)
    return program


def go_server(lab, *options, cert="good", port=443):
    cert = lab.pki[cert]
    return lab.server([go_program(lab), "server", f"port={port}", "cert=" + cert.chain, "key=" + cert.key, *options], port=port)


def go_client(lab, *options, host=SERVER, **how):
    return lab.client([go_program(lab), "client", "host=" + host, *options], linger=3, **how)


def curl(lab, *options, url=f"https://{NAME}/", **how):
    """curl that finds server.example at the server's address and takes every certificate unless --cacert is given."""
    trust = [] if "--cacert" in options else ["-k"]
    return lab.client(["curl", "-sS", "-o", "/dev/null", "--max-time", "5", "--resolve", f"{NAME}:443:{SERVER}", *trust,
                       *options, url], **how)


def chromium(lab, url=f"https://{NAME}/", *options, seconds=6):
    """A headless Chromium that finds every name at the server's address and takes every certificate."""
    return lab.client(["timeout", seconds, "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
                       "--disable-background-networking", "--no-first-run", "--ignore-certificate-errors",
                       f"--user-data-dir={lab.folder}/profile", f"--host-resolver-rules=MAP * {SERVER}", "--dump-dom",
                       *options, url], timeout=seconds + 2, linger=seconds + 1)


NGINX = """\
daemon off; master_process off; user root; worker_processes 1; pid {folder}/nginx.pid; error_log stderr info;
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_certificate {cert}; ssl_certificate_key {key};
    server {{ listen {listen}; server_name {name}; {lines} location / {{ return 200 "ok\\n"; }} }}
    {more}
}}
"""


def nginx(lab, lines="", cert="good", listen="443 ssl", more="", name=NAME):
    """nginx with `lines` in its one server block, and `more` in the http block."""
    cert = lab.pki[cert]
    text = NGINX.format(folder=lab.folder, cert=cert.chain, key=cert.key, lines=lines, listen=listen, more=more, name=name)
    lab.log.append(f"server$ # nginx.conf: {lines} {more}".replace(str(lab.folder), "$WORK"))
    return lab.server(["nginx", "-e", "stderr", "-c", lab.file("nginx.conf", text)])


HAPROXY = """\
global
    {settings}
defaults
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s
frontend tls
    bind :443 ssl crt {cert} {bind}
    http-request return status 200 content-type text/plain string ok
{more}
"""


def haproxy(lab, bind="", cert="good", settings="ssl-default-bind-options ssl-min-ver TLSv1.0", more=""):
    text = HAPROXY.format(cert=lab.pki[cert].both, bind=bind, settings=settings, more=more)
    lab.log.append(f"server$ # haproxy.cfg: bind :443 ssl crt PEM {bind}")
    return lab.server(["haproxy", "-db", "-f", lab.file("haproxy.cfg", text)])
