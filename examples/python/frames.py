"""Bytes to values, as strictly as the protocol asks. msgpack's own reader takes more: keys that come twice or are too
long, ext types, numbers beyond 2^53. A client may trust its server and use that one; this one passes schemas/conformance.
"""

import math
import struct
from typing import Any

MAX_FRAME_BYTES = 1_048_576
MAX_MESSAGES = 1_024
MAX_ITEMS = 16_384
MAX_DEPTH = 16
MAX_WHOLE = 2**53 - 1

NUMBERS = dict(zip(range(0xCA, 0xD4), ">f >d >B >H >I >Q >b >h >i >q".split(), strict=True))
# By tag: the width of the length that follows. For str and bin that is a number of bytes, else one of items.
STR = {0xD9: ">B", 0xDA: ">H", 0xDB: ">I"}
BIN = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I"}
ARRAY = {0xDC: ">H", 0xDD: ">I"}
MAP = {0xDE: ">H", 0xDF: ">I"}


class BadFrame(Exception):
    """What arrived is not a frame of this protocol."""


def read_frame(frame: bytes) -> list[tuple[Any, int]]:
    """The messages of a frame, not yet checked, each with the number of its bytes."""
    if len(frame) > MAX_FRAME_BYTES:
        raise BadFrame(f"{len(frame)} bytes; at most {MAX_FRAME_BYTES} are allowed")
    reader = Reader(frame)
    tag = reader.tag()
    if not (0x90 <= tag < 0xA0 or tag in ARRAY):
        raise BadFrame("not an array of messages")
    count = reader.length(tag, ARRAY)
    if count > MAX_MESSAGES:
        raise BadFrame(f"{count} messages; at most {MAX_MESSAGES} are allowed")
    messages = []
    for _ in range(count):
        begin = reader.at
        messages.append((reader.value(2), reader.at - begin))
    if reader.at != len(frame):
        raise BadFrame("more bytes after the messages")
    return messages


class Reader:
    def __init__(self, frame: bytes) -> None:
        self.frame = frame
        self.at = 0
        self.items = 0

    def take(self, size: int) -> bytes:
        self.at += size
        if self.at > len(self.frame):
            raise BadFrame("it ends too early")
        return self.frame[self.at - size : self.at]

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def tag(self) -> int:
        self.items += 1
        if self.items > MAX_ITEMS:
            raise BadFrame(f"more than {MAX_ITEMS} values")
        return self.take(1)[0]

    def length(self, tag: int, forms: dict[int, str]) -> int:
        return self.number(forms[tag]) if tag in forms else tag & (0x1F if 0xA0 <= tag < 0xC0 else 0x0F)

    def text(self, size: int) -> str:
        try:
            return self.take(size).decode()
        except UnicodeDecodeError as error:
            raise BadFrame("text that is not UTF-8") from error

    def value(self, depth: int) -> Any:
        """`depth`: the level that an array or map has here; the frame itself is level 1."""
        tag = self.tag()
        if tag < 0x80 or tag >= 0xE0:
            return tag if tag < 0x80 else tag - 0x100
        if tag in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[tag]
        if tag in NUMBERS:
            return self.bounded(self.number(NUMBERS[tag]))
        if tag < 0xC0 and tag >= 0xA0 or tag in STR:
            return self.text(self.length(tag, STR))
        if tag in BIN:
            return self.take(self.length(tag, BIN))
        if depth > MAX_DEPTH:
            raise BadFrame(f"nested more than {MAX_DEPTH} deep")
        if 0x90 <= tag < 0xA0 or tag in ARRAY:
            return [self.value(depth + 1) for _ in range(self.length(tag, ARRAY))]
        if tag < 0x90 or tag in MAP:
            return self.map(self.length(tag, MAP), depth)
        raise BadFrame(f"msgpack type {tag:#x}")

    def map(self, count: int, depth: int) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        for _ in range(count):
            key = self.key()
            if key in entries or key == "__proto__":
                raise BadFrame(f"the key {key} is not allowed here, or comes twice")
            entries[key] = self.value(depth + 1)
        return entries

    def key(self) -> str:
        tag = self.take(1)[0]  # keys are not counted as values
        if not (0xA0 <= tag < 0xC0 or tag == 0xD9):
            raise BadFrame("a key is a str of at most 255 bytes, as fixstr or str 8")
        return self.text(self.length(tag, STR))

    def bounded(self, number: float) -> float:
        if not math.isfinite(number) or (type(number) is int and abs(number) > MAX_WHOLE):
            raise BadFrame("a number that is not finite, or an integer beyond 2^53 - 1")
        return number
