"""A job and its output: what is kept of it, and what of that is to be sent now. Knows neither sockets nor sessions."""

from collections import deque
from collections.abc import Generator, Iterator
from time import monotonic
from typing import Any

from wire import Message

KEPT_BYTES = 1_048_576
CHUNK_BYTES = 32_768
PROGRESS_SECONDS = 0.1

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


class Job:
    """Runs until it has an outcome, which never changes; is kept until that is acked.

    `live`: what it has to say may be sent in this session, since its command came in it or its output was fetched.
    """

    def __init__(self, id: str, command: str) -> None:
        self.id = id
        self.command = command
        self.streams = {"stdout": Stream(), "stderr": Stream()}
        self.live = True
        self.accepted = False
        self.outcome: Message | None = None
        self.told = False
        self.news: Message | None = None  # the newest progress
        self.news_at = 0.0
        self.work: Work | None = None
        self.begun = self.wake_at = monotonic()
        self.deadline: float | None = None

    # What a command calls.

    def write(self, text: str, stream: str = "stdout") -> None:
        self.streams[stream].write(text.encode())

    def progress(self, fraction: float) -> None:
        self.news = {"type": "progress", "id": self.id, "fraction": fraction}

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
            self.settle("completed", result=returned.value)
        except Exception as error:
            self.end("failed", "command_failed", f"{type(error).__name__}: {error}"[:2_000])

    def end(self, outcome: str, code: str, message: str) -> None:
        """Stops the command, where it runs, and settles the job."""
        if self.work is not None:
            self.work.close()
        self.settle(outcome, error={"code": code, "message": message})

    def settle(self, outcome: str, result: Any = None, error: Message | None = None) -> None:
        ran = (monotonic() - self.begun) * 1_000 if self.work is not None else 0
        self.outcome = {"type": "result", "id": self.id, "outcome": outcome, "durationMs": ran}
        if result is not None:
            self.outcome["result"] = result
        if error is not None:
            self.outcome["error"] = error

    def reject(self, code: str, message: str) -> None:
        self.outcome = {"type": "rejected", "id": self.id, "error": {"code": code, "message": message}}

    @property
    def rejected(self) -> bool:
        return self.outcome is not None and self.outcome["type"] == "rejected"

    def offsets(self) -> dict[str, int]:
        return {name: stream.end for name, stream in self.streams.items() if stream.end > 0}

    def listing(self) -> Message:
        listed = {"type": "job", "id": self.id, "command": self.command, "state": "running", "offsets": self.offsets()}
        listed["taken"] = {name: stream.taken for name, stream in self.streams.items() if stream.taken > 0}
        if self.outcome is not None:
            listed.update(state="settled", outcome="rejected" if self.rejected else self.outcome["outcome"])
        return listed

    def rewind(self, offsets: dict[str, int]) -> None:
        """Everything from these offsets on is to be sent, in this session."""
        for name, stream in self.streams.items():
            stream.rewind(int(offsets.get(name, 0)))
        self.live = True
        self.told = False

    def due(self, credit: int, now: float) -> Iterator[Message]:
        """What is to be sent now: output as far as the credit goes, the newest progress, the outcome after both."""
        if not self.live or self.told:
            return
        for name, stream in self.streams.items():
            for offset, data in stream.chunks(credit):
                yield {"type": "output", "id": self.id, "stream": name, "offset": offset, "data": data}
        sent = all(stream.sent == stream.end for stream in self.streams.values())
        last = sent and self.outcome is not None
        if self.news is not None and (last or now >= self.news_at + PROGRESS_SECONDS):
            yield self.news
            self.news, self.news_at = None, now
        if last:
            assert self.outcome is not None
            yield self.outcome if self.rejected else {**self.outcome, "offsets": self.offsets()}
            self.told = True
