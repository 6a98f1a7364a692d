#!/usr/bin/env python3
"""A Signalbox client in Python, written from schemas/README.md: one thread, one poll loop.

    python3 client.py --connect tcp://127.0.0.1:5555 --credentials keys/credentials/py-1.json [--ready]
"""

import argparse
import math
import os
import random
import secrets
import signal
import socket
import sys
from collections import deque
from time import monotonic
from typing import Any

import zmq

from commands import COMMANDS, BadArguments
from job import Job
from wire import ENDED, NOT_LET_IN, OPENED, BadFrame, Connection, Message, read_credentials

VERSION = "0.1.0"
MAX_JOBS = 1_000
MAX_HELD_RESULTS = 10_000
REMEMBERED = 256  # rejections, and cancels of jobs that are not here
HANDSHAKE_SECONDS = 4.0
SILENCE_SECONDS = 10.0
LEAVING_SECONDS = 2.0
LINGER_MS = 500


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Client:
    """No connection until `dial_at`; then one that greets (until the handshake is done, and the server says welcome) or
    is open. However it ends, jobs go on. Told to end, it leaves when all is acked, at the latest at `leave_by`."""

    def __init__(self, endpoint: str, credentials: dict[str, Any], state: str) -> None:
        self.endpoint = endpoint
        self.credentials = credentials
        self.state = state
        self.boot_id = secrets.token_hex(6)
        self.context = zmq.Context()
        self.connection: Connection | None = None
        self.open = False
        self.failures = 0
        self.trouble = ""
        self.dial_at = monotonic()
        self.give_up_at = self.heard_at = 0.0
        self.shortest_delay = math.inf
        self.lag_ms = 0.0
        self.credit = 0
        self.server_boot_id = ""
        self.highest = 0
        self.jobs: dict[str, Job] = {}  # oldest first
        self.cancelled_ahead: deque[str] = deque(maxlen=REMEMBERED)
        self.leave_by: float | None = None
        self.exit_code = 0
        # Signals arrive as bytes that the loop reads.
        self.signals, self.signalled = socket.socketpair()
        self.signals.setblocking(False)
        self.signalled.setblocking(False)
        signal.set_wakeup_fd(self.signalled.fileno())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)

    # The loop.

    def run(self) -> int:
        while not self.left():
            if self.connection is None and monotonic() >= self.dial_at:
                self.dial()
            self.wait()
            self.read_signals()
            self.read()
            now = monotonic()
            for job in self.jobs.values():
                job.advance(now)
            self.speak(now)
            if self.connection is not None and now >= (self.heard_at + SILENCE_SECONDS if self.open else self.give_up_at):
                self.hang_up("no word from the server")
        return self.exit_code

    def wait(self) -> None:
        poller = zmq.Poller()
        poller.register(self.signals, zmq.POLLIN)
        timers = [job.due_at for job in self.jobs.values() if job.running]
        if self.connection is None:
            timers.append(self.dial_at)
        else:
            poller.register(self.connection.socket, zmq.POLLIN | (zmq.POLLOUT if self.connection.outbox else 0))
            poller.register(self.connection.monitor, zmq.POLLIN)
            timers.append(self.heard_at + SILENCE_SECONDS if self.open else self.give_up_at)
        if self.leave_by is not None:
            timers.append(self.leave_by)
        wake_at = min(timers)
        poller.poll(max(0, math.ceil((wake_at - monotonic()) * 1_000)))
        late = max(0.0, monotonic() - wake_at)
        self.lag_ms = max(self.lag_ms, late * 1_000)
        if late > 1:
            self.heard_at += late  # this process itself stood still: that was no silence of the server

    def read_signals(self) -> None:
        try:
            numbers = self.signals.recv(64)
        except BlockingIOError:
            return
        for number in numbers:
            if self.leave_by is not None:
                os._exit(128 + number)
            self.exit_code = 128 + number
            self.terminate()

    # One connection.

    def dial(self) -> None:
        self.connection = Connection(self.context, self.endpoint, self.credentials)
        self.give_up_at = monotonic() + HANDSHAKE_SECONDS
        self.shortest_delay = math.inf

    def hang_up(self, why: str, faulty: bool = False) -> None:
        if self.connection is None:
            return
        self.connection.close()
        self.connection = None
        self.failures = 0 if self.open and not faulty else self.failures + 1
        self.open = False
        self.dial_at = monotonic() + random.random() * min(2.0, 0.1 * 2**min(self.failures, 8))
        if why != self.trouble:
            log(f"not connected: {why}")
        self.trouble = why

    def say(self, message: Message) -> None:
        if self.connection is not None and self.open:
            self.connection.outbox.append(message)

    def speak(self, now: float) -> None:
        """Sends all that is due."""
        if self.connection is None:
            return
        if self.open:
            for job in self.jobs.values():
                self.connection.outbox.extend(job.due(self.credit, now))
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
                self.heard_at = monotonic()
                for message in messages:
                    if self.connection is connection and (self.open or message["type"] in ("welcome", "refused")):
                        self.handle(message)
        except BadFrame as error:
            return self.hang_up(f"a bad frame: {error}", faulty=True)
        if self.connection is not connection:
            return
        if OPENED in events:
            connection.outbox.append(self.hello())
            self.give_up_at = monotonic() + SILENCE_SECONDS
        if NOT_LET_IN in events:
            self.hang_up("the server does not know the key of these credentials")
        elif not set(ENDED).isdisjoint(events):
            self.hang_up("the connection has ended")

    def hello(self) -> Message:
        info = {"host": socket.gethostname()[:255], "pid": os.getpid(), "platform": sys.platform}
        return {
            "type": "hello",
            "protocol": 1,
            "version": VERSION,
            "name": self.credentials["name"],
            "token": self.credentials["token"],
            "bootId": self.boot_id,
            "state": self.state,
            "commands": list(COMMANDS),
            "info": info,
        }

    # What the server says.

    def handle(self, message: Message) -> None:
        match message["type"]:
            case "welcome" if not self.open:
                self.welcomed(message)
            case "refused":
                code = message["error"]["code"]
                self.hang_up(f"refused: {code}: {message['error']['message']}", faulty=code == "bad_message")
            case "command":
                self.take(message)
            case "cancel":
                self.cancel(message["id"])
            case "fetch" if message["id"] in self.jobs:
                self.jobs[message["id"]].rewind(message["from"])
            case "output-ack" if message["id"] in self.jobs and message["stream"] in ("stdout", "stderr"):
                self.jobs[message["id"]].streams[message["stream"]].acked(int(message["offset"]))
            case "ack":
                for id in message["ids"]:
                    if id in self.jobs and not self.jobs[id].running:
                        del self.jobs[id]
            case "heartbeat":
                self.age(message)
                self.say({"type": "heartbeat-ack", "seq": message["seq"], "state": self.state, "lagMs": self.lag_ms})
                self.lag_ms = 0.0

    def welcomed(self, message: Message) -> None:
        self.open = True
        self.age(message)
        self.credit = int(message["limits"]["outputCreditBytes"])
        if self.server_boot_id != message["serverBootId"]:
            self.server_boot_id, self.highest = message["serverBootId"], 0
        for job in self.jobs.values():
            job.live = False
            self.say(job.listing())
        self.say({"type": "jobs-end"})
        self.trouble = ""
        log(f"welcome {self.credentials['name']} at {self.server_boot_id}")

    def age(self, message: Message) -> float:
        """How much longer the message took than the quickest one of the session, in ms."""
        delay = monotonic() * 1_000 - message["sentMs"]
        self.shortest_delay = min(self.shortest_delay, delay)
        return delay - self.shortest_delay

    # Commands.

    def take(self, message: Message) -> None:
        id, name = message["id"], message["name"]
        age = self.age(message)
        boot_id, _, counter = id.partition(".")
        if boot_id != self.server_boot_id or not counter.isdecimal():
            return
        if id in self.jobs:
            return self.repeat(self.jobs[id])
        if int(counter) <= self.highest:
            return
        self.highest = int(counter)
        job = Job(id, name)
        if id in self.cancelled_ahead:
            job.end("cancelled", "cancelled", "cancelled before it started")
        elif age > message.get("expiresInMs", math.inf):
            job.end("expired", "expired", f"{age:.0f} ms old when it came")
        elif name in ("start", "stop", "terminate"):
            self.control(job)
        else:
            self.begin(job, message)
        self.jobs[id] = job
        rejected = [held.id for held in self.jobs.values() if held.rejected]
        for oldest in rejected[:-REMEMBERED]:
            del self.jobs[oldest]

    def repeat(self, job: Job) -> None:
        if job.accepted:
            self.say({"type": "accepted", "id": job.id})
        job.told = False

    def accept(self, job: Job) -> None:
        job.accepted = True
        self.say({"type": "accepted", "id": job.id})

    def become(self, state: str) -> bool:
        if state == self.state:
            return False
        self.state = state
        self.say({"type": "state", "state": state})
        return True

    def control(self, job: Job) -> None:
        if job.command != "terminate" and self.state == "terminating":
            return job.reject("terminating", "the client is ending")
        self.accept(job)
        if job.command == "terminate":
            changed = self.terminate()
        else:
            changed = self.become("ready" if job.command == "start" else "unready")
        job.settle("completed", result={"state": self.state, "changed": changed})

    def begin(self, job: Job, message: Message) -> None:
        parse, work = COMMANDS.get(job.command, (None, None))
        if parse is None or work is None:
            return job.reject("unknown_command", f"this client does not run {job.command}")
        if self.state == "unready":
            return job.reject("not_ready", "the client is unready; send start first")
        if self.state == "terminating":
            return job.reject("terminating", "the client is ending")
        try:
            args = parse(message["args"])
        except BadArguments as error:
            return job.reject("bad_arguments", str(error))
        running = sum(held.running for held in self.jobs.values())
        if running >= MAX_JOBS or len(self.jobs) - running >= MAX_HELD_RESULTS:
            return job.reject("busy", f"{running} jobs run, {len(self.jobs) - running} outcomes are not acked")
        self.accept(job)
        log(f"begins {job.command} {job.id}")
        job.begin(work(job, **args), message.get("timeoutMs"))

    def cancel(self, id: str) -> None:
        job = self.jobs.get(id)
        if job is None:
            self.cancelled_ahead.append(id)
        elif job.running:
            job.end("cancelled", "cancelled", "cancelled by the server")

    # The end.

    def terminate(self) -> bool:
        changed = self.become("terminating")
        for job in self.jobs.values():
            if job.running:
                job.end("cancelled", "cancelled", "the client is ending")
        if self.leave_by is None:
            self.leave_by = monotonic() + LEAVING_SECONDS
        return changed

    def left(self) -> bool:
        if self.leave_by is None or (self.open and self.jobs and monotonic() < self.leave_by):
            return False
        if self.connection is not None:
            if self.open:
                self.say({"type": "goodbye", "reason": "terminated"})
                self.speak(monotonic())
            self.connection.close(LINGER_MS)
        self.context.term()
        return True


def main() -> int:
    parser = argparse.ArgumentParser(description="A Signalbox client in Python.")
    parser.add_argument("--connect", required=True, metavar="ENDPOINT", help="of the server, such as tcp://127.0.0.1:5555")
    parser.add_argument("--credentials", required=True, metavar="FILE", help="what `signalbox keys add` has written")
    parser.add_argument("--ready", action="store_true", help="begin in ready: take data commands without a start")
    options = parser.parse_args()
    state = "ready" if options.ready else "unready"
    return Client(options.connect, read_credentials(options.credentials), state).run()


if __name__ == "__main__":
    sys.exit(main())
