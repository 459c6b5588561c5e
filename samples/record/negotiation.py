"""Samples of handshakes that failed because the two sides had something not in common."""

from lab import SERVER, sample

OLD = "ALL:@SECLEVEL=0"


def s_server(lab, *options, cert="good"):
    """openssl s_server that answers HTTP requests, with further options."""
    cert = lab.pki[cert]
    return lab.server(["openssl", "s_server", "-accept", "443", "-cert", cert.cert, "-key", cert.key,
                       "-cert_chain", cert.chain, "-quiet", "-www", *options])


def s_client(lab, *options, **how):
    return lab.client(["openssl", "s_client", "-connect", SERVER + ":443", *options], **how)


@sample("version.server_too_old~openssl-client-refuses", "The server knows TLS 1.0 only and answers with a ServerHello of it; "
        "the client, which allows 1.1 and 1.2, alerts 70.", ("openssl s_server", "openssl s_client"), "1.0",
        expect=("tls.alert_message.desc == 70",))
def _(lab):
    s_server(lab, "-tls1", "-cipher", OLD)
    s_client(lab, "-cipher", OLD, "-no_tls1", "-no_tls1_3", "-no_ssl3")
