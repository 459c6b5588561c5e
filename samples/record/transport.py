"""Samples of connections that failed below TLS: no server, no answer, no hello, resets and silence on the ClientHello."""

import socket
import time

import programs
from hello import read_record, vanish
from lab import SERVER, SERVER6, sample

# --- no connection ---------------------------------------------------------------------------------------------------------


@sample("transport.refused~curl", "Nothing listens on the port: RST on the SYN.", ("curl",), expect=("tcp.flags.reset == 1",))
def _(lab):
    programs.curl(lab)


@sample("transport.refused~openssl-ipv6", "Nothing listens on the port: RST on the SYN, over IPv6.", ("openssl s_client",), expect=("tcp.flags.reset == 1 and ipv6",))
def _(lab):
    programs.openssl_client(lab, host=SERVER6)


@sample("transport.refused~icmp-port", "A firewall answers the SYN with ICMP port unreachable.", ("gnutls-cli",), expect=("icmp.type == 3 and icmp.code == 3",))
def _(lab):
    lab.iptables("-A", "INPUT", "-p", "tcp", "--dport", "443", "-j", "REJECT", "--reject-with", "icmp-port-unreachable")
    programs.gnutls_client(lab)


@sample("transport.refused~icmp-prohibited", "A firewall answers the SYN with ICMP administratively prohibited.", ("curl",), expect=("icmp.type == 3 and icmp.code == 13",))
def _(lab):
    lab.iptables("-A", "INPUT", "-p", "tcp", "--dport", "443", "-j", "REJECT", "--reject-with", "icmp-admin-prohibited")
    programs.curl(lab)


@sample("transport.no_answer~dropped", "A firewall drops the SYN; the client tries again and gives up.", ("curl",), expect=("tcp.analysis.retransmission",))
def _(lab):
    lab.iptables("-A", "INPUT", "-p", "tcp", "--dport", "443", "-j", "DROP")
    programs.curl(lab, "--connect-timeout", "4")


@sample("transport.no_answer~dropped-go", "A firewall drops the SYN; the client tries again and gives up.", ("go peer.go",), expect=("tcp.analysis.retransmission",))
def _(lab):
    lab.iptables("-A", "INPUT", "-p", "tcp", "--dport", "443", "-j", "DROP")
    programs.go_client(lab, timeout=5)


@sample("transport.no_answer~answer-lost", "The server's answer to the SYN is dropped on the way out.", ("openssl s_server", "node client.js"))
def _(lab):
    programs.openssl_server(lab)
    lab.iptables("-A", "OUTPUT", "-p", "tcp", "--sport", "443", "-j", "DROP")
    programs.node_client(lab, linger=4)


# --- a connection and no hello ---------------------------------------------------------------------------------------------

def connect_and(act):
    connection = socket.create_connection((SERVER, 443))
    act(connection)


def silent_client(variant, about, act, start_server, stack, refuse=("tls.handshake.type == 1",)):
    @sample(f"transport.no_client_hello~{variant}", about, (stack, "script client"), refuse=refuse)
    def _(lab):
        start_server(lab)
        lab.script_client(lambda: connect_and(act), "connects and sends nothing")


def wait_and_close(connection):
    time.sleep(0.5)
    connection.close()


def wait_for_the_end(connection):
    while connection.recv(4096):
        pass


silent_client("client-closes", "A health check: the client connects and closes.", wait_and_close, programs.openssl_server, "openssl s_server")
silent_client("client-resets", "The client connects and resets.", vanish, lambda lab: programs.nginx(lab), "nginx")
silent_client("server-tires", "The client connects and says nothing; HAProxy tires of waiting and closes.", wait_for_the_end,
              lambda lab: programs.haproxy(lab, more="    timeout http-request 1s\n    timeout client 1s"), "haproxy")


@sample("transport.no_client_hello~server-closes", "The server closes each connection as soon as it is open; the client has not sent its hello yet.",
        ("script", "script client"), refuse=("tls",))
def _(lab):
    lab.script_server(lambda connection: None, about="accepts and closes")
    lab.script_client(lambda: connect_and(wait_for_the_end), "connects and waits")


# --- the hello is not answered ---------------------------------------------------------------------------------------------

def sleep_long(connection):
    time.sleep(60)


