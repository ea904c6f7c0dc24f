"""A running service, and what tests do to it."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, Unpack, cast
from urllib.parse import urlencode

from .control import Control
from .process import Running, rfc_3339, run
from .types import Database, Expiry, Fault, LogLine, Mail, NewUser, User


class Testbed:
    """A running service."""

    # pytest collects classes whose names begin with Test.
    __test__ = False

    def __init__(self, ready: Mapping[str, Any], running: Running | None = None) -> None:
        self.url: str = ready["url"]
        """The origin of the service."""
        self.states_url: str = ready["control"].replace("://", f"://testbed:{ready['token']}@") + "/states"
        """The handler of provider states, for a verifier of Pact. It contains the token of the control."""
        self._control = Control(ready["control"], ready["token"])
        self._running = running

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def user(self, **user: Unpack[NewUser]) -> User:
        """Creates a user, signed in if `sign_in` is given."""
        return cast(User, self._control.call("POST", "/users", user))

    def totp(self, user: User) -> str:
        """A code that the service takes from the authenticator app of a user now."""
        return cast(str, self._control.call("GET", f"/users/{user['id']}/totp")["code"])

    def now(self) -> datetime:
        """Where the clock stands."""
        return datetime.fromisoformat(self._control.call("GET", "/clock")["now"])

    def advance(self, seconds: float) -> None:
        """Moves the clock forward, and returns when all that is due has happened."""
        self._control.call("POST", "/clock/advance", {"seconds": seconds})

    def set_clock(self, now: datetime | str) -> None:
        """Moves the clock forward to a time."""
        self._control.call("PUT", "/clock", {"now": rfc_3339(now)})

    def fault(self, **fault: Unpack[Fault]) -> None:
        """Makes the next requests of an operation meet a fault. Only what its document lists can happen."""
        self._control.call("POST", "/faults", fault)

    def clear_faults(self) -> None:
        """Removes the faults that wait."""
        self._control.call("DELETE", "/faults")

    def possible_faults(self) -> dict[str, list[str]]:
        """The problem codes that each operation can answer with."""
        possible = self._control.call("GET", "/faults")["possible"]
        return {entry["operation"]: entry["codes"] for entry in possible}

    def expire(self, session: str, what: Expiry) -> None:
        """Makes a session go bad. The clock stays where it is."""
        self._control.call("POST", f"/sessions/{session}/expire", {"what": what})

    def mail(self, to: str, *, after: int | None = None, timeout_ms: int | None = None) -> Mail:
        """The newest mail to an address, once more than `after` mails to it have arrived."""
        asked = {"to": to, "after": after, "timeout_ms": timeout_ms}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        return cast(Mail, self._control.call("GET", f"/mails/next?{query}"))

    def mails(self, to: str | None = None) -> list[Mail]:
        """All mails, oldest first."""
        query = "" if to is None else f"?{urlencode({'to': to})}"
        return cast(list[Mail], self._control.call("GET", f"/mails{query}")["mails"])

    def events(self, after: int = 0) -> list[LogLine]:
        """The security events after the one with this number, oldest first."""
        return cast(list[LogLine], self._control.call("GET", f"/events?after={after}")["lines"])

    def log(self, after: int = 0) -> list[LogLine]:
        """The log after the line with this number, oldest first."""
        return cast(list[LogLine], self._control.call("GET", f"/log?after={after}")["lines"])

    def database(self, database: Database, delay_ms: int | None = None) -> None:
        """Takes the database away, makes it refuse writes or slow, or brings it back.

        With `slow`, each statement takes `delay_ms` longer.
        """
        delay = {} if delay_ms is None else {"delay_ms": delay_ms}
        self._control.call("PUT", "/dependencies", {"database": database, **delay})

    def reset(self) -> list[User]:
        """Everything is as after the start. Gives the users of the seed."""
        return cast(list[User], self._control.call("POST", "/reset")["users"])

    def close(self) -> None:
        """Ends the service, if this process started it."""
        if self._running is not None:
            self._running.stop()


def start(
    *,
    users: Sequence[NewUser] | None = None,
    now: datetime | str | None = None,
    settings: Mapping[str, str] | None = None,
    binary: str | None = None,
) -> Testbed:
    """Starts a service: with these users, with the clock at this time, with settings of the service."""
    running = run(users, now, settings, binary)
    return Testbed(running.ready, running)


def attach() -> Testbed:
    """The service that `bifrons-testbed -- COMMAND` started for this process."""
    names = {"url": "BIFRONS_URL", "control": "BIFRONS_CONTROL", "token": "BIFRONS_CONTROL_TOKEN"}
    ready = {key: os.environ[name] for key, name in names.items() if name in os.environ}
    if len(ready) < len(names):
        raise RuntimeError("There is no testbed to attach to: run the tests with bifrons-testbed -- COMMAND")
    return Testbed(ready)
