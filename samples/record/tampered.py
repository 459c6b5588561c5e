"""Samples of bytes that were changed on their way, so that keys, Finished or records do not fit. A wire between the two real
stacks changes them (network.run_wire); the capture is on the client's side of it, so the client's bytes are seen as it sent
them and the server's as they arrived.
"""

import re

from certificates import Case
from lab import sample
from stacks import connect, serve, shown

CLIENT, SERVER = "10.77.0.2", "10.77.0.1"
WORDS = {"20": "alert 20 (bad_record_mac)", "51": "alert 51 (decrypt_error)", "50": "alert 50 (decode_error)", "10": "alert 10 "
         "(unexpected_message)", "22": "alert 22 (record_overflow)", "47": "alert 47 (illegal_parameter)", "110": "alert 110 "
         "(unsupported_extension)", "109": "alert 109 (missing_extension)", "40": "alert 40 (handshake_failure)", "70": "alert 70 "
         "(protocol_version)", "42": "alert 42 (bad_certificate)", "80": "alert 80 (internal_error)", "21": "alert 21 "
         "(decryption_failed)"}


def records(data):
    """(offset, type, length) of the TLS records that begin in a segment's bytes, as far as it holds them."""
    at = 0
    while at + 5 <= len(data) and data[at] in (20, 21, 22, 23) and data[at + 1] == 3:
        length = int.from_bytes(data[at + 3:at + 5], "big")
        yield at, data[at], length
        at += 5 + length


def altering(from_client, change):
    """A wire function: `change(bytearray, records)` returns True when it has changed the segment, which happens once a connection."""
    done = set()

    def decide(frame, to_server):
        if to_server != from_client or not frame.is_tcp or not frame.data:
            return None
        place = (frame.sport, frame.dport)
        if (place, frame.seq) in done:
            return None
        data = bytearray(frame.data)
        if place in {one for one, _ in done} or not change(data, list(records(frame.data))):
            return None
        done.add((place, frame.seq))
        return [(to_server, frame.with_data(bytes(data)), 0)]
    return decide


def flip_sealed(kind, smallest=0):
    """Change the last byte of the first sealed record of a type: behind change_cipher_spec (1.2) or any of type 23."""
    state = {"sealed": kind == 23}

    def change(data, found):
        for at, this, length in found:
            if this == 20:
                state["sealed"] = True
            elif this == kind and state["sealed"] and length >= smallest and at + 5 + length <= len(data):
                data[at + 4 + length] ^= 0x01
                return True
        return False
    return change


def flip_message(message, at_byte, mask=0x01):
    """Change one byte of the first clear handshake message of a type; at_byte counts from the message's header."""
    def change(data, found):
        for at, this, length in found:
            where, end = at + 5, at + 5 + length
            while this == 22 and where + 4 <= min(end, len(data)):
                size = int.from_bytes(data[where + 1:where + 4], "big")
                if data[where] == message:
                    data[where + (at_byte if at_byte >= 0 else 4 + size + at_byte)] ^= mask
                    return True
                where += 4 + size
        return False
    return change


def flip_key_exchange(data, found):
    """Change a byte of the signature that ends a ServerKeyExchange, wherever its record begins in the segment."""
    begin = re.search(rb"\x16\x03\x03..\x0c\x00", data, re.DOTALL)
    end = begin and begin.start() + 5 + int.from_bytes(data[begin.start() + 3:begin.start() + 5], "big")
    if not end or end > len(data):
        return False
    data[end - 3] ^= 0x01
    return True


def tampered(cause, about, cases, from_client, change, by, tag, blind=(), server_more=(), client_more=(), **words):
    """Register a sample for each case; `change()` makes the change; `by` is the address of who complains."""
    for word in cases.split():
        case = Case(word)

        def recipe(lab, case=case):
            by_server, by_client = case.keys()
            serve(lab, case.server, own=shown(lab, words.get("cert", "good")), tls=case.tls, keys=by_server,
                  more=server_more if not isinstance(server_more, dict) else server_more.get(case.server, ()))
            lab.wire(altering(from_client, change()))
            connect(lab, case.client, tls=case.tls, keys=by_client, verify=words.get("verify", True),
                    more=client_more if not isinstance(client_more, dict) else client_more.get(case.client, ()))
        plain, keyed = case.expect(by)
        who = "the client" if by == CLIENT else "the server"
        if case.alert:
            what = ("a sealed " if case.sealed else "") + WORDS[case.alert] + f" by {who}"
        else:
            what = f"{who} {'closes' if case.how == 'fin' else 'resets'} without an alert"
        sample(f"{cause}~{case.place}-{tag}", f"{about}: {what}.", ("script (changes a byte)",) + case.stacks, case.tls,
               expect=plain, keyed=keyed, wire=True, blind=blind if case.sealed else ())(recipe)