CLIENTS = {
    "curl": ("curl", lambda lab: programs.curl(lab, "--max-time", "2")),
    "openssl": ("openssl s_client", lambda lab: programs.openssl_client(lab, timeout=2)),
    "gnutls": ("gnutls-cli", lambda lab: programs.gnutls_client(lab, timeout=2)),
    "java": ("javac Client.java", lambda lab: programs.java_client(lab)),
    "go": ("go peer.go", lambda lab: programs.go_client(lab)),
    "node": ("node client.js", lambda lab: programs.node_client(lab)),
    "nss": ("tstclnt", lambda lab: programs.nss_client(lab)),
}


def no_reply(client):
    stack, start_client = CLIENTS[client]

    @sample(f"hello.no_reply~{client}", "The server's TCP acknowledges the ClientHello and the server never answers; the client gives up.",
            ("script", stack), "1.3", expect=("tls.handshake.type == 1",), refuse=("tls.handshake.type == 2",))
    def _(lab):
        lab.script_server(sleep_long, about="accepts and sleeps")
        start_client(lab)


for name in ("curl", "openssl", "gnutls"):
    no_reply(name)


def ended(cause, client, act, about):
    stack, start_client = CLIENTS[client]

    @sample(f"{cause}~{client}", about, ("script", stack), "1.3", expect=("tls.handshake.type == 1",), refuse=("tls.handshake.type == 2",))
    def _(lab):
        def meet(connection):
            read_record(connection)
            act(connection)
        lab.script_server(meet, about=f"reads the ClientHello and ends the connection ({cause})")
        start_client(lab)


for name in ("curl", "openssl", "gnutls", "java", "go", "node", "nss"):
    ended("hello.reset", name, vanish, "The server resets the connection on the ClientHello.")
    ended("hello.closed", name, lambda connection: connection.close(), "The server closes the connection on the ClientHello without a word.")


# --- the hello is lost -----------------------------------------------------------------------------------------------------

def lost(variant, stack, start_client, match):
    @sample(f"hello.lost~{variant}", "The path drops the large packets that carry the ClientHello: it is sent again and again.",
            ("openssl s_server", stack), "1.3", expect=("tcp.analysis.retransmission",), refuse=("tls.handshake.type == 2",))
    def _(lab):
        programs.openssl_server(lab)
        lab.iptables("-A", "INPUT", "-p", "tcp", "--dport", "443", "-m", "length", "--length", match, "-j", "DROP")
        start_client(lab)


lost("curl", "curl", lambda lab: programs.curl(lab, "--max-time", "3"), "200:65535")
lost("gnutls", "gnutls-cli", lambda lab: programs.gnutls_client(lab, timeout=3), "200:65535")
lost("tail-openssl", "openssl s_client",
     lambda lab: programs.openssl_client(lab, "-alpn", ",".join("protocol-number-%d" % n for n in range(100)), timeout=3), "600:1400")


# --- the reset of somebody else --------------------------------------------------------------------------------------------

def forged_reset(ttl, ident, after=0.0, drop=True):
    """A box on the path that answers the ClientHello with a reset in the server's name, and lets the hello pass or not."""
    done = []

    def decide(frame, to_server):
        if not to_server or not frame.is_tcp or not frame.data or done:
            return None
        done.append(True)
        out = [(False, frame.reset_back(ttl, ident, flags=0x14), after)]
        return out if drop else out + [(True, frame.raw, 0.02)]
    return decide


def middlebox(variant, stack, start_client, about, **how):
    @sample(f"hello.reset_by_middlebox~{variant}", about, ("nginx", stack, "script wire"), "1.3", wire=True, expect=("tcp.flags.reset == 1",))
    def _(lab):
        lab.wire(forged_reset(**how))
        programs.nginx(lab)
        start_client(lab)


middlebox("curl-ttl", "curl", programs.curl, "A box resets the connection on the ClientHello: TTL 250 and IP id 0xbeef, the server's are 64 and others.",
          ttl=250, ident=0xbeef)
middlebox("openssl-ttl", "openssl s_client", programs.openssl_client, "As before, and TTL 47.", ttl=47, ident=1)
middlebox("go-race", "go peer.go", programs.go_client, "The box resets and lets the hello pass: the server's own answer comes after the reset.",
          ttl=113, ident=0x1234, drop=False)
