"""Puts the program into the wheel: `BIFRONS_TESTBED_PACK=x86_64=BINARY`. Without the variable, the wheel has none."""

import os
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Program(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        packed = os.environ.get("BIFRONS_TESTBED_PACK", "")
        if packed == "" or version == "editable":
            return
        processor, binary = packed.split("=", 1)
        build_data["pure_python"] = False
        # Statically linked, so any libc will do.
        build_data["tag"] = f"py3-none-manylinux_2_17_{processor}.musllinux_1_1_{processor}"
        build_data["force_include"][binary] = "bifrons_testbed/bifrons-testbed"
