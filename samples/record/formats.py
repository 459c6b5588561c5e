"""Samples in other file formats and link types, captures that begin late or end early, and captures cut to one connection."""

import gzip
import struct
import subprocess

import pcapfile
import programs
from lab import sample
from ok_ways import ok
from version import FROM_1_1_TO_1_2, JUST_1_0


def too_old(lab):
    programs.openssl_server(lab, *JUST_1_0)
    programs.openssl_client(lab, *FROM_1_1_TO_1_2)


def form(variant, about, convert=None, suffix=".pcap", **how):
    """Scenario 5 in another form: a file that is not understood gives no verdict."""
    sample(f"version.server_too_old~form-{variant}", about, ("openssl s_server", "openssl s_client"), "1.0", suffix=suffix, convert=convert, **how)(too_old)


def by_packets(change, **writing):
    return lambda raw, out: pcapfile.write(out, change(pcapfile.read(raw)), **writing)


def each(change):
    return lambda packets: [(seconds, micros, change(raw)) for seconds, micros, raw in packets]


def same(packets):
    return packets


def by_editcap(*options):
    def convert(raw, out):
        subprocess.run(["editcap", *options, str(raw), str(out)], check=True, capture_output=True)
        return out
    return convert


def gzipped(raw, out):
    out.write_bytes(gzip.compress(raw.read_bytes(), mtime=0))
    return out


def zstandard(raw, out):
    subprocess.run(["zstd", "-q", "-o", str(out), str(raw)], check=True)
    return out


def of_two_interfaces(raw, out):
    """The first connection as of Ethernet, the second as of a BSD's loopback, with another snap length, in one pcapng."""
    packets = pcapfile.read(raw)
    first = pcapfile.client_port(packets[0][2])
    ethernet = [packet for packet in packets if pcapfile.client_port(packet[2]) == first]
    others = [packet for packet in packets if pcapfile.client_port(packet[2]) != first]
    loopback = each(lambda raw: struct.pack("<I", 2) + raw[14:])(others)
    return pcapfile.write_pcapng(out, [(1, 262144, ethernet), (0, 65535, loopback)])


SEEN = ("tls.alert_message.desc == 70",)
form("pcapng", "A pcapng file.", by_editcap("-F", "pcapng"), ".pcapng", expect=SEEN)
form("gzip", "A pcap compressed by gzip.", gzipped, ".pcap.gz", expect=SEEN)
form("zstd", "A pcap compressed by zstd.", zstandard, ".pcap.zst", expect=SEEN)
form("nanoseconds", "A pcap with nanoseconds.", by_packets(same, nano=True), expect=SEEN)
form("big-endian", "A pcap of a big-endian machine.", by_packets(same, order=">"), expect=SEEN)
form("netmon", "A file of Microsoft's Network Monitor.", by_editcap("-F", "netmon2"), ".cap", expect=SEEN)
form("vlan", "Two VLAN tags (802.1ad around 802.1Q).", by_packets(each(lambda raw: raw[:12] + bytes.fromhex("88a80064810000c8") + raw[12:])), expect=SEEN)
form("raw-ip", "Link type raw IP, as of a tunnel device.", by_packets(each(lambda raw: raw[14:]), link=101), expect=SEEN)
form("null", "Link type BSD null (loopback).", by_packets(each(lambda raw: struct.pack("<I", 2) + raw[14:]), link=0), expect=SEEN)
form("sll", "Linux cooked capture (tcpdump -i any -y LINUX_SLL).", interface=("-i", "any", "-y", "LINUX_SLL"), expect=SEEN + ("sll",))
form("sll2", "Linux cooked capture, second version (tcpdump -i any -y LINUX_SLL2).", interface=("-i", "any", "-y", "LINUX_SLL2"), expect=SEEN + ("sll",))



@sample("version.server_too_old~form-two-interfaces", "A pcapng of two interfaces: one connection on Ethernet, one on a loopback.", ("openssl s_server", "openssl s_client"),
        "1.0", suffix=".pcapng", convert=of_two_interfaces, expect=SEEN + ("frame.interface_id == 1 && tls.alert_message.desc == 70",))
def _(lab):
    programs.openssl_server(lab, *JUST_1_0)
    programs.openssl_client(lab, *FROM_1_1_TO_1_2)
    programs.openssl_client(lab, *FROM_1_1_TO_1_2)


# --- captures that show only a part: nothing failed that one could know of -------------------------------------------------


def from_payload(first):
    """Keep the packets from the `first` one with payload on (counted from 0)."""
    def change(packets):
        full = [number for number, packet in enumerate(packets) if pcapfile.payload(packet[2])]
        return packets[full[first]:]
    return change


def up_to_payload(last):
    """Keep the packets up to the `last` one with payload (counted from 0)."""
    def change(packets):
        full = [number for number, packet in enumerate(packets) if pcapfile.payload(packet[2])]
        return packets[:full[last] + 1]
    return change


def nginx_curl(most):
    def recipe(lab):
        programs.nginx(lab)
        programs.curl(lab, "--tls-max", most)
    return recipe


def part(variant, about, most, change):
    ok(variant, about, ("nginx", "curl"), most, expect=(), refuse=(), convert=by_packets(change))(nginx_curl(most))


for most in ("1.2", "1.3"):
    short = most.replace(".", "")
    part(f"late-after-syn-{short}", "The capture begins with the ClientHello; the TCP handshake is missing.", most, from_payload(0))
    part(f"late-after-hello-{short}", "The capture begins with the server's first flight; the ClientHello is missing.", most, from_payload(1))
    part(f"late-in-data-{short}", "The capture begins after the handshake.", most, lambda packets: from_payload(-2)(packets))
    part(f"ends-after-hello-{short}", "The capture ends with the ClientHello.", most, up_to_payload(0))
    part(f"ends-after-server-hello-{short}", "The capture ends within the server's flight.", most, up_to_payload(1))
part("ends-after-syn", "The capture ends with the SYN.", "1.3", lambda packets: packets[:1])
part("ends-before-hello", "The capture ends before the ClientHello.", "1.3", lambda packets: packets[:3])
part("hole-in-server-flight", "The capture lacks a packet of the server's flight (lost by the capture, not by the network).", "1.2",
     lambda packets: [packet for number, packet in enumerate(packets) if number != [n for n, p in enumerate(packets) if pcapfile.payload(p[2])][2]])


def one_way(packets):
    return [packet for packet in packets if packet[2][26:30] == bytes((10, 77, 0, 2))]


part("one-way", "The capture shows the client's packets only.", "1.3", one_way)


def first_connection(packets):
    """Keep the connection that said the most."""
    sizes = {}
    for _, _, raw in packets:
        sizes[pcapfile.client_port(raw)] = sizes.get(pcapfile.client_port(raw), 0) + len(raw)
    wanted = max(sizes, key=sizes.get)
    return [packet for packet in packets if pcapfile.client_port(packet[2]) == wanted]


@ok("chromium", "Chromium: GREASE and extensions in any order; one of its connections.", ("nginx", "chromium"), bpf="tcp port 443", refuse=(),
    convert=by_packets(first_connection))
def _(lab):
    programs.nginx(lab)
    programs.chromium(lab)
