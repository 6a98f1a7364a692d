#!/usr/bin/env python3
"""Runs a program on clients, and prints its output and the outcomes.

    run.py SOCKET DESCRIPTORS TARGET PROGRAM [ARG ...]
"""

import base64
import sys

from signalbox_api import Signalbox

if len(sys.argv) < 5:
    sys.exit(__doc__)
socket, descriptors, target, *program = sys.argv[1:]
box = Signalbox(socket, descriptors, name="python")
submitted = box.call("JobService/Submit", targets=[target], command="run", args={"argv": program})
for client in submitted["jobs"]:
    job = {"id": submitted["id"], "client": client["client"]}
    for piece in box.call("JobService/Output", job=job, follow=True):
        sys.stdout.buffer.write(base64.b64decode(piece["data"]))
for answer in box.call("JobService/Wait", id=submitted["id"], timeout=60):
    job = answer["job"]["job"]
    print(job["ref"]["client"], job["outcome"])
