"""What the functions do to a real service."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bifrons_testbed import ControlError, Testbed, attach, start

# A path that is served by nothing is reached without the proxy of the environment.
HTTP = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture(scope="session")
def testbed_options() -> dict[str, Any]:
    return {
        "now": datetime(2026, 1, 1, 9, tzinfo=UTC),
        "users": [{"email": "grace@example.com"}],
        "settings": {"BIFRONS_PAGES__RESET_PASSWORD": "http://localhost:5173/reset"},
    }


def ask(url: str, body: object = None, **headers: str) -> tuple[int, Any, Any]:
    """The status, the headers and the body of an answer."""
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        headers["content-type"] = "application/json"
    try:
        answer = HTTP.open(urllib.request.Request(url, data, headers))
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        text = answer.read()
        return answer.status, answer.headers, json.loads(text) if text else None


def test_a_user_has_ready_credentials_which_go_bad_on_demand(testbed: Testbed) -> None:
    credentials = testbed.user(email="ada@example.com", sign_in="cookie")["credentials"]
    assert credentials["storage_state"]["cookies"][0]["httpOnly"]
    session = f"{testbed.url}/v1/session"
    assert ask(session, cookie=credentials["cookie"])[0] == 200
    testbed.expire(credentials["session_id"], "revoked")
    assert ask(session, cookie=credentials["cookie"])[2]["code"] == "invalid_session"
    with pytest.raises(ControlError, match="no live session"):
        testbed.expire(credentials["session_id"], "idle")


def test_each_test_finds_the_service_as_it_was(testbed: Testbed) -> None:
    assert [user["id"] for user in testbed.reset()] == ["019b78c9-0a80-7000-8000-000000000001"]
    assert testbed.now() == datetime(2026, 1, 1, 9, tzinfo=UTC)
    assert testbed.events() == []
    assert testbed.mails() == []


def test_faults_happen_and_only_those_that_the_document_lists(testbed: Testbed) -> None:
    session = f"{testbed.url}/v1/session"
    grace = {"email": "grace@example.com", "password": "correct horse battery"}
    testbed.fault(operation="signIn", code="unavailable", times=2, retry_after=3)
    status, headers, _ = ask(session, grace)
    assert (status, headers["retry-after"]) == (503, "3")
    testbed.clear_faults()
    assert ask(session, grace)[0] == 200
    with pytest.raises(ControlError) as refused:
        testbed.fault(operation="signIn", code="not_found")
    assert refused.value.problem["possible"] == testbed.possible_faults()["signIn"]
    testbed.database("read_only")
    assert ask(f"{testbed.url}/v1/users", {**grace, "email": "eve@example.com"})[0] == 503
    testbed.database("slow", 1)
    assert ask(f"{testbed.url}/health/ready")[0] == 200
    testbed.database("away")
    assert ask(f"{testbed.url}/health/ready")[0] == 503


def test_mail_arrives_time_passes_and_the_log_says_so(testbed: Testbed) -> None:
    before = testbed.log()[-1]["number"] if testbed.log() else 0
    ask(f"{testbed.url}/v1/password/forgot", {"email": "grace@example.com"})
    mail = testbed.mail("grace@example.com", after=0, timeout_ms=5000)
    assert mail["link"] == f"http://localhost:5173/reset#{mail['token']}"
    assert testbed.mails("grace@example.com") == [mail]
    testbed.advance(31 * 60)
    late = {"token": mail["token"], "new_password": "another horse"}
    assert ask(f"{testbed.url}/v1/password/reset", late)[2]["code"] == "invalid_one_time_token"
    testbed.set_clock("2026-02-01T00:00:00Z")
    assert testbed.now() == datetime(2026, 2, 1, tzinfo=UTC)
    fields = [line["fields"] for line in testbed.log(before)]
    assert any(field.get("operation") == "requestPasswordReset" for field in fields)


def test_a_sign_in_with_a_second_factor(testbed: Testbed) -> None:
    user = testbed.user(factors=["totp"])
    body = {"email": user["email"], "password": user["password"], "mode": "token"}
    token = ask(f"{testbed.url}/v1/session", body)[2]["token"]
    answer = {"token": token, "factor": "totp", "code": testbed.totp(user)}
    assert ask(f"{testbed.url}/v1/session/challenge", answer)[0] == 200


def test_what_goes_wrong_at_the_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match="BIFRONS_DATABASE__URL"):
        start(settings={"BIFRONS_DATABASE__URL": "sqlite:x"})
    with pytest.raises(ValueError, match="time zone"):
        start(now=datetime(2026, 1, 1))
    with pytest.raises(RuntimeError, match="bifrons-testbed -- COMMAND"):
        attach()
    monkeypatch.setenv("BIFRONS_TESTBED_BINARY", "/nowhere/bifrons-testbed")
    with pytest.raises(FileNotFoundError, match="/nowhere/bifrons-testbed"):
        start()
    monkeypatch.delenv("BIFRONS_TESTBED_BINARY")
    with pytest.raises(FileNotFoundError, match="has no program"):
        start()


def test_a_closed_service_is_gone() -> None:
    with start() as testbed:
        url = testbed.url
        assert ask(f"{url}/v1/configuration")[0] == 200
    with pytest.raises(urllib.error.URLError):
        ask(url)


WHEEL = """
import urllib.request
import bifrons_testbed
testbed = bifrons_testbed.attach()
cookie = testbed.user(sign_in="cookie")["credentials"]["cookie"]
request = urllib.request.Request(testbed.url + "/v1/session", headers={"cookie": cookie})
answer = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)
print(answer.status, bifrons_testbed.__file__)
"""


def test_the_wheel_brings_the_program(tmp_path: Path) -> None:
    packed, site = tmp_path / "program", tmp_path / "site"
    # Debug information would make the wheel large.
    subprocess.run(["strip", "-o", packed, os.environ["BIFRONS_TESTBED_BINARY"]], check=True)
    pack = Path(__file__).parents[3] / "packaging/pypi/pack"
    subprocess.run([pack, tmp_path, "1.2.3", f"{os.uname().machine}={packed}"], check=True)
    (wheel,) = tmp_path.glob("bifrons_testbed-1.2.3-py3-none-manylinux*.whl")
    options = ["--quiet", "--no-index", "--disable-pip-version-check", "--target", str(site)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(wheel)], check=True)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("BIFRONS_")}
    variables["PYTHONPATH"] = str(site)
    command = [f"{site}/bin/bifrons-testbed", "--", sys.executable, "-c", WHEEL]
    ran = subprocess.run(command, env=variables, check=True, capture_output=True, text=True)
    assert ran.stdout == f"200 {site}/bifrons_testbed/__init__.py\n"
    (entries,) = site.glob("*.dist-info/entry_points.txt")
    assert "[pytest11]" in entries.read_text()
