"""A job and its output: what is kept of it, and what of that is to be sent now. Knows neither sockets nor sessions.

The commands of this client write to stdout alone and emit no records: a client whose commands do has a second stream, and
sends records as it does output."""

from collections import deque
from collections.abc import Generator, Iterator
from time import monotonic
from typing import Any

from messages import Message, can_travel

KEPT_BYTES = 1_048_576
CHUNK_BYTES = 32_768
PROGRESS_SECONDS = 0.1
MAX_TEXT_BYTES = 4_096

# A command in progress: it yields for how many seconds it wants to be left alone, and returns its result.
Work = Generator[float, None, Any]


class Stream:
    """One stream of bytes. `data` are those from `start` on; `sent` is the offset of the next one to send."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.start = 0
        self.sent = 0
        self.taken = 0  # the highest offset that any server has acked
        self.unacked: deque[tuple[int, int]] = deque()  # end and size of each chunk that was sent

    @property
    def end(self) -> int:
        return self.start + len(self.data)

    def write(self, data: bytes) -> None:
        self.data += data
        gone = max(0, len(self.data) - KEPT_BYTES)
        del self.data[:gone]
        self.start += gone
        self.sent = max(self.sent, self.start)

    def rewind(self, offset: int) -> None:
        self.sent = min(max(offset, self.start), self.end)
        self.unacked.clear()

    def acked(self, offset: int) -> None:
        while self.unacked and self.unacked[0][0] <= offset:
            self.unacked.popleft()
        self.taken = max(self.taken, min(offset, self.sent))

    def chunks(self, credit: int) -> Iterator[tuple[int, bytes]]:
        """The bytes that may be sent now. Those of a gap were never sent and so take no credit."""
        left = credit - sum(size for _, size in self.unacked)
        while left > 0 and self.sent < self.end:
            at = self.sent - self.start
            data = bytes(self.data[at : at + min(left, CHUNK_BYTES)])
            yield self.sent, data
            self.sent += len(data)
            self.unacked.append((self.sent, len(data)))
            left -= len(data)


Key = tuple[str, int]  # the epoch and the counter: the same job in every session


def clip(text: str) -> str:
    """Text is bounded in bytes of UTF-8."""
    return text.encode("utf-8", "replace")[:MAX_TEXT_BYTES].decode("utf-8", "ignore")


class Job:
    """Runs until it has an outcome, which never changes; is kept until that is acked.

    `listed`: it was listed or taken in this session. `live`: what it has to say may be sent in this session, since its
    command came in it or its output was fetched.
    """

    def __init__(self, key: Key, command: str, standing: bool) -> None:
        self.key = key
        self.command = command
        self.standing = standing
        self.stdout = Stream()
        self.listed = True
        self.live = True
        self.accepted = False
        self.outcome: Message | None = None
        self.told = False
        self.news: Message | None = None  # the newest progress
        self.news_at = 0.0
        self.work: Work | None = None
        self.begun = self.wake_at = monotonic()
        self.deadline: float | None = None
        self.ended_at = 0.0

    # What a command calls.

    def write(self, text: str) -> None:
        self.stdout.write(text.encode())

    def progress(self, fraction: float) -> None:
        self.news = {"type": "progress", "fraction": fraction}

    # What the client calls.

    def begin(self, work: Work, timeout_ms: float | None) -> None:
        self.work = work
        self.begun = self.wake_at = monotonic()
        self.deadline = None if timeout_ms is None else self.begun + timeout_ms / 1_000

    @property
    def running(self) -> bool:
        return self.outcome is None

    @property
    def due_at(self) -> float:
        return self.wake_at if self.deadline is None else min(self.wake_at, self.deadline)

    def advance(self, now: float) -> None:
        """Lets the command go on, if it is time."""
        if self.work is None or not self.running or now < self.due_at:
            return
        if self.deadline is not None and now >= self.deadline:
            return self.end("failed", "deadline_exceeded", "still running at its deadline")
        try:
            self.wake_at = now + next(self.work)
        except StopIteration as returned:
            if can_travel(returned.value):
                self.settle("completed", result=returned.value)
            else:
                self.end("failed", "bad_result", "the result is too large, or is not a value that can be sent")
        except Exception as error:
            self.end("failed", "command_failed", clip(f"{type(error).__name__}: {error}"))

    def end(self, outcome: str, code: str, message: str) -> None:
        """Stops the command, where it runs, and settles the job."""
        if self.work is not None:
            self.work.close()
        self.settle(outcome, error={"code": code, "message": message})

    def settle(self, outcome: str, result: Any = None, error: Message | None = None) -> None:
        self.ended_at = monotonic()
        ran = (self.ended_at - self.begun) * 1_000 if self.work is not None else 0
        self.outcome = {"type": "result", "outcome": outcome, "durationMs": ran}
        if result is not None:
            self.outcome["result"] = result
        if error is not None:
            self.outcome["error"] = error

    def reject(self, code: str, message: str) -> None:
        self.ended_at = monotonic()
        self.outcome = {"type": "rejected", "error": {"code": code, "message": message}}

    @property
    def rejected(self) -> bool:
        return self.outcome is not None and self.outcome["type"] == "rejected"

    def offsets(self) -> dict[str, int]:
        return {"stdout": self.stdout.end} if self.stdout.end > 0 else {}

    def listing(self) -> Message:
        listed = {"type": "job", "command": self.command, "state": "running", "offsets": self.offsets()}
        if self.outcome is not None:
            listed.update(state="settled", outcome="rejected" if self.rejected else self.outcome["outcome"])
        if self.stdout.taken > 0:
            listed["taken"] = {"stdout": self.stdout.taken}
        if self.standing:
            listed["standing"] = True
        return listed

    def rewind(self, offset: int) -> None:
        """Everything from this offset on is to be sent, in this session."""
        self.stdout.rewind(offset)
        self.live = True
        self.told = False

    def due(self, credit: int, now: float) -> Iterator[Message]:
        """What is to be sent now: output as far as the credit goes, the newest progress, the outcome after both."""
        if not self.live or self.told:
            return
        for offset, data in self.stdout.chunks(credit):
            yield {"type": "output", "stream": "stdout", "offset": offset, "data": data}
        last = self.outcome is not None and self.stdout.sent == self.stdout.end
        if self.news is not None and (last or now >= self.news_at + PROGRESS_SECONDS):
            yield self.news
            self.news, self.news_at = None, now
        if last:
            assert self.outcome is not None
            offsets = {} if self.rejected or self.stdout.end == 0 else {"offsets": self.offsets()}
            yield {**self.outcome, **offsets}
            self.told = True
