"""The state of the client, the jobs that it holds, and what to do with each command. Knows nothing of connections."""

import math
import sys
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from commands import COMMANDS, BadArguments
from job import Job, Key
from messages import Message

MAX_JOBS = 1_000
MAX_HELD_RESULTS = 10_000
FORGET_AFTER_S = 604_800  # outcomes of other stores
REMEMBERED = 256  # rejections, and cancels of jobs that are not here
MAX_SERVER_BOOTS = 1_000
CONTROL = ("start", "stop", "terminate")


class Epoch:
    """What is remembered of one start of a server."""

    def __init__(self) -> None:
        self.highest = 0  # counter of a command that came
        self.store: dict[str, Any] = {}
        self.cancelled_ahead: deque[int] = deque(maxlen=REMEMBERED)


class Jobs:
    """`unready`, `ready` or `terminating`. A job is held from the moment its command was taken until its outcome is acked.
    No id runs twice: what is held is answered from memory, and what is not must be above the highest of its epoch."""

    def __init__(self, state: str, say: Callable[[Message], None]) -> None:
        self.state = state
        self.say = say
        self.held: dict[Key, Job] = {}  # oldest first
        self.epoch = ""  # of this session
        self.epochs: dict[str, Epoch] = {}  # the one that was used last at the end
        self.has_forgotten = False  # an epoch that is not known may be one that was

    # Ids: in a session its own epoch goes without saying.

    def key(self, id: int | str) -> Key:
        if isinstance(id, int):
            return self.epoch, id
        epoch, counter = id.split(".")
        return epoch, int(counter)

    def say_of(self, key: Key, message: Message) -> None:
        epoch, counter = key
        self.say({**message, "id": counter if epoch == self.epoch else f"{epoch}.{counter}"})

    def use(self, name: str, epoch: Epoch) -> None:
        self.epochs.pop(name, None)
        self.epochs[name] = epoch
        holding = {held for held, _ in self.held}
        for old in list(self.epochs)[:-MAX_SERVER_BOOTS]:
            if old not in holding:
                del self.epochs[old]
                self.has_forgotten = True

    # The session.

    def list_all(self, welcome: Message) -> None:
        """A session begins: says what is held. Nothing more is said of it before it is fetched."""
        self.epoch = welcome["serverBootId"]
        epoch = self.epochs.get(self.epoch, Epoch())
        epoch.store = welcome["store"]
        self.use(self.epoch, epoch)
        for job in self.held.values():
            store = self.epochs[job.key[0]].store
            job.live = False
            job.listed = not store["durable"] or store["id"] == welcome["store"]["id"] or welcome["adopt"]
            if job.listed:
                self.say_of(job.key, job.listing())
        self.say({"type": "jobs-end", "elsewhere": sum(not job.listed for job in self.held.values())})

    def fetch(self, id: int | str, offsets: dict[str, int]) -> None:
        if job := self.held.get(self.key(id)):
            job.rewind(offsets.get("stdout", 0))

    def output_acked(self, id: int | str, stream: str, offset: int) -> None:
        job = self.held.get(self.key(id))
        if job is not None and stream == "stdout":
            job.stdout.acked(offset)

    def acked(self, ids: list[int | str]) -> None:
        for key in map(self.key, ids):
            if key in self.held and not self.held[key].running:
                del self.held[key]

    def cancel(self, id: int | str) -> None:
        name, counter = key = self.key(id)
        job = self.held.get(key)
        if job is None:
            epoch = self.epochs.get(name)
            if epoch is not None and counter > epoch.highest:
                epoch.cancelled_ahead.append(counter)
        elif job.running:
            job.end("cancelled", "cancelled", "cancelled by the server")

    @property
    def all_acked(self) -> bool:
        """Of this session: other servers ask for the others."""
        return not any(job.listed for job in self.held.values())

    # Time.

    def timers(self) -> Iterator[float]:
        return (job.due_at for job in self.held.values() if job.running)

    def advance(self, now: float) -> None:
        for job in self.held.values():
            job.advance(now)
        for job in self.elsewhere():
            if job.ended_at + FORGET_AFTER_S > now:
                break
            del self.held[job.key]

    def elsewhere(self) -> list[Job]:
        """Jobs of other stores that have ended, in that order."""
        ended = [job for job in self.held.values() if not job.listed and not job.running]
        return sorted(ended, key=lambda job: job.ended_at)

    def say_due(self, credit: int, now: float) -> None:
        for job in self.held.values():
            for message in job.due(credit, now):
                self.say_of(job.key, message)

    # Commands.

    def take(self, message: Message, age_ms: float) -> None:
        name, counter = key = self.key(message["id"])
        if key in self.held:
            return self.repeat(self.held[key])
        epoch = self.epochs.get(name)
        if epoch is None:
            if self.has_forgotten:
                return self.say_of(key, {"type": "stale"})
            epoch = Epoch()
            epoch.store = self.epochs[self.epoch].store
        self.use(name, epoch)
        if counter <= epoch.highest:
            return self.say_of(key, {"type": "stale"})
        epoch.highest = counter
        job = Job(key, message["name"], message.get("standing", False))
        unacked = sum(not held.running for held in self.held.values())
        is_full = unacked >= MAX_HELD_RESULTS and (job.command != "terminate" or self.state == "terminating")
        if is_full and (elsewhere := self.elsewhere()):
            del self.held[elsewhere[0].key]
            is_full = False
        if is_full:
            job.reject("busy", f"{unacked} outcomes are not acked")
        elif counter in epoch.cancelled_ahead:
            job.end("cancelled", "cancelled", "cancelled before it started")
        elif age_ms > message.get("expiresInMs", math.inf):
            job.end("expired", "expired", f"{age_ms:.0f} ms old when it came")
        elif job.command in CONTROL:
            self.control(job)
        else:
            self.begin(job, message)
        self.held[key] = job
        rejected = [held.key for held in self.held.values() if held.rejected]
        for oldest in rejected[:-REMEMBERED]:
            del self.held[oldest]

    def repeat(self, job: Job) -> None:
        if job.accepted:
            self.say_of(job.key, {"type": "accepted"})
        job.told = False

    def accept(self, job: Job) -> None:
        job.accepted = True
        self.say_of(job.key, {"type": "accepted"})

    def control(self, job: Job) -> None:
        if job.command != "terminate" and self.state == "terminating":
            return job.reject("terminating", "the client is ending")
        self.accept(job)
        if job.command == "terminate":
            changed = self.terminate()
        else:
            changed = self.become("ready" if job.command == "start" else "unready")
        job.settle("completed", result={"state": self.state, "changed": changed})

    def become(self, state: str) -> bool:
        changed = state != self.state
        self.state = state
        if changed:
            self.say({"type": "state", "state": state})
        return changed

    def terminate(self) -> bool:
        changed = self.become("terminating")
        for job in self.held.values():
            if job.running:
                job.end("cancelled", "cancelled", "the client is ending")
        return changed

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
        running = sum(held.running for held in self.held.values())
        if running >= MAX_JOBS:
            return job.reject("busy", f"{running} jobs run")
        self.accept(job)
        print(f"begins {job.command} {'%s.%d' % job.key}", file=sys.stderr, flush=True)
        job.begin(work(job, **args), message.get("timeoutMs"))
