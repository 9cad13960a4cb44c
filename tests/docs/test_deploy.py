"""What deploy/ says of ports, paths and commands is what the code does."""

import json
import os
import re
from pathlib import Path

import pytest
import yaml

from ancra.environment import EMBED, PUBLIC, VARIABLES
from ancra.paths import ROOT
from app.public import SERVED

DEPLOY = ROOT / "deploy"
HEALTH = "/_stcore/health"
DOCKERFILES = (ROOT / "Dockerfile", DEPLOY / "huggingface" / "Dockerfile")


def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def manifests() -> dict[str, dict]:
    return {each["kind"]: each for each in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())}


def container() -> dict:
    return manifests()["Deployment"]["spec"]["template"]["spec"]["containers"][0]


def command_of(dockerfile: Path) -> list[str]:
    words = json.loads(re.search(r"^CMD (\[.*\])$", dockerfile.read_text(), re.M)[1])
    if words[0] == "sh":
        return words[2].removeprefix("exec ").replace('"', "").split()
    return words


COMMANDS = {
    "compose": compose()["services"]["app"]["command"],
    "kubernetes": container()["args"],
    "image": command_of(DOCKERFILES[0]),
    "space": command_of(DOCKERFILES[1]),
}


@pytest.mark.parametrize("place", COMMANDS)
def test_the_command_is_one_that_the_app_takes(ancra, monkeypatch, place):
    started = []
    monkeypatch.setattr(os, "execv", lambda _, given: started.extend(given))
    monkeypatch.chdir(ROOT)
    for variable in (PUBLIC, EMBED):
        monkeypatch.setenv(variable.name, "")  # what the command sets goes with the test
    program, *arguments = [re.sub(r"\$\{?\w+.*", "lab.example.org", word) for word in COMMANDS[place]]
    assert program == "ancra"
    code, _, err = ancra(*arguments)
    assert (code, err) == (0, "")
    assert {"--server.port=8501", "--server.address=0.0.0.0"} < set(started)
    assert (PUBLIC.read(None) == "lab.example.org") is (place != "image")


def test_the_proxies_lead_to_the_port_and_keep_the_name():
    assert "reverse_proxy app:8501" in (DEPLOY / "Caddyfile").read_text()
    nginx = (DEPLOY / "nginx.conf").read_text()
    assert "proxy_pass http://127.0.0.1:8501;" in nginx
    assert "proxy_set_header Host $http_host;" in nginx
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx
    assert nginx.count("{") == nginx.count("}")


def test_only_the_proxy_is_open_to_the_world_and_the_apps_disk_is_read_only():
    services = compose()["services"]
    assert "ports" not in services["app"]
    assert services["app"]["read_only"]
    assert services["app"]["volumes"] == ["workspace:/srv/ancra/workspace"]
    assert (DEPLOY / services["app"]["build"]).resolve() == ROOT
    assert (DEPLOY / services["proxy"]["volumes"][0].split(":")[0]).is_file()


def test_the_pod_is_probed_where_a_public_server_answers():
    kinds, one = manifests(), container()
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = one[probe]["httpGet"]
        assert asked["path"] == HEALTH
        assert asked["httpHeaders"] == [{"name": "Host", "value": "localhost"}]
    assert HEALTH.removeprefix("/_stcore/") in SERVED
    assert one["ports"] == [{"name": "http", "containerPort": 8501}]
    assert kinds["Service"]["spec"]["ports"][0]["targetPort"] == "http"
    assert kinds["Deployment"]["spec"]["replicas"] == 1
    assert kinds["Deployment"]["spec"]["template"]["spec"]["securityContext"]["runAsUser"] == 1000
    assert one["securityContext"]["readOnlyRootFilesystem"]
    assert [mount["mountPath"] for mount in one["volumeMounts"]] == ["/srv/ancra/workspace", "/tmp"]
    hosts = {rule["host"] for rule in kinds["Ingress"]["spec"]["rules"]}
    assert hosts == {one["args"][one["args"].index("--public") + 1]}


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_an_image_runs_as_nobody_in_particular_and_compiles_where_it_may_write(path):
    text = path.read_text()
    assert "--uid 1000 ancra" in text
    assert text.index("USER ancra") < text.index("CMD")
    assert "NUMBA_CACHE_DIR=/tmp/" in text
    assert "EXPOSE 8501" in text
    assert "ANCRA_HOME=" in text
    assert set(re.findall(r"ANCRA_\w+", text)) <= {variable.name for variable in VARIABLES}
    for source in re.findall(r"^COPY (\S+) ", text, re.M):
        assert source == "*.whl" or (ROOT / source).exists()


def test_the_space_says_how_it_is_reached():
    front = yaml.safe_load((DEPLOY / "huggingface" / "README.md").read_text().split("---")[1])
    assert (front["sdk"], front["app_port"]) == ("docker", 8501)


def test_every_file_is_in_the_steps():
    steps = (ROOT / "docs" / "deploy.md").read_text()
    for name in ("nginx.conf", "kubernetes.yaml", "huggingface", "docker compose"):
        assert name in steps
    for section in steps.split("\n## ")[1:]:
        assert len(re.findall(r"^\d+\. ", section, re.M)) <= 10
