#!/usr/bin/env python3
"""A Signalbox client in Python, written from schemas/README.md: one thread, one poll loop.

    python3 client.py --connect tcp://127.0.0.1:5555 --credentials keys/credentials/py-1.json [--name NAME] [--ready]

Bytes are read in frames.py and messages in messages.py; connection.py is one connection, proof.py what proves that
the credentials are its own, jobs.py what is held and what to do with a command, job.py one job, commands.py what this
client runs. It leaves out what its commands do not need: records, stderr, programs and their signals, output that a
program has to wait for, and labels.
"""

import argparse
import math
import os
import platform
import random
import secrets
import signal
import socket
import sys
from collections import deque
from time import monotonic
from typing import Any

import zmq

from commands import COMMANDS
from connection import ENDED, OPENED, BadCredentials, Connection, read_credentials
from frames import BadFrame
from jobs import Jobs
from messages import Message
from proof import prove

VERSION = "0.2.0"
PROTOCOL = 2
HANDSHAKE_SECONDS = 4.0
SILENCE_SECONDS = 10.0
LEAVING_SECONDS = 2.0
QUIET_SECONDS = 1.0
LINGER_MS = 500
AGE_WINDOW_MS = 60_000.0


class Client:
    """No connection until `dial_at`; then one that greets (until the handshake is done, and the server says welcome) or
    is open. However it ends, jobs go on. Told to end, it leaves when all is acked, at the latest at `leave_by`."""

    def __init__(self, endpoint: str, credentials_file: str, name: str | None, state: str) -> None:
        self.endpoint = endpoint
        self.credentials_file = credentials_file
        self.credentials: dict[str, Any] = {}
        self.name = name
        self.boot_id = secrets.token_hex(6)
        self.jobs = Jobs(state, self.say)
        self.context = zmq.Context()
        self.connection: Connection | None = None
        self.open = False
        self.failures = 0
        self.told = ""
        self.dial_at = monotonic()
        self.give_up_at = 0.0
        self.delays: deque[tuple[float, float]] = deque()  # when it came, what it took, in ms
        self.lag_ms = 0.0
        self.heartbeat: int | None = None  # the newest of this session
        self.credit = 0
        self.leave_by: float | None = None
        # Signals arrive as bytes that the loop reads.
        self.signals, self.signalled = socket.socketpair()
        self.signals.setblocking(False)
        self.signalled.setblocking(False)
        signal.set_wakeup_fd(self.signalled.fileno())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)

    # The loop.

    def run(self) -> None:
        while not self.left():
            if self.connection is None and monotonic() >= self.dial_at:
                self.dial()
            self.wait()
            self.read_signals()
            self.read()
            now = monotonic()
            self.jobs.advance(now)
            self.speak(now)
            if self.connection is not None and self.connection.full:
                self.give_up_at = self.connection.sent_at + SILENCE_SECONDS  # nothing is read, so nothing can be heard
            if self.connection is not None and now >= self.give_up_at:
                self.hang_up("no word from the server")
            if self.leave_by is None and self.jobs.state == "terminating":
                self.leave_by = now + LEAVING_SECONDS

    def wait(self) -> None:
        poller = zmq.Poller()
        poller.register(self.signals, zmq.POLLIN)
        timers = list(self.jobs.timers())
        if self.connection is None:
            timers.append(self.dial_at)
        else:
            reading = 0 if self.connection.full else zmq.POLLIN
            poller.register(self.connection.socket, reading | (zmq.POLLOUT if self.connection.outbox else 0))
            poller.register(self.connection.monitor, zmq.POLLIN)
            timers.append(self.give_up_at)
            if self.heartbeat is not None and not self.connection.outbox:
                timers.append(self.connection.sent_at + QUIET_SECONDS)
        if self.leave_by is not None:
            timers.append(self.leave_by)
        wake_at = min(timers)
        poller.poll(max(0, math.ceil((wake_at - monotonic()) * 1_000)))
        late = max(0.0, monotonic() - wake_at)
        self.lag_ms = max(self.lag_ms, late * 1_000)
        if late > 1:
            self.give_up_at += late  # this process itself stood still: that was no silence of the server

    def read_signals(self) -> None:
        try:
            numbers = self.signals.recv(64)
        except BlockingIOError:
            return
        for number in numbers:
            if self.jobs.state == "terminating":
                os._exit(128 + number)
            self.jobs.terminate()

    def left(self) -> bool:
        if self.leave_by is None or (
            self.open and not self.jobs.all_acked and monotonic() < self.leave_by
        ):
            return False
        if self.connection is not None:
            self.say({"type": "goodbye", "reason": "terminated"})
            self.speak(monotonic())
        if self.connection is not None:
            self.connection.close(LINGER_MS)
        self.context.term()
        return True

    # One connection.

    def dial(self) -> None:
        """Reads the credentials anew: they may have been replaced."""
        try:
            self.credentials = read_credentials(self.credentials_file)
        except BadCredentials as error:
            return self.retry(str(error))
        self.connection = Connection(self.context, self.endpoint, self.credentials)
        self.give_up_at = monotonic() + HANDSHAKE_SECONDS
        self.delays.clear()
        self.heartbeat = None

    def hang_up(self, why: str, refused: bool = False) -> None:
        if self.connection is None:
            return
        self.connection.close()
        self.connection = None
        if self.open and not refused:
            self.failures = -1  # the server was there: begin with short waits again
        self.open = False
        self.retry(why)

    def retry(self, why: str) -> None:
        self.failures += 1
        self.dial_at = monotonic() + random.random() * min(2.0, 0.1 * 2 ** min(self.failures, 8))
        self.tell(f"not connected: {why}")

    def tell(self, text: str) -> None:
        """For the operator; not twice in a row, for it dials every second or two."""
        if text != self.told:
            print(text, file=sys.stderr, flush=True)
        self.told = text

    def say(self, message: Message) -> None:
        if self.connection is not None and self.open:
            self.connection.say(message)

    def speak(self, now: float) -> None:
        """Sends all that is due."""
        if self.connection is None:
            return
        if self.open and not self.connection.full:
            self.jobs.say_due(self.credit, now)
        quiet = not self.connection.outbox and now >= self.connection.sent_at + QUIET_SECONDS
        if quiet and self.heartbeat is not None:
            self.acknowledge()
        try:
            self.connection.flush()
        except zmq.ZMQError as error:
            self.hang_up(f"cannot send: {error}")

    def read(self) -> None:
        """Handles what has arrived, then what has become of the connection, so that no last words are missed."""
        connection = self.connection
        if connection is None:
            return
        events = connection.events()
        try:
            for messages in connection.received():
                if self.open:
                    self.give_up_at = monotonic() + SILENCE_SECONDS
                for message in messages:
                    if self.connection is connection and (self.open or message["type"] in ("welcome", "refused")):
                        self.handle(message)
        except BadFrame as error:
            return self.hang_up(f"a bad frame: {error}", refused=True)
        if self.connection is not connection:
            return
        if OPENED in events:
            connection.say(self.hello())
            self.give_up_at = monotonic() + SILENCE_SECONDS
        for event, why in ENDED.items():
            if event in events:
                return self.hang_up(why)

    def acknowledge(self) -> None:
        answer = {"seq": self.heartbeat, "state": self.jobs.state, "lagMs": self.lag_ms}
        self.say({"type": "heartbeat-ack", **answer})
        self.lag_ms = 0.0

    def hello(self) -> Message:
        name = self.name or self.credentials["name"]
        return {
            "type": "hello",
            "protocol": {"min": PROTOCOL, "max": PROTOCOL},
            "features": [],
            "version": VERSION,
            "name": name,
            "named": True,
            "token": prove(self.credentials, name, self.boot_id),
            "bootId": self.boot_id,
            "state": self.jobs.state,
            "commands": list(COMMANDS),
            "info": {"host": socket.gethostname()[:255], "pid": os.getpid(), "platform": sys.platform},
            "labels": {},
            "facts": {"os": sys.platform, "python": platform.python_version()},
        }

    def handle(self, message: Message) -> None:
        match message["type"]:
            case "welcome" if self.open:
                raise BadFrame("a second welcome")
            case "welcome" if message["protocol"] != PROTOCOL:
                self.hang_up(f"the server speaks version {message['protocol']} of the protocol", refused=True)
            case "welcome":
                self.open = True
                self.give_up_at = monotonic() + SILENCE_SECONDS
                self.age_ms(message)
                self.credit = message["limits"]["outputCreditBytes"]
                if self.connection is not None:
                    self.connection.max_frame_bytes = message["limits"]["maxMessageBytes"]
                self.jobs.list_all(message)
                self.tell(f"{self.name or self.credentials['name']} is connected to {message['serverBootId']}")
            case "refused":
                self.hang_up(f"refused: {message['error']['code']}: {message['error']['message']}", refused=True)
            case "command":
                self.jobs.take(message, self.age_ms(message))
            case "cancel":
                self.jobs.cancel(message["id"])
            case "fetch":
                self.jobs.fetch(message["id"], message["from"])
            case "output-ack":
                self.jobs.output_acked(message["id"], message["stream"], message["offset"])
            case "ack":
                self.jobs.acked(message["ids"])
            case "heartbeat":
                self.age_ms(message)
                self.heartbeat = message["seq"]
                self.acknowledge()

    def age_ms(self, message: Message) -> float:
        """How much longer the message took than the quickest one of the last minute: clocks drift."""
        now_ms = monotonic() * 1_000
        delay_ms = now_ms - message["sentMs"]
        while self.delays and self.delays[0][0] < now_ms - AGE_WINDOW_MS:
            self.delays.popleft()
        # Rising delays, each the smallest from its time on, at most one a second.
        while self.delays and self.delays[-1][1] >= delay_ms:
            self.delays.pop()
        if not self.delays or now_ms - self.delays[-1][0] >= 1_000:
            self.delays.append((now_ms, delay_ms))
        return delay_ms - self.delays[0][1]


def main() -> None:
    parser = argparse.ArgumentParser(description="A Signalbox client in Python.")
    parser.add_argument("--connect", required=True, metavar="ENDPOINT", help="such as tcp://127.0.0.1:5555")
    parser.add_argument("--credentials", required=True, metavar="FILE", help="what `signalbox keys add` has written")
    parser.add_argument("--name", help="default: that of the credentials; a replica adds a dash and a suffix")
    parser.add_argument("--ready", action="store_true", help="begin in ready: take data commands without a start")
    options = parser.parse_args()
    Client(options.connect, options.credentials, options.name, "ready" if options.ready else "unready").run()


if __name__ == "__main__":
    main()
