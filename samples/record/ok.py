"""Samples of handshakes that succeeded with each stack, and all ways to resume."""

import programs
from lab import sample
from programs import OLD

SERVERS = {
    "openssl": ("openssl s_server", lambda lab, v: programs.openssl_server(lab, "-tls1" + {"1.0": "", "1.1": "_1", "1.2": "_2", "1.3": "_3"}[v], "-cipher", OLD)),
    "gnutls": ("gnutls-serv", lambda lab, v: programs.gnutls_server(lab, "NORMAL:-VERS-ALL:+VERS-TLS" + v)),
    "nss": ("selfserv", lambda lab, v: programs.nss_server(lab, f"tls{v}:tls{v}")),
    "java": ("javac Server.java", lambda lab, v: programs.java_server(lab, f"protocols={java(v)}", "legacy=yes")),
    "node": ("node server.js", lambda lab, v: programs.node_server(lab, minVersion="TLSv" + dotted(v), maxVersion="TLSv" + dotted(v), ciphers=OLD)),
    "go": ("go peer.go", lambda lab, v: programs.go_server(lab, f"min={v}", f"max={v}")),
    "nginx": ("nginx", lambda lab, v: programs.nginx(lab, f"ssl_protocols TLSv{bare(v)}; ssl_ciphers {OLD};")),
    "haproxy": ("haproxy", lambda lab, v: programs.haproxy(lab, f"ssl-min-ver TLSv{v} ssl-max-ver TLSv{v} ciphers {OLD}")),
}
CLIENTS = {
    "openssl": ("openssl s_client", lambda lab: programs.openssl_client(lab, "-cipher", OLD)),
    "gnutls": ("gnutls-cli", lambda lab: programs.gnutls_client(lab, "NORMAL:+VERS-TLS-ALL")),
    "nss": ("tstclnt", lambda lab: programs.nss_client(lab, "tls1.0:tls1.3")),
    "java": ("javac Client.java", lambda lab: programs.java_client(lab, "legacy=yes", "protocols=TLSv1,TLSv1.1,TLSv1.2,TLSv1.3")),
    "node": ("node client.js", lambda lab: programs.node_client(lab, minVersion="TLSv1", ciphers=OLD)),
    "go": ("go peer.go", lambda lab: programs.go_client(lab, "min=1.0")),
    "curl": ("curl", lambda lab: programs.curl(lab, "--tlsv1.0", "--ciphers", OLD)),
}


def bare(version):
    """nginx says TLSv1 for TLS 1.0."""
    return "1" if version == "1.0" else version


dotted = bare


def java(version):
    return "TLSv" + bare(version)


# client, server, version: every client and every server at least once, every version with several
PAIRS = [
    ("openssl", "gnutls", "1.3"), ("openssl", "haproxy", "1.2"), ("openssl", "openssl", "1.0"), ("openssl", "nss", "1.1"),
    ("gnutls", "nginx", "1.3"), ("gnutls", "go", "1.2"), ("gnutls", "openssl", "1.1"),
    ("nss", "java", "1.3"), ("nss", "nginx", "1.2"), ("nss", "gnutls", "1.0"),
    ("java", "haproxy", "1.3"), ("java", "openssl", "1.2"), ("java", "nss", "1.0"),
    ("node", "nss", "1.3"), ("node", "java", "1.2"), ("go", "node", "1.3"), ("go", "openssl", "1.2"),
    ("curl", "go", "1.3"), ("curl", "node", "1.2"), ("curl", "nginx", "1.1"),
]


def register_pair(client, server, version):
    client_stack, start_client = CLIENTS[client]
    server_stack, start_server = SERVERS[server]

    @sample(f"ok~{client}-{server}-{version.replace('.', '')}", f"{client} fetches a page from {server} over TLS {version}.",
            (server_stack, client_stack), version, expect=("tls.app_data",), refuse=("tls.alert_message.level == 2",))
    def _(lab):
        start_server(lab, version)
        start_client(lab)


for pair in PAIRS:
    register_pair(*pair)
