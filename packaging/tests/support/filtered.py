#!/usr/bin/python3
"""Runs a command with the system calls that a unit allows, as an unprivileged user: filtered.py UNIT UID COMMAND…"""

import errno
import os
import subprocess
import sys

import seccomp


def calls_of(name: str) -> set[str]:
    """The calls of a group, and of the groups in it."""
    if not name.startswith("@"):
        return {name}
    listed = subprocess.run(["systemd-analyze", "syscall-filter", name], check=True, capture_output=True, text=True).stdout
    words = [line.strip() for line in listed.splitlines()[1:]]
    return set().union(*(calls_of(word) for word in words if word and not word.startswith("#")))


def allowed_by(unit: str) -> set[str]:
    allowed: set[str] = set()
    for line in open(unit, encoding="utf-8"):
        if not line.startswith("SystemCallFilter="):
            continue
        value = line.split("=", 1)[1].strip()
        named = set().union(*(calls_of(word) for word in value.lstrip("~").split()))
        allowed = allowed - named if value.startswith("~") else allowed | named
    # systemd always allows these.
    return allowed | calls_of("@default")


def main(unit: str, user: str, *command: str) -> None:
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for call in allowed_by(unit):
        number = seccomp.resolve_syscall(seccomp.Arch(), call)
        # Calls of other processors have no number here.
        if number >= 0:
            rules.add_rule(seccomp.ALLOW, number)
    os.setgroups([])
    os.setgid(int(user))
    os.setuid(int(user))
    rules.load()
    os.execv(command[0], command)


main(*sys.argv[1:])
