"""The real Bifrons for contract and end-to-end tests."""

from .control import ControlError
from .testbed import Testbed, attach, start
from .types import (
    Credentials,
    Database,
    Expiry,
    Factor,
    Fault,
    Kind,
    LogLine,
    Mail,
    Mode,
    NewUser,
    Problem,
    StorageState,
    StoredCookie,
    Tokens,
    TotpSetup,
    User,
)

__all__ = [
    "ControlError",
    "Credentials",
    "Database",
    "Expiry",
    "Factor",
    "Fault",
    "Kind",
    "LogLine",
    "Mail",
    "Mode",
    "NewUser",
    "Problem",
    "StorageState",
    "StoredCookie",
    "Testbed",
    "Tokens",
    "TotpSetup",
    "User",
    "attach",
    "start",
]
