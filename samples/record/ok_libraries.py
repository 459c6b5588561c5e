"""Samples of handshakes that succeeded with the smaller TLS libraries, through the peers of stacks.py, and with Botan's tool."""

import stacks
import programs
from lab import SERVER
from ok_ways import FINE, ok
from stacks import CLIENTS as CALLED
from stacks import SERVERS

PAIRS = [("mbedtls", "openssl", "1.2"), ("wolfssl", "nginx", "1.3"), ("bearssl", "openssl", "1.2"), ("erlang", "openssl", "1.2"),
         ("openssl", "mbedtls", "1.2"), ("openssl", "wolfssl", "1.3"), ("openssl", "erlang", "1.3"), ("bc", "nginx", "1.3"), ("gnutls", "bc", "1.2")]


def pair(client, server, tls):
    @ok(f"{client}-{server}-{tls.replace('.', '')}", f"{client} and {server} over TLS {tls}.", (SERVERS[server], CALLED[client]), tls,
        expect=("tls.handshake.type == 2",), refuse=FINE)
    def _(lab):
        stacks.serve(lab, server, own=stacks.shown(lab, "good"), tls=tls)
        stacks.connect(lab, client, tls=tls)


for client, server, tls in PAIRS:
    pair(client, server, tls)


@ok("botan-nginx-12", "Botan's tool fetches a page.", ("nginx", "botan tls_client"), "1.2")
def _(lab):
    programs.nginx(lab, "ssl_protocols TLSv1.2;")
    lab.client(["botan", "tls_client", SERVER, "--port=443", "--trusted-cas=" + lab.pki.root], send=programs.REQUEST, linger=1)
