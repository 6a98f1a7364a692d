"""The data commands of this client. Each checks its arguments, and then works in short steps: it yields for how many
seconds it wants to be left alone, reports through its job, and returns its result. Cancelling closes it at a `yield`."""

from collections.abc import Callable
from time import monotonic, time
from typing import Any

from job import Job, Work

STEP_SECONDS = 0.25


class BadArguments(Exception):
    """They do not fit the contract of the command."""


def ping(job: Job) -> Work:
    return int(time())
    yield  # makes it a generator


def calculate(job: Job, seconds: float, message: str) -> Work:
    begun = monotonic()
    while (lasted := monotonic() - begun) < seconds:
        job.progress(lasted / seconds)
        yield min(STEP_SECONDS, seconds - lasted)
    print(message, flush=True)
    job.write(f"{message}\n")
    return {"seconds": lasted}


def parse_ping(args: dict[str, Any]) -> dict[str, Any]:
    if args:
        raise BadArguments("ping takes no arguments")
    return args


def parse_calculate(args: dict[str, Any]) -> dict[str, Any]:
    if args.keys() != {"seconds", "message"}:
        raise BadArguments("calculate takes seconds and message")
    if type(args["seconds"]) not in (int, float) or not 0 <= args["seconds"] <= 3_155_760_000:
        raise BadArguments("seconds: a number from 0 to 3,155,760,000")
    if type(args["message"]) is not str or len(args["message"].encode()) > 65_536:
        raise BadArguments("message: a text of at most 65,536 characters")
    return args


COMMANDS: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], Callable[..., Work]]] = {
    "ping": (parse_ping, ping),
    "calculate": (parse_calculate, calculate),
}
