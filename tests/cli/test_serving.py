"""``ancra app`` listens on this machine only, unless whoever starts it trusts the network."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ancra import __version__
from ancra.environment import EMBED, ENGINE, PUBLIC
from ancra.paths import ROOT
from app.headers import HEADERS, SecurityHeaders


@pytest.fixture
def started(monkeypatch):
    """The arguments of the server that a command would have become."""
    arguments = []
    monkeypatch.setattr(os, "execv", lambda _, given: arguments.extend(given))
    monkeypatch.chdir(ROOT)
    return arguments


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.7", "class.example.org"])
def test_an_address_that_others_reach_needs_to_be_called_trusted(ancra, started, address):
    code, _, err = ancra("app", "--address", address)
    assert code == 2
    assert "--trusted" in err
    assert "--public HOST" in err
    assert not started
    assert ancra("app", "--address", address, "--trusted")[0] == 0
    assert f"--server.address={address}" in started


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "::1"])
def test_this_machine_needs_no_word_of_trust(ancra, started, address):
    assert ancra("app", "--address", address)[0] == 0
    assert f"--browser.serverAddress={address}" in started


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_a_server_on_every_network_asks_no_host_outside_for_its_address(ancra, started, address):
    ancra("app", "--address", address, "--trusted")
    assert "--browser.serverAddress=localhost" in started


def test_a_public_server_answers_to_its_name_alone_and_takes_little(ancra, started, monkeypatch):
    for variable in (PUBLIC, EMBED):
        monkeypatch.setenv(variable.name, "")  # what the command sets goes with the test
    code, out, _ = ancra("app", "--public", "lab.example.org", "--address", "0.0.0.0")
    assert code == 0
    assert "uploads, evaluation and deletion are closed" in out
    wanted = ("browser.serverAddress=lab.example.org", "server.allowedHosts=lab.example.org", "server.maxUploadSize=1")
    assert {f"--{each}" for each in (*wanted, "server.enableAgentApi=false", "server.enableCORS=true")} < set(started)
    assert PUBLIC.read(None) == "lab.example.org"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--public", "lab.example.org", "--trusted"), "choose one"),
        (("--public", "https://lab.example.org"), "as in lab.example.org"),
        (("--public", "lab.example.org", "--embed", "example.org"), "as in https://example.org"),
        (("--embed", "https://example.org"), "--public HOST"),
    ],
)
def test_what_does_not_fit_together_is_one_sentence(ancra, started, monkeypatch, given, said):
    for variable in (PUBLIC, EMBED):
        monkeypatch.setenv(variable.name, "")
    code, _, err = ancra("app", *given)
    assert code == 2
    assert said in err
    assert not started


def test_a_server_that_is_not_public_hears_nothing_of_its_environment(ancra, started, monkeypatch):
    monkeypatch.setenv(PUBLIC.name, "lab.example.org")
    assert ancra("app")[0] == 0
    assert PUBLIC.read(None) is None


@pytest.mark.parametrize("path", ["/", "/missing"])
def test_every_answer_carries_the_security_headers(path):
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("there"))], middleware=[Middleware(SecurityHeaders)])
    sent = []

    async def send(message):
        sent.append(message)

    asked = app({"type": "http", "method": "GET", "path": path, "headers": []}, None, send)
    with ThreadPoolExecutor(1) as pool:  # a thread has no event loop yet, whatever ran in this process before
        pool.submit(asyncio.run, asked).result()
    headers = Headers(raw=sent[0]["headers"])
    assert {name: headers[name] for name in HEADERS} == HEADERS


def test_the_image_of_docker_says_that_it_trusts_and_the_readme_publishes_it_to_this_machine_only():
    assert '"--trusted"' in (ROOT / "Dockerfile").read_text()
    assert "-p 127.0.0.1:8501:8501" in (ROOT / "README.md").read_text()


def test_the_version_is_one_line(ancra):
    code, out, _ = ancra("--version")
    assert (code, out.strip()) == (0, __version__)


def test_ray_computes_where_it_is_told_to_and_installed(ancra, started, monkeypatch):
    monkeypatch.setenv(ENGINE.name, "")  # what the command sets goes with the test
    monkeypatch.setattr("ancra.cli.serving.find_spec", lambda name: None if name == "fastapi" else name)
    code, _, err = ancra("app", "--engine", "ray")
    assert code == 2
    assert 'pip install "ancra-lab[ray]"' in err
    assert not started
    monkeypatch.setattr("ancra.cli.serving.find_spec", lambda name: name)
    assert ancra("app", "--engine", "ray")[0] == 0
    assert ENGINE.read("processes") == "ray"
    assert "processes or ray" in ancra("app", "--engine", "slurm")[2]