tampered("record.bad_mac", "A byte of the client's Finished is changed on its way",
         "openssl-openssl-12:20 curl-nginx-12:20 curl-gnutls-12:20 curl-nss-12:20 curl-java-12:20 curl-go-12:20 curl-mbedtls-12:20 "
         "curl-wolfssl-12:20", True, lambda: flip_sealed(22), SERVER, "client-finished")
tampered("record.bad_mac", "A byte of the client's first sealed record is changed on its way",
         "openssl-openssl-13:(20) curl-gnutls-13:(20) curl-go-13:(20) curl-nss-13:(20) curl-java-13:(20)", True,
         lambda: flip_sealed(23, 30), SERVER, "client-finished", blind=("record.bad_mac", "client_certificate.rejected", "abort.by_server",
                                                                                     "established"))
tampered("record.bad_mac", "A byte of the server's Finished is changed on its way",
         "openssl-nginx-12:(20) gnutls-openssl-12:(20) java-openssl-12:(20) go-openssl-12:(20)", False, lambda: flip_sealed(22), CLIENT,
         "server-finished", blind=("record.bad_mac", "established"))
tampered("record.bad_mac", "A byte of the server's first sealed record is changed on its way",
         "openssl-openssl-13:20 curl-nginx-13:20 gnutls-openssl-13:(20) java-openssl-13:(20) go-openssl-13:(20) nss-openssl-13:(20)", False,
         lambda: flip_sealed(23), CLIENT, "server-flight", blind=("record.bad_mac", "certificate.rejected"))
tampered("record.bad_mac", "The server's random is changed on its way, so the keys differ",
         "openssl-openssl-13:20 curl-nginx-13:20", False, lambda: flip_message(2, 20), CLIENT, "random",
         blind=("record.bad_mac", "certificate.rejected"))
tampered("key.confirmation_failed", "The signature in the server's ServerKeyExchange is changed on its way",
         "openssl-openssl-12:51 curl-nginx-12:51 gnutls-openssl-12:51 nss-openssl-12:51 "
         "mbedtls-openssl-12:51 erlang-openssl-12:51", False,
         lambda: flip_key_exchange, CLIENT, "signature")
tampered("key.confirmation_failed", "A suite in the ClientHello is changed on its way, so the two have seen different bytes "
         "(there is no extended master secret, so the keys are equal)",
         "bearssl-openssl-12:51 bearssl-nginx-12:51 bearssl-gnutls-12:51 bearssl-nss-12:51 bearssl-haproxy-12:51 bearssl-java-12:51 "
         "bearssl-mbedtls-12:51 bearssl-wolfssl-12:51", True, lambda: flip_message(1, 92), SERVER, "transcript")


def wrong_key(word):
    """A server whose key is not its certificate's: its signature does not verify. Most refuse to start so; these do not."""
    case = Case(word)

    def recipe(lab):
        by_server, by_client = case.keys()
        serve(lab, case.server, own=shown(lab, "good", key="wrong_name"), tls=case.tls, keys=by_server)
        connect(lab, case.client, tls=case.tls, keys=by_client)
    plain, keyed = case.expect(CLIENT)
    sample(f"key.confirmation_failed~{case.place}-wrong-key", "The server signs with a key that is not its certificate's: "
           f"{'a sealed ' if case.sealed else ''}{WORDS[case.alert]} by the client.", case.stacks, case.tls, expect=plain, keyed=keyed,
           blind=("key.confirmation_failed", "certificate.rejected") if case.version == "13" else ())(recipe)


for word in ("openssl-java-12:51 openssl-java-13:51 curl-java-12:51 curl-java-13:51 gnutls-java-12:51 gnutls-java-13:(51) "
             "nss-java-12:51 go-java-13:(51) curl-mbedtls-12:51").split():
    wrong_key(word)
