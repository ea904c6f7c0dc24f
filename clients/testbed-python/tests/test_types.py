"""The types are those of the control's document."""

import json
import typing
from pathlib import Path

import pytest

from bifrons_testbed import types

ROOT = Path(__file__).parents[3]
SCHEMAS = json.loads((ROOT / "openapi-testbed.json").read_text())["components"]["schemas"]

# Names that say more here than in a document of the control alone.
RENAMED = {"What": "Expiry"}

# Bodies that a function takes apart or puts together, and those that a verifier of Pact sends.
INSIDE = {
    "Action",
    "AdvanceClockRequest",
    "Dependencies",
    "Expired",
    "ExpireSessionRequest",
    "Faults",
    "Lines",
    "Mails",
    "Moment",
    "Possible",
    "ProviderState",
    "SetClockRequest",
    "StateValues",
    "TotpCode",
    "Users",
}



@pytest.mark.parametrize("name", sorted(SCHEMAS.keys() - INSIDE))
def test_a_type_has_the_members_of_the_document(name: str) -> None:
    schema, here = SCHEMAS[name], getattr(types, RENAMED.get(name, name))
    if "enum" in schema:
        assert set(typing.get_args(here)) == set(schema["enum"])
        return
    assert here.__required_keys__ == frozenset(schema.get("required", []))
    hints = typing.get_type_hints(here)
    assert hints.keys() == schema["properties"].keys()
    python = {"string": str, "integer": int, "boolean": bool, "array": list}
    for member, rules in schema["properties"].items():
        if "type" in rules:
            hint = hints[member]
            assert (typing.get_origin(hint) or hint) is python[rules["type"]], member


def test_every_type_is_in_the_document() -> None:
    here = {name for name, value in vars(types).items() if name[0].isalpha()}
    here -= {"Any", "Literal", "NotRequired", "Required", "TypedDict"}
    assert here == {RENAMED.get(name, name) for name in SCHEMAS.keys() - INSIDE}
