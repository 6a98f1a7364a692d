"""The tables of schemas/README.md: which values make which message. In this client a message is a dict with a `type`; on
the wire it is a map only for hello, welcome and refused, and else an array that begins with a code."""

import re
from collections.abc import Callable
from typing import Any

import msgpack

from frames import MAX_WHOLE, BadFrame, read_frame

Message = dict[str, Any]
Check = Callable[[Any], Any]
Fields = dict[str, Check]

MAX_HANDSHAKE_BYTES = 32_768
MAX_RESULT_BYTES = 262_144
STATES = ["unready", "ready", "terminating"]
SIGNALS = "HUP INT QUIT KILL USR1 USR2 TERM CONT STOP TSTP WINCH"
ERRORS = """not_ready busy offline unknown_command bad_arguments bad_result not_allowed command_failed cancelled
    deadline_exceeded expired lost terminating unknown_session name_taken unsupported_protocol bad_message
    message_too_large no_such_target no_such_job bad_usage cannot_bind cannot_connect insecure_endpoint timed_out closed
    internal"""

# Checks: each takes what was read and returns what it means, or refuses the frame.


def need(holds: bool, what: str) -> None:
    if not holds:
        raise BadFrame(f"not {what}")


def number(low: float = -float("inf")) -> Check:
    def check(value: Any) -> float:
        need(type(value) in (int, float) and value >= low, "a number, or out of bounds")
        return value

    return check


def whole(low: int = 0, high: int = MAX_WHOLE) -> Check:
    """Any format will do: 2 may come as a float."""

    def check(value: Any) -> int:
        need(type(value) in (int, float) and value == int(value) and low <= value <= high, "an integer, or out of bounds")
        return int(value)

    return check


def text(max_bytes: int = MAX_WHOLE, pattern: str = r"[\s\S]*") -> Check:
    def check(value: Any) -> str:
        need(type(value) is str and len(value.encode()) <= max_bytes, "a text, or too long")
        need(re.fullmatch(pattern, value) is not None, f"of the form {pattern}")
        return value

    return check


def of_type(kind: type) -> Check:
    def check(value: Any) -> Any:
        need(type(value) is kind, f"a {kind.__name__}")
        return value

    return check


def true(value: Any) -> bool:
    need(value is True, "true")
    return value


def word(words: list[str | None]) -> Check:
    """On the wire it is the index of the word."""

    def check(value: Any) -> str:
        found = words[whole(0, len(words) - 1)(value)]
        need(found is not None, "a word")
        return str(found)

    return check


def array(of: Check, most: int) -> Check:
    def check(value: Any) -> list[Any]:
        need(type(value) is list and len(value) <= most, "an array, or too long")
        return [of(item) for item in value]

    return check


def fields(required: Fields, optional: Fields | None = None) -> Check:
    """Fields that are not named here are ignored."""

    def check(value: Any) -> dict[str, Any]:
        need(type(value) is dict and required.keys() <= value.keys(), "a map with all its fields")
        known = {**required, **(optional or {})}
        return {name: known[name](item) for name, item in value.items() if name in known}

    return check


def job_id(value: Any) -> int | str:
    if type(value) is str:
        return text(48, r"[0-9a-z]{8,32}\.[1-9][0-9]{0,14}")(value)
    return whole(1, 999_999_999_999_999)(value)


