"""Runs the program."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from .binary import find_binary
from .types import NewUser

_ENDS_WITHIN = 10


class Running:
    """The program, and the line that it printed when it was ready."""

    def __init__(self, process: "subprocess.Popen[str]", ready: dict[str, Any]) -> None:
        self.ready = ready
        self._process = process

    def stop(self) -> None:
        """Ends the program, and waits until it has removed its folder."""
        self._process.terminate()
        # It waits, closes the pipes, and ends also if the program ended before.
        self._process.communicate(timeout=_ENDS_WITHIN)


def run(
    users: Sequence[NewUser] | None,
    now: datetime | str | None,
    settings: Mapping[str, str] | None,
    binary: str | None,
) -> Running:
    """Starts the program, and waits until it is ready. It ends with this process, however that ends."""
    arguments = [binary or find_binary(), "--until-stdin-closes"]
    if now is not None:
        arguments += ["--now", rfc_3339(now)]
    with tempfile.TemporaryDirectory(prefix="testbed-seed-") as folder:
        if users is not None:
            seed = Path(folder, "seed.json")
            seed.write_text(json.dumps({"users": users}))
            arguments += ["--seed", str(seed)]
        # A file, so that what it says can never block it.
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, **(settings or {})},
            )
            assert process.stdout is not None
            line = process.stdout.readline()
            if line == "":
                code = process.wait()
                process.communicate()
                errors.seek(0)
                raise RuntimeError(f"bifrons-testbed ended with {code}: {errors.read()}")
            return Running(process, json.loads(line))


def rfc_3339(moment: datetime | str) -> str:
    """A moment as the control reads it."""
    if isinstance(moment, str):
        return moment
    if moment.tzinfo is None:
        raise ValueError("give the time a time zone, such as datetime.UTC")
    return moment.isoformat()
