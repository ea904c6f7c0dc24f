"""Signs in as a user, and keeps generated values to those that a schema can describe.

`MODE` in the environment is `cookie` or `token`.
"""

import functools
import os
import re
import ssl
import string
import uuid
import json
import urllib.request

import schemathesis
from hypothesis import strategies as st

MODE = os.environ["MODE"]
SERVICE = os.environ["SERVICE"]
PASSWORD = "correct horse battery"

# What a regular expression cannot decide about a name, a local part or a domain; the descriptions say it.
OUTSIDE = re.compile("[^\\x00-\\x7f]")

# Common passwords and those of the account are refused; a list of them is no schema.
GOOD = st.text(string.ascii_letters + string.digits, min_size=12, max_size=40).map("zq4 817 ".__add__)
schemathesis.openapi.format("password", GOOD)


def post(path, body):
    """Posts JSON, and gives the headers and the body of the answer."""
    request = urllib.request.Request(
        SERVICE + path, json.dumps(body).encode(), {"content-type": "application/json"}
    )
    # The certificate is made for this run.
    insecure = ssl._create_unverified_context()
    with urllib.request.urlopen(request, context=insecure) as answer:
        return answer.headers, json.load(answer)


def credential():
    """The header of a new session of a new user: other cases may end the sessions of theirs."""
    email = f"{uuid.uuid4()}@example.com"
    post("/v1/users", {"email": email, "password": PASSWORD})
    headers, body = post("/v1/session", {"email": email, "password": PASSWORD, "mode": MODE})
    if MODE == "token":
        return "Authorization", "Bearer " + body["tokens"]["access_token"]
    cookies = [cookie.split(";")[0] for cookie in headers.get_all("set-cookie")]
    return "Cookie", next(cookie for cookie in cookies if "_session=" in cookie)


# Operations that leave the session as it is share one; those that end or renew it get one each.
LASTING = {"getSession", "getMe", "updateMe", "exportMe", "listSessions", "verify", "mintAccessToken", "changeEmail", "sendEmailVerification"}
shared = functools.cache(credential)


@schemathesis.auth(refresh_interval=None)
class User:
    def get(self, case, context):
        definition = case.operation.definition.raw
        if not definition["security"]:
            return None
        return shared() if definition["operationId"] in LASTING else credential()

    def set(self, case, data, context):
        if data is None:
            return
        name, value = data
        case.headers = case.headers or {}
        case.headers[name] = value


@schemathesis.hook
def filter_body(context, body):
    return not any(OUTSIDE.search(text) for text in texts(body)) and depth(body) <= 5


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from texts(member)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def depth(value):
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0
