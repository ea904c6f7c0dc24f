"""Calls the control of a testbed."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from .types import Problem

# The control is on loopback: a proxy of the environment does not apply.
_OPENER = build_opener(ProxyHandler({}))


class ControlError(Exception):
    """The control refused a call. `problem` says why, and what would be accepted."""

    def __init__(self, call: str, problem: Problem) -> None:
        possible = problem.get("possible")
        suffix = "" if possible is None else f"; possible: {', '.join(possible)}"
        super().__init__(f"{call}: {problem['detail']}{suffix}")
        self.problem = problem


class Control:
    """The control listener, with its token."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Sends a request, and gives the answer's body."""
        headers = {"authorization": f"Bearer {self._token}"}
        data = None
        if body is not None:
            headers["content-type"] = "application/json"
            data = json.dumps(body).encode()
        request = Request(self._url + path, data, headers, method=method)
        try:
            with _OPENER.open(request) as answer:
                text = answer.read()
        except HTTPError as error:
            with error:
                raise ControlError(f"{method} {path}", json.load(error)) from None
        return json.loads(text) if text else None
