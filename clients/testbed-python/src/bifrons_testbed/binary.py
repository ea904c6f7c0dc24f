"""Finds the program."""

import os
from importlib.resources import files
from pathlib import Path


def find_binary() -> str:
    """The path of the program: `BIFRONS_TESTBED_BINARY`, or that of the wheel for this machine."""
    given = os.environ.get("BIFRONS_TESTBED_BINARY", "")
    if given != "":
        if Path(given).is_file():
            return given
        raise FileNotFoundError(f"BIFRONS_TESTBED_BINARY names {given}, and there is no such file")
    carried = Path(str(files(__package__) / "bifrons-testbed"))
    if carried.is_file():
        return str(carried)
    raise FileNotFoundError(
        "This bifrons-testbed has no program for this machine: install its wheel on Linux on x86-64 or arm64, or name a binary with BIFRONS_TESTBED_BINARY."
    )
