"""What the control takes and gives, by the names of `openapi-testbed.json`."""

from typing import Any, Literal, NotRequired, Required, TypedDict

ControlCode = Literal["malformed", "unauthenticated", "not_found", "conflict", "invalid", "failed"]
Database = Literal["up", "away", "read_only", "slow"]
Expiry = Literal["idle", "absolute", "access", "fresh", "reuse", "revoked"]
Factor = Literal["totp"]
Kind = Literal["problem", "lost_answer", "slow"]
Mode = Literal["cookie", "token"]
SameSite = Literal["Lax", "None"]


class NewUser(TypedDict, total=False):
    """A user to create. Everything has a default."""

    email: str
    password: str
    name: str
    locale: str
    roles: list[str]
    verified: bool
    factors: list[Factor]
    disabled: bool
    app_metadata: dict[str, Any]
    sign_in: Mode
    remember: bool


class StoredCookie(TypedDict):
    """A cookie as Playwright takes it."""

    name: str
    value: str
    domain: str
    path: str
    expires: int
    httpOnly: bool
    secure: bool
    sameSite: SameSite


class StorageState(TypedDict):
    """What Playwright takes as `storage_state`."""

    cookies: list[StoredCookie]
    origins: list[str]


class Tokens(TypedDict):
    """What a client in mode `token` holds."""

    access_token: str
    refresh_token: str
    expires_in: int
    device_token: str


class Credentials(TypedDict):
    """The credentials of a session."""

    session_id: str
    cookie: NotRequired[str]
    storage_state: NotRequired[StorageState]
    tokens: NotRequired[Tokens]


class TotpSetup(TypedDict):
    """An authenticator app."""

    secret: str
    uri: str


class User(TypedDict):
    """A user who was created."""

    id: str
    email: str
    password: str
    totp: NotRequired[TotpSetup]
    recovery_codes: list[str]
    credentials: NotRequired[Credentials]


class Fault(TypedDict, total=False):
    """A fault: an operation, and what happens to its next requests."""

    operation: Required[str]
    kind: Kind
    code: str
    times: int
    delay_ms: int
    retry_after: int


class Mail(TypedDict):
    """A mail that was delivered."""

    to: str
    subject: str
    text: str
    html: NotRequired[str]
    link: NotRequired[str]
    token: NotRequired[str]


class LogLine(TypedDict):
    """A line of the log, or a security event."""

    number: int
    level: str
    fields: dict[str, Any]


class Problem(TypedDict):
    """What the control refuses with."""

    type: str
    title: str
    status: int
    code: ControlCode
    detail: str
    possible: NotRequired[list[str]]
