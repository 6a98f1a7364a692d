"""What proves in `hello` that this client has the token and the secret key of its credentials."""

import base64
import hashlib
import hmac
from typing import Any

from zmq.utils import z85

P = 2**255 - 19


def x25519(secret: bytes, public: bytes) -> bytes:
    """The shared secret of two keys: the Montgomery ladder of RFC 7748, section 5."""
    scalar = int.from_bytes(secret, "little") & ~7 & (2**255 - 1) | 2**254
    x1 = int.from_bytes(public, "little") & (2**255 - 1)
    x2, z2, x3, z3, swapped = 1, 0, x1, 1, 0
    for at in reversed(range(255)):
        bit = scalar >> at & 1
        if bit != swapped:
            x2, z2, x3, z3 = x3, z3, x2, z2
        swapped = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121_665 * e) % P
    if swapped:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def prove(credentials: dict[str, Any], name: str, boot_id: str) -> str:
    """Who has copied the token alone, or a `hello`, cannot make this: it takes the secret key."""
    shared = x25519(z85.decode(credentials["secretKey"].encode()), z85.decode(credentials["serverKey"].encode()))
    token = hashlib.sha256(credentials["token"].encode()).digest()
    proof = hmac.digest(shared, b"signalbox-hello\0" + token + f"{name}\0{boot_id}".encode(), "sha256")
    return base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
