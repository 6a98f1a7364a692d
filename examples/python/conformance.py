#!/usr/bin/env python3
"""Runs schemas/conformance/*.json: reads what is for a client, writes what a client sends. Then the proofs of
schemas/hello-proof.json. Prints each vector that fails."""

import json
import re
import sys
from pathlib import Path
from typing import Any

from frames import BadFrame, read_frame
from messages import read_messages, write_frame, write_message
from proof import prove

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


def to_bytes(text: str) -> bytes:
    return bytes.fromhex(re.sub(r"\[(.*?)\*(\d+)\]", lambda run: run[1] * int(run[2]), text))


def revive(value: Any) -> Any:
    """JSON stands for msgpack."""
    if isinstance(value, list):
        return [revive(item) for item in value]
    if isinstance(value, dict):
        return to_bytes(value["$bytes"]) if "$bytes" in value else {name: revive(item) for name, item in value.items()}
    return value


def reads(vector: dict[str, Any]) -> bool:
    try:
        messages = read_messages(to_bytes(vector["hex"]))
    except BadFrame:
        return vector["verdict"] == "bad_message"
    return vector["verdict"] == "accept" and messages == revive(vector["messages"])


def writes(vector: dict[str, Any]) -> bool:
    """The same values; their formats may be others."""
    messages = revive(vector["messages"])
    written = read_frame(write_frame([write_message(message) for message in messages]))
    return [value for value, _ in written] == [value for value, _ in read_frame(to_bytes(vector["hex"]))]


def main() -> None:
    ran, failed = 0, []
    for path in sorted((SCHEMAS / "conformance").glob("*.json")):
        for vector in json.loads(path.read_text(encoding="utf-8")):
            if vector["to"] == "client":
                passed = reads(vector)
            elif path.name == "client-messages.json" and vector["verdict"] == "accept" and "unknown" not in vector["name"]:
                passed = writes(vector)
            else:
                continue
            ran += 1
            if not passed:
                failed.append(f"{path.name}: {vector['name']}")
    for vector in json.loads((SCHEMAS / "hello-proof.json").read_text(encoding="utf-8")):
        ran += 1
        if prove(vector["credentials"], vector["name"], vector["bootId"]) != vector["proof"]:
            failed.append(f"hello-proof.json: {vector['title']}")
    print(*failed, f"{ran} vectors, {len(failed)} failed", sep="\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
