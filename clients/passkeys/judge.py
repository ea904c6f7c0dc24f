"""What fido2 makes of cases that come by standard input: for each null, or why it is refused."""

import json
import sys

from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import AttestedCredentialData, Aaguid, PublicKeyCredentialRpEntity

given = json.load(sys.stdin)
party = PublicKeyCredentialRpEntity(id=given["rp_id"], name="Example")
server = Fido2Server(party, verify_origin=lambda origin: origin == given["origin"])
# The algorithms that the service offers.
server.allowed_algorithms = [
    each for each in server.allowed_algorithms if each.alg in (-8, -7, -257)
]


def judge(case):
    # The service demands a verified user above its verifier, where a user signs in with a passkey alone.
    state = {"challenge": case["challenge"], "user_verification": "discouraged"}
    credential = case["credential"]
    if case["key"] is None:
        server.register_complete(state, credential)
        return
    key = CoseKey.parse(cbor.decode(websafe_decode(case["key"])))
    known = AttestedCredentialData.create(Aaguid.NONE, websafe_decode(credential["id"]), key)
    server.authenticate_complete(state, [known], credential)


def refusal(case):
    try:
        judge(case)
    # It raises errors of its own, of Python and of the library that verifies signatures.
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


json.dump([refusal(case) for case in given["cases"]], sys.stdout)
