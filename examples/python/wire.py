"""Messages to bytes and back, and one connection to a server. Knows nothing of jobs."""

import json
import math
import os
import sys
from collections import deque
from collections.abc import Iterator
from typing import Any

import msgpack
import zmq
from zmq.utils.monitor import recv_monitor_message

Message = dict[str, Any]

# At most 16 messages a frame: 16 of the largest, output of 32,768 bytes, stay far below the 1,048,576 of a frame.
BATCH = 16
OPTIONS = {
    zmq.IMMEDIATE: 1,
    zmq.LINGER: 0,
    zmq.RECONNECT_IVL: -1,
    zmq.SNDTIMEO: 0,
    zmq.MAXMSGSIZE: 1_048_576,
    zmq.HANDSHAKE_IVL: 2_000,
    zmq.HEARTBEAT_IVL: 10_000,
    zmq.SNDHWM: 256,
    zmq.RCVHWM: 256,
}
OPENED = zmq.EVENT_HANDSHAKE_SUCCEEDED
# What ends an attempt or a session, the most telling first.
ENDED = {
    zmq.EVENT_HANDSHAKE_FAILED_AUTH: "the server does not know the key of these credentials: not added, or revoked",
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: "the server has no keys, or does not speak ZeroMQ",
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: "the handshake was broken off: is its key the one that these credentials say?",
    zmq.EVENT_DISCONNECTED: "the connection has ended",
    zmq.EVENT_CLOSED: "nobody listens there",
    zmq.EVENT_CONNECT_RETRIED: "nobody listens there",
}


class BadFrame(Exception):
    """What arrived is not a frame of this protocol."""


def is_text(value: Any) -> bool:
    return type(value) is str


def is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def is_whole(value: Any) -> bool:
    return is_number(value) and value >= 0 and value == int(value)


def is_map(value: Any) -> bool:
    return type(value) is dict


# What a server may send: a field with a question mark may be absent, and no other fields may be there.
SHAPES: dict[str, dict[str, Any]] = {
    "welcome": {
        "session": is_text,
        "serverBootId": is_text,
        "heartbeatMs": is_whole,
        "sentMs": is_number,
        "limits": {"maxMessageBytes": is_whole, "outputCreditBytes": is_whole},
    },
    "refused": {"error": {"code": is_text, "message": is_text}},
    "command": {
        "id": is_text,
        "name": is_text,
        "args": is_map,
        "sentMs": is_number,
        "expiresInMs?": is_number,
        "timeoutMs?": is_whole,
        "traceparent?": is_text,
    },
    "cancel": {"id": is_text},
    "output-ack": {"id": is_text, "stream": is_text, "offset": is_whole},
    "fetch": {"id": is_text, "from": {"stdout?": is_whole, "stderr?": is_whole}},
    "ack": {"ids": [is_text]},
    "heartbeat": {"seq": is_whole, "sentMs": is_number},
}


def fits(value: Any, shape: Any) -> bool:
    if callable(shape):
        return shape(value)
    if isinstance(shape, list):
        return type(value) is list and all(fits(item, shape[0]) for item in value)
    if shape is None or type(value) is not dict:
        return False
    required = {name for name in shape if not name.endswith("?")}
    return required <= value.keys() and all(
        fits(item, shape.get(name, shape.get(f"{name}?"))) for name, item in value.items()
    )


def unpack(parts: list[bytes]) -> list[Message]:
    try:
        (frame,) = parts
        messages = msgpack.unpackb(frame, raw=False)
    except Exception as error:
        raise BadFrame(f"not one msgpack value: {error}") from error
    if type(messages) is not list:
        raise BadFrame("not an array")
    for message in messages:
        kind = message.get("type") if type(message) is dict else None
        shape = SHAPES.get(kind) if type(kind) is str else None
        if shape is None or not fits(message, {"type": is_text, **shape}):
            raise BadFrame(f"no message of this protocol: {kind}")
    return messages


def read_credentials(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8") as file:
        if os.fstat(file.fileno()).st_mode & 0o077:
            sys.exit(f"others can read {path}; make it yours alone: chmod 600 {path}")
        credentials = json.load(file)
    if credentials.get("version") != 1:
        sys.exit(f"{path} is no file of credentials that this client knows")
    return credentials


class Connection:
    """One socket, connected once. What is said waits in `outbox`, in order, while the server is slow."""

    def __init__(self, context: zmq.Context, endpoint: str, credentials: dict[str, Any]) -> None:
        self.outbox: deque[Message] = deque()
        self.socket: zmq.Socket = context.socket(zmq.DEALER)
        for option, value in OPTIONS.items():
            self.socket.setsockopt(option, value)
        self.socket.setsockopt(zmq.IPV6, 1 if "[" in endpoint else 0)
        self.socket.curve_serverkey = credentials["serverKey"].encode()
        self.socket.curve_publickey = credentials["publicKey"].encode()
        self.socket.curve_secretkey = credentials["secretKey"].encode()
        self.monitor: zmq.Socket = self.socket.get_monitor_socket()
        self.socket.connect(endpoint)

    def flush(self) -> None:
        while self.outbox:
            batch = [self.outbox[index] for index in range(min(BATCH, len(self.outbox)))]
            try:
                self.socket.send(msgpack.packb(batch, use_bin_type=True), zmq.NOBLOCK)
            except zmq.Again:
                return
            for _ in batch:
                self.outbox.popleft()

    def received(self) -> Iterator[list[Message]]:
        """What has arrived, frame by frame."""
        while not self.socket.closed and self.socket.poll(0, zmq.POLLIN):
            yield unpack(self.socket.recv_multipart(zmq.NOBLOCK))

    def events(self) -> list[int]:
        """What has happened to the connection."""
        events = []
        while self.monitor.poll(0, zmq.POLLIN):
            events.append(recv_monitor_message(self.monitor)["event"])
        return events

    def close(self, linger_ms: int = 0) -> None:
        self.socket.disable_monitor()
        self.monitor.close(0)
        self.socket.close(linger_ms)