BOOT_ID = text(pattern="[0-9a-z]{8,32}")
NAME = text(pattern="[a-z][a-z0-9-]{0,62}")
STREAM = word([None, "stdout", "stderr"])
TRACEPARENT = text(pattern="00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
ERROR = fields({"code": text(pattern="|".join(ERRORS.split())), "message": text(4_096)})
HANDSHAKE: dict[str, Check] = {
    "welcome": fields(
        {
            "protocol": whole(),
            "features": array(text(64), 64),
            "session": text(64),
            "serverBootId": BOOT_ID,
            "heartbeatMs": whole(1, 2_147_483_647),
            "sentMs": number(),
            "limits": fields({"maxMessageBytes": whole(), "outputCreditBytes": whole(), "recordsCredit": whole()}),
            "store": fields({"id": text(64), "durable": of_type(bool)}),
            "adopt": of_type(bool),
        }
    ),
    "refused": fields({"error": ERROR}),
}
# By code: the type, the required fields in order, and the optional ones, which share a map behind these.
FROM_SERVER: dict[int, tuple[str, Fields, Fields]] = {
    32: (
        "command",
        {"id": job_id, "name": NAME, "args": of_type(dict), "sentMs": number()},
        {
            "expiresInMs": number(0),
            "timeoutMs": whole(1, 2_147_483_647),
            "traceparent": TRACEPARENT,
            "standing": true,
        },
    ),
    33: ("cancel", {"id": job_id}, {}),
    34: ("signal", {"id": job_id, "signal": text(pattern=f"SIG({SIGNALS.replace(' ', '|')})")}, {}),
    35: ("output-ack", {"id": job_id, "stream": STREAM, "offset": whole()}, {}),
    36: ("fetch", {"id": job_id, "from": fields({}, {"stdout": whole(), "stderr": whole()})}, {"records": whole()}),
    37: ("ack", {"ids": array(job_id, 1_024)}, {}),
    38: ("heartbeat", {"seq": whole(), "sentMs": number()}, {}),
    39: ("records-ack", {"id": job_id, "offset": whole()}, {}),
}
# By type: the code and the required fields in order, a word with its words. All other fields go into the map behind them.
TO_SERVER: dict[str, tuple[int, dict[str, list[str | None] | None]]] = {
    "job": (1, {"id": None, "command": None, "state": ["running", "settled"], "offsets": None}),
    "jobs-end": (2, {"elsewhere": None}),
    "state": (3, {"state": [*STATES]}),
    "accepted": (4, {"id": None}),
    "rejected": (5, {"id": None, "error": None}),
    "output": (6, {"id": None, "stream": [None, "stdout", "stderr"], "offset": None, "data": None}),
    "output-full": (7, {"id": None, "full": None}),
    "progress": (8, {"id": None, "fraction": None}),
    "result": (9, {"id": None, "outcome": ["completed", "failed", "cancelled", "expired"], "durationMs": None}),
    "heartbeat-ack": (10, {"seq": None, "state": [*STATES], "lagMs": None}),
    "goodbye": (11, {"reason": None}),
    "stale": (12, {"id": None}),
    "records": (13, {"id": None, "offset": None, "values": None}),
    "about": (14, {"labels": None, "facts": None}),
}


def read_messages(frame: bytes) -> list[Message]:
    """What a server says in a frame. What this version does not know is not among it."""
    return [message for value, size in read_frame(frame) if (message := read_message(value, size)) is not None]


def read_message(value: Any, size: int) -> Message | None:
    if type(value) is dict:
        kind = text()(value.get("type"))
        if kind not in HANDSHAKE:
            return None
        need(size <= MAX_HANDSHAKE_BYTES, f"within {MAX_HANDSHAKE_BYTES} bytes")
        return {"type": kind, **HANDSHAKE[kind](value)}
    need(type(value) is list and len(value) > 0, "a message")
    code = whole()(value[0])
    if code not in FROM_SERVER:
        return None
    kind, required, optional = FROM_SERVER[code]
    end = 1 + len(required)
    need(len(value) >= end, f"all of {kind}")
    message = {"type": kind}
    for (name, check), item in zip(required.items(), value[1:end], strict=True):
        message[name] = check(item)
    if optional and len(value) > end:
        message.update(fields({}, optional)(value[end]))
    return message


def write_message(message: Message) -> bytes:
    if message["type"] == "hello":
        return msgpack.packb(message, use_bin_type=True)
    code, required = TO_SERVER[message["type"]]
    values = [words.index(message[name]) if words else message[name] for name, words in required.items()]
    others = {name: item for name, item in message.items() if name != "type" and name not in required}
    return msgpack.packb([code, *values, *([others] if others else [])], use_bin_type=True)


def write_frame(messages: list[bytes]) -> bytes:
    return msgpack.Packer().pack_array_header(len(messages)) + b"".join(messages)


def can_travel(result: Any) -> bool:
    message = {"type": "result", "id": 1, "outcome": "completed", "durationMs": 0, "result": result}
    try:
        read_frame(write_frame([write_message(message)]))
        return len(msgpack.packb(result, use_bin_type=True)) <= MAX_RESULT_BYTES
    except Exception:  # not finite, too deep, not UTF-8, or of a type that msgpack does not have
        return False
