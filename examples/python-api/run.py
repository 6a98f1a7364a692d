#!/usr/bin/env python3
"""Runs a program on clients, and prints its output and the outcomes."""

import argparse
import base64
import sys

from signalbox_api import Signalbox

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("address", help="the gRPC socket of a server, or HOST:PORT of its API over https")
parser.add_argument("descriptors", help="schemas/api/signalbox.binpb of the package")
parser.add_argument("target")
parser.add_argument("program", nargs=argparse.REMAINDER)
parser.add_argument("--tls-ca", metavar="FILE", help="the authority of the server's certificate; makes it https")
parser.add_argument("--tls-cert", metavar="FILE", help="a client certificate")
parser.add_argument("--tls-key", metavar="FILE", help="its key")
parser.add_argument("--token-file", metavar="FILE", help="a token, beside or instead of a certificate")
given = parser.parse_args()


def connect():
    if not given.tls_ca:
        return Signalbox.at_socket(given.address, given.descriptors, name="python")
    pair = (given.tls_cert, given.tls_key) if given.tls_cert else None
    return Signalbox.over_tls(given.address, given.descriptors, given.tls_ca, pair, given.token_file)


box = connect()
submitted = box.call("JobService/Submit", targets=[given.target], command="run", args={"argv": given.program})
for client in submitted["jobs"]:
    job = {"id": submitted["id"], "client": client["client"]}
    for piece in box.call("JobService/Output", job=job, follow=True):
        sys.stdout.buffer.write(base64.b64decode(piece["data"]))
for answer in box.call("JobService/Wait", id=submitted["id"], timeout=60):
    job = answer["job"]["job"]
    print(job["ref"]["client"], job["outcome"])
