"""One connection to a server, and the credentials for it. Knows nothing of jobs."""

import json
import os
from collections import deque
from collections.abc import Iterator
from time import monotonic
from typing import Any

import zmq
from zmq.utils.monitor import recv_monitor_message

from frames import MAX_FRAME_BYTES, BadFrame
from messages import Message, read_messages, write_frame, write_message

# At most 512 messages a frame: none of these has more than 32 values, so the frame stays within 16,384.
BATCH = 512
MAX_DUE_MESSAGES = 32_768
MAX_DUE_BYTES = 134_217_728
FRAMES_A_TURN = 64
OPTIONS = {
    zmq.IMMEDIATE: 1,
    zmq.LINGER: 0,
    zmq.RECONNECT_IVL: -1,
    zmq.SNDTIMEO: 0,
    zmq.MAXMSGSIZE: 2_097_152,
    zmq.HANDSHAKE_IVL: 2_000,
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

CREDENTIALS = ("name", "serverKey", "publicKey", "secretKey", "token")


class BadCredentials(Exception):
    """The file of credentials cannot be used."""


def read_credentials(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            credentials = json.load(file)
    except (OSError, ValueError) as error:
        raise BadCredentials(f"cannot read {path}: {error}") from error
    if mode & 0o077:
        raise BadCredentials(f"others can read {path}; run: chmod 600 {path}")
    if type(credentials) is not dict or credentials.get("version") != 1:
        raise BadCredentials(f"{path} is not a file of credentials that this client knows")
    if not all(type(credentials.get(field)) is str for field in CREDENTIALS):
        raise BadCredentials(f"{path} is incomplete; write it anew with signalbox keys add")
    return credentials


class Connection:
    """One socket, connected once. What is said waits in `outbox`, in order, while the server is slow."""

    def __init__(self, context: zmq.Context, endpoint: str, credentials: dict[str, Any]) -> None:
        self.outbox: deque[bytes] = deque()
        self.due_bytes = 0
        self.max_frame_bytes = MAX_FRAME_BYTES  # `welcome` says how many this server takes
        self.sent_at = monotonic()  # when the line last took something
        self.socket: zmq.Socket = context.socket(zmq.DEALER)
        for option, value in OPTIONS.items():
            self.socket.setsockopt(option, value)
        self.socket.setsockopt(zmq.IPV6, 1 if "[" in endpoint else 0)
        self.socket.curve_serverkey = credentials["serverKey"].encode()
        self.socket.curve_publickey = credentials["publicKey"].encode()
        self.socket.curve_secretkey = credentials["secretKey"].encode()
        self.monitor: zmq.Socket = self.socket.get_monitor_socket()
        self.socket.connect(endpoint)

    @property
    def full(self) -> bool:
        """Nothing is read then: the server could make this client owe it ever more."""
        return len(self.outbox) >= MAX_DUE_MESSAGES or self.due_bytes >= MAX_DUE_BYTES

    def say(self, message: Message) -> None:
        data = write_message(message)
        self.outbox.append(data)
        self.due_bytes += len(data)

    def flush(self) -> None:
        while self.outbox:
            batch = self.next_batch()
            try:
                self.socket.send(write_frame(batch), zmq.NOBLOCK)
            except zmq.Again:
                return
            self.sent_at = monotonic()
            for data in batch:
                self.outbox.popleft()
                self.due_bytes -= len(data)

    def next_batch(self) -> list[bytes]:
        """As many messages as fit into a frame, and at least one."""
        batch: list[bytes] = []
        size = 3  # the head of the frame
        for data in self.outbox:
            size += len(data)
            if batch and (size > self.max_frame_bytes or len(batch) == BATCH):
                break
            batch.append(data)
        return batch

    def received(self) -> Iterator[list[Message]]:
        """What has arrived, frame by frame."""
        for _ in range(FRAMES_A_TURN):
            if self.full or self.socket.closed or not self.socket.poll(0, zmq.POLLIN):
                return
            parts = self.socket.recv_multipart(zmq.NOBLOCK)
            if len(parts) != 1:
                raise BadFrame(f"{len(parts)} parts")
            yield read_messages(parts[0])

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
