"""The bytes of a checkpoint file: a head, and records that are only ever appended.

A record is written with one `write`, so records of several processes stand whole beside each other.
One that was cut short (a full disk, the end of the machine) is passed over: each record says where
it begins, how long it is, and what its sums are, and the next one is found by its mark.
"""

from __future__ import annotations

import errno
import os
import pickle
import struct
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple
from zlib import crc32

from abreast.pickling import PLAIN, dumps, loads

__all__ = [
    "CALL",
    "FORGET",
    "HEAD",
    "HEADER",
    "ITEMS",
    "LINK",
    "PART",
    "RESULT",
    "RUN",
    "SMALL",
    "TEAR",
    "Damaged",
    "Form",
    "Header",
    "Unpackable",
    "append",
    "decode",
    "encode",
    "head",
    "pack_check",
    "pack_rest",
    "read_head",
    "tag_of",
    "unpack_header",
]

CALL, RUN, LINK, ITEMS, RESULT, PART, FORGET, TEAR = range(1, 9)
"""Kinds of records: a call and its parts; one run of it; whose results a run adds to, from an index
on; digests of items; a result; a part of a long result; a call that is to be forgotten; a damaged
place that was reported."""

_MAGIC = b"abreast checkpoint 1\n"
HEAD = 32
"""Bytes before the first record."""
_IDENT = HEAD - len(_MAGIC) - 4

_HEADER = struct.Struct("<4sIIIIQ")
HEADER = _HEADER.size
_REST = struct.Struct("<IIIQ")
_CHECK = struct.Struct("<I")
unpack_header = _HEADER.unpack_from
pack_rest = _REST.pack
pack_check = _CHECK.pack

SMALL = 1 << 16
"""Bytes up to which a value is copied behind its header, and not written from where it lies."""

LONGEST = 1 << 30
"""Bytes of a record, at most: Linux writes at most two GiB at a time."""

_MOST_BUFFERS = 500
"""One `writev` takes 1024."""

_PLAIN, _BUFFERED = 0x80, 0x01
"""First byte of a value: a pickle alone, or lengths, a pickle and its buffers."""


class Damaged(Exception):
    """The bytes of a record are not those that were written."""


class Unpackable(Exception):
    """A value was stored, and cannot be made again; the reason is its cause."""


class Header(NamedTuple):
    """What a record says before its payload."""

    kind: int
    number: int
    task: int
    length: int
    sum: int


def head() -> bytes:
    """Return the first bytes of a new file."""
    start = _MAGIC + os.urandom(_IDENT)
    return start + struct.pack("<I", crc32(start))


def read_head(data: bytes) -> bytes | None:
    """Return what names the file, None if it is new.

    Raises
    ------
    ValueError
        If it is something else; says what.
    """
    if len(data) < HEAD and (_MAGIC.startswith(data[: len(_MAGIC)]) or not data):
        return None
    if not data.startswith(_MAGIC):
        if data.startswith(_MAGIC[:-2]):
            raise ValueError("was written by a newer abreast")
        raise ValueError("is not a checkpoint of abreast")
    if crc32(data[: HEAD - 4]) != struct.unpack_from("<I", data, HEAD - 4)[0]:
        raise ValueError("is damaged: its first bytes are not what was written")
    return data[len(_MAGIC) : HEAD - 4]


def tag_of(kind: int, number: int) -> int:
    """Return kind and number as one word, as a header has them."""
    return kind << 28 | number


class Form:
    """Writes and reads the headers of one file."""

    def __init__(self, ident: bytes) -> None:
        self.mark = blake2b(ident, digest_size=4).digest()
        self.seed = crc32(ident)

    def records(self, kind: int, number: int, index: int, chunks: Sequence[Any]) -> list[list[Any]]:
        """Return the buffers of each record that the chunks need: one, unless they are long."""
        length = sum(map(_size, chunks))
        if length <= LONGEST:
            return [[self._header(kind, number, index, chunks, length), *chunks]]
        pieces = _cut(chunks, LONGEST)
        found = []
        for place, piece in enumerate(pieces):
            part = [struct.pack("<II", place, len(pieces)), *piece]
            size = sum(map(_size, part))
            found.append([self._header(PART, number, index, part, size), *part])
        return found

    def _header(
        self, kind: int, number: int, index: int, chunks: Sequence[Any], length: int
    ) -> bytes:
        total = 0
        for chunk in chunks:
            total = crc32(chunk, total)
        tag = tag_of(kind, number)
        rest = _REST.pack(length, tag, total, index)
        return _HEADER.pack(self.mark, crc32(rest, self.seed), length, tag, total, index)

    def header(self, data: Any, at: int) -> Header | None:
        """Read the header at a place; None if there is none."""
        mark, check, length, tag, total, index = _HEADER.unpack_from(data, at)
        if mark != self.mark or crc32(data[at + 8 : at + HEADER], self.seed) != check:
            return None
        return Header(tag >> 28, tag & 0xFFFFFFF, index, length, total)


def append(file: int, buffers: list[Any]) -> None:
    """Write one record at the end of a file, whole.

    Raises
    ------
    OSError
        If that is not possible; what was written of it is passed over by readers.
    """
    if len(buffers) > _MOST_BUFFERS:
        buffers = [b"".join(buffers)]
    length = sum(map(_size, buffers))
    for _ in range(2):
        # A second half would stand behind what others wrote meanwhile: so all of it again, which
        # on a full disk says so.
        if os.writev(file, buffers) == length:
            return
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def encode(value: Any) -> list[Any]:
    """Return a value as chunks to be written one after the other; arrays are not copied."""
    if type(value) in PLAIN:
        return [pickle.dumps(value, 5)]
    buffers: list[pickle.PickleBuffer] = []
    data = dumps(value, buffers)
    if not buffers:
        return [data]
    raws = [buffer.raw() for buffer in buffers]
    sizes = [len(data), *(raw.nbytes for raw in raws)]
    return [struct.pack(f"<BI{len(sizes)}Q", _BUFFERED, len(sizes), *sizes), data, *raws]


def decode(read: Callable[[int], bytearray], length: int, check: Callable[[], None]) -> Any:
    """Make a value of its chunks.

    Parameters
    ----------
    read : callable
        Gives the next so many bytes.
    length : int
        Of all.
    check : callable
        Raises `Damaged` if what was read is not what was written.
    """
    first = read(1)
    buffers: list[bytearray] = []
    if first[0] == _PLAIN:
        data = first + read(length - 1) if length > 1 else first
    else:
        (count,) = struct.unpack("<I", read(4))
        if 5 + 8 * count > length:
            raise Damaged
        sizes = struct.unpack(f"<{count}Q", read(8 * count))
        if 5 + 8 * count + sum(sizes) != length:
            raise Damaged
        data, *buffers = [read(size) for size in sizes]
    check()
    try:
        return loads(data, buffers=buffers)
    except Exception as reason:
        raise Unpackable from reason


def _size(chunk: Any) -> int:
    return len(chunk) if isinstance(chunk, bytes) else memoryview(chunk).nbytes


def _cut(chunks: Sequence[Any], longest: int) -> list[list[Any]]:
    """Divide chunks into pieces of so many bytes."""
    pieces: list[list[Any]] = [[]]
    room = longest
    for chunk in chunks:
        rest = memoryview(chunk).cast("B")
        while rest.nbytes:
            if not room:
                pieces.append([])
                room = longest
            pieces[-1].append(rest[:room])
            taken = min(room, rest.nbytes)
            rest, room = rest[taken:], room - taken
    return pieces
