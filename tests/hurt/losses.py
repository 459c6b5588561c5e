"""What a capture may lack: a verdict may weaken by it, and never change."""

import itertools
import random

from . import fragments
from .captures import Frame
from .changes import split, swap
from .segments import ACK, SYN, Segment, build


def cut_after(frames, _packets):
    """The capture ends after each packet."""
    for count in range(1, len(frames)):
        yield f"{count}", frames[:count]


def begun_late(frames, _packets):
    """The first packets are missing."""
    for count in range(1, len(frames)):
        yield f"{count}", frames[count:]


def without_one(frames, _packets):
    """Each single packet is dropped."""
    for i in range(len(frames)):
        yield f"{i + 1}", frames[:i] + frames[i + 1 :]


def snapped(frames, _packets):
    """A snap length cuts every packet."""
    for length in (64, 96, 128, 256):
        if any(len(frame.data) > length for frame in frames):
            yield f"{length}", [Frame(f.time, f.data[:length], f.length) for f in frames]


def openers(packets):
    """Who opened connections or, where that was not seen, spoke first."""
    ends = {}
    for packet in packets:
        if isinstance(packet, Segment):
            pair = frozenset((packet.sender, packet.receiver))
            opens = packet.flags & (SYN | ACK) != SYN | ACK
            ends.setdefault(pair, packet.sender if opens else packet.receiver)
    return set(ends.values())


def one_way(frames, packets):
    """One direction is missing."""
    opened = openers(packets)
    for name, wanted in (("client", True), ("server", False)):
        left = [
            frame
            for frame, packet in zip(frames, packets, strict=True)
            if not isinstance(packet, Segment) or (packet.sender in opened) == wanted
        ]
        if left:
            yield f"only-{name}", left


def swapped_answers(_frames, packets):
    """Queues of a network card handed over answers before what they answer: what came first is lost."""
    for first in (0, 1):
        yield f"{first}", [build(packet) for packet in swap(packets, first, with_answers=True)]


def split_single(_frames, packets):
    """Segments of one byte: nothing is lost, but behind a hole nobody can tell where the next record begins."""
    yield "1", [build(packet) for packet in split(packets, itertools.repeat(1))[0]]


def fragments_filtered(_frames, packets):
    """Of packets in fragments only the first pieces came through a filter."""
    yield "1", fragments.first_only(packets, random.Random(len(packets)))[1]


def without_fragments(_frames, packets):
    """Some fragments are missing."""
    for seed in range(3):
        yield f"{seed}", fragments.without_some(packets, random.Random(seed))[1]


LOSSES = {
    "cut-after": cut_after,
    "begun-late": begun_late,
    "without-one": without_one,
    "snapped": snapped,
    "one-way": one_way,
    "swapped-answers": swapped_answers,
    "split-single": split_single,
    "fragments-filtered": fragments_filtered,
    "without-fragments": without_fragments,
}
