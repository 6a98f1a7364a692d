"""The state of the client, the jobs that it holds, and what to do with each command. Knows nothing of connections."""

import math
import sys
from collections import deque
from collections.abc import Callable, Iterator

from commands import COMMANDS, BadArguments
from job import Job
from wire import Message

MAX_JOBS = 1_000
MAX_HELD_RESULTS = 10_000
REMEMBERED = 256  # rejections, and cancels of jobs that are not here
MAX_SERVER_BOOTS = 1_000
CONTROL = ("start", "stop", "terminate")


class Jobs:
    """`unready`, `ready` or `terminating`. A job is held from the moment its command was taken until its outcome is acked.
    No id runs twice: what is held is answered from memory, and what is not must be above the highest of its server."""

    def __init__(self, state: str, say: Callable[[Message], None]) -> None:
        self.state = state
        self.say = say
        self.held: dict[str, Job] = {}  # oldest first
        self.server_boot_id = ""
        self.highest: dict[str, int] = {}  # by server boot, the one that sent a command last at the end
        self.cancelled_ahead: deque[str] = deque(maxlen=REMEMBERED)

    # The session.

    def list_all(self, server_boot_id: str) -> None:
        """A session begins: says what is held. Nothing more is said of it before it is fetched."""
        self.server_boot_id = server_boot_id
        for job in self.held.values():
            job.live = False
            self.say(job.listing())
        self.say({"type": "jobs-end"})

    def fetch(self, id: str, offsets: dict[str, int]) -> None:
        if id in self.held:
            self.held[id].rewind(offsets)

    def output_acked(self, id: str, stream: str, offset: int) -> None:
        if id in self.held and stream in self.held[id].streams:
            self.held[id].streams[stream].acked(offset)

    def acked(self, ids: list[str]) -> None:
        for id in ids:
            if id in self.held and not self.held[id].running:
                del self.held[id]

    def cancel(self, id: str) -> None:
        job = self.held.get(id)
        if job is None:
            self.cancelled_ahead.append(id)
        elif job.running:
            job.end("cancelled", "cancelled", "cancelled by the server")

    # Time.

    def timers(self) -> Iterator[float]:
        return (job.due_at for job in self.held.values() if job.running)

    def advance(self, now: float) -> None:
        for job in self.held.values():
            job.advance(now)

    def due(self, credit: int, now: float) -> Iterator[Message]:
        for job in self.held.values():
            yield from job.due(credit, now)

    # Commands.

    def take(self, message: Message, age_ms: float) -> None:
        id, name = message["id"], message["name"]
        boot_id, _, counter = id.partition(".")
        if boot_id != self.server_boot_id or not counter.isdecimal():
            return
        if id in self.held:
            return self.repeat(self.held[id])
        highest = self.highest.pop(boot_id, 0)
        self.highest[boot_id] = max(highest, int(counter))
        if len(self.highest) > MAX_SERVER_BOOTS:
            del self.highest[next(iter(self.highest))]
        if int(counter) <= highest:
            error = {"code": "lost", "message": "it was taken before, and another server has taken its outcome"}
            return self.say({"type": "rejected", "id": id, "error": error})
        job = Job(id, name)
        unacked = sum(not held.running for held in self.held.values())
        if unacked >= MAX_HELD_RESULTS and (name != "terminate" or self.state == "terminating"):
            job.reject("busy", f"{unacked} outcomes are not acked")
        elif id in self.cancelled_ahead:
            job.end("cancelled", "cancelled", "cancelled before it started")
        elif age_ms > message.get("expiresInMs", math.inf):
            job.end("expired", "expired", f"{age_ms:.0f} ms old when it came")
        elif name in CONTROL:
            self.control(job)
        else:
            self.begin(job, message)
        self.held[id] = job
        rejected = [held.id for held in self.held.values() if held.rejected]
        for oldest in rejected[:-REMEMBERED]:
            del self.held[oldest]

    def repeat(self, job: Job) -> None:
        if job.accepted:
            self.say({"type": "accepted", "id": job.id})
        job.told = False

    def accept(self, job: Job) -> None:
        job.accepted = True
        self.say({"type": "accepted", "id": job.id})

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
        print(f"begins {job.command} {job.id}", file=sys.stderr, flush=True)
        job.begin(work(job, **args), message.get("timeoutMs"))
