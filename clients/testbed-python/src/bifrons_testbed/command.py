"""The command `bifrons-testbed`."""

import os
import sys

from .binary import find_binary


def main() -> None:
    """Becomes the program."""
    try:
        binary = find_binary()
        os.execv(binary, [binary, *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"bifrons-testbed: {error}")
