"""A public server: what it refuses at the door, and what a stranger finds behind it."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from streamlit.testing.v1 import AppTest

from ancra.environment import EDITORS, PUBLIC
from ancra.errors import AncraError
from app import access, compute, public, server
from app.answers import estimates, images, robustness, runs, sweeps, uploads
from app.headers import public_headers

CHANGING = [
    *(runs.start, runs.resume, runs.stop, runs.delete),
    *(uploads.take, uploads.add_weights, uploads.add_network, uploads.add_images),
    *(uploads.delete_model, uploads.delete_images, images.begin_fetch, estimates.begin),
    *(robustness.start, robustness.stop, sweeps.start, sweeps.go_on, sweeps.stop, sweeps.begin_estimate),
]


@pytest.fixture
def strangers(monkeypatch):
    monkeypatch.setenv(PUBLIC.name, "lab.example.org")


@pytest.fixture
def doors():
    return public.PublicDoors(PlainTextResponse("in"), editors={"editor"})


def answer(app, path="/", kind="http", method="GET", address="192.0.2.1", **headers):
    """The status of an answer and its headers; 200 for a websocket that gets through."""
    sent = []
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "method": method, "path": path, "headers": raw, "client": (address, 1)}

    async def send(message):
        sent.append(message)

    with ThreadPoolExecutor(1) as pool:  # a thread has no event loop yet, whatever ran in this process before
        pool.submit(asyncio.run, app(scope, None, send)).result()
    return sent[0]["status"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/attack", 200),
        ("/_stcore/health", 200),
        ("/_stcore/bidi-components/x/y.js", 200),
        ("/_stcore/metrics", 404),
        ("/_stcore/agent/mcp", 404),
        ("/attack/_stcore/agent/interact", 404),
        ("/_stcore/script-health-check", 404),
        ("/_stcore/upload_file/session/file", 403),
        ("/attack/_stcore/upload_file/session/file", 403),
        ("/_stcore/upload_file/editor/file", 200),
    ],
)
def test_of_the_servers_inner_paths_a_stranger_reaches_those_that_a_page_needs(doors, path, status):
    assert answer(doors, path) == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_whoever_is_no_editor_sends_nothing(doors, method):
    assert answer(doors, "/", method=method) == 405
    assert answer(doors, "/_stcore/upload_file/session/file", method=method) == 403
    assert answer(doors, "/_stcore/upload_file/editor/file", method=method) == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://lab.example.org", 200), ("https://evil.example", 403), ("http://localhost", 403), ("null", 403)],
)
def test_pages_of_the_server_alone_connect_to_it(doors, origin, status):
    assert answer(doors, "/_stcore/stream", "websocket", host="lab.example.org", origin=origin) == status


def test_a_full_server_says_so_and_has_room_again_when_pages_close(monkeypatch):
    monkeypatch.setattr(public, "SESSIONS", 3)
    monkeypatch.setattr(public, "OF_ONE_ADDRESS", 2)
    found = []

    async def page(scope, receive, send):
        if scope["type"] == "websocket" and len(found) < 3:
            one = ("192.0.2.1", "192.0.2.1", "192.0.2.3")[len(found)]
            found.append(one)
            await doors({**scope, "client": (one, 1)}, receive, send)  # one more page while this one is open
            return
        await PlainTextResponse("in")(scope, receive, send)

    doors = public.PublicDoors(page, editors=())
    # Pages of .2, .1 and .1 are open when .3 comes: three in all.
    assert answer(doors, kind="websocket", address="192.0.2.2") == 503
    assert len(found) == 3
    assert answer(doors, kind="websocket", address="192.0.2.2") == 200
    doors._open.update({"192.0.2.1": 2})
    assert answer(doors, address="192.0.2.1", accept="text/html") == 503
    assert answer(doors, "/static/x.js", address="192.0.2.1", accept="*/*") == 200
    assert answer(doors, address="192.0.2.9", accept="text/html") == 200


def test_the_host_is_fixed_and_nothing_comes_from_elsewhere(strangers):
    layers = server.middleware()
    hosts = next(each for each in layers if "allowed_hosts" in each.kwargs)
    checked = hosts.cls(PlainTextResponse("in"), **hosts.kwargs)
    assert answer(checked, host="lab.example.org") == 200
    assert answer(checked, host="evil.example") == 400
    policy = Headers(public_headers(None))["content-security-policy"]
    assert "default-src 'self'; script-src 'self'" in policy
    assert "unsafe-eval'" not in policy.replace("wasm-unsafe-eval'", "")
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert "frame-ancestors 'none'" in policy
    assert "frame-ancestors https://example.org" in public_headers("https://example.org")["Content-Security-Policy"]


@pytest.mark.parametrize("act", CHANGING, ids=lambda act: f"{act.__module__}.{act.__name__}")
def test_strangers_start_upload_and_delete_nothing_whatever_they_send(strangers, act):
    with pytest.raises(AncraError, match="editors"):
        act()


@pytest.mark.parametrize(
    ("user", "may"),
    [
        ({}, False),
        ({"is_logged_in": True, "email": "Alice@example.org", "email_verified": True}, True),
        ({"is_logged_in": True, "email": "bob@example.org", "email_verified": True}, False),
        ({"is_logged_in": True, "email": "alice@example.org"}, False),
        ({"is_logged_in": False, "email": "alice@example.org", "email_verified": True}, False),
    ],
)
def test_closed_pages_open_for_listed_addresses_that_are_verified(strangers, monkeypatch, user, may):
    monkeypatch.setenv(EDITORS.name, "alice@example.org")
    monkeypatch.setattr(st, "user", user)
    assert access.may_change() is may


def test_a_stranger_finds_no_page_that_trains_no_upload_and_no_evaluation(open_page, strangers):
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        open_page("train")
    at = open_page("attack")
    assert not at.exception
    assert "Upload" not in next(each for each in at.get("button_group") if each.key == "source").options
    at = open_page("robustness")
    assert not at.exception
    assert "Evaluate more" not in [each.value for each in at.header]


def test_the_pages_of_a_public_server_store_nothing(strangers, workspace):
    assert compute.store().put("kind", "digest", arrays={}, meta={}).warning is None
    assert compute.store().get("kind", "digest") is None
    assert not (workspace / "results").exists()


def test_signing_in_is_offered_where_it_opens_something(strangers, monkeypatch):
    script = "from app.parts.signing_in import signing_in\nsigning_in()"
    assert not AppTest.from_string(script).run().button
    monkeypatch.setenv(EDITORS.name, "alice@example.org")
    monkeypatch.setattr(st, "user", type("User", (dict,), {"is_logged_in": False})(is_logged_in=False))
    assert [each.label for each in AppTest.from_string(script).run().button] == ["Sign in"]
