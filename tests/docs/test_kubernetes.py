"""The files for Kubernetes are what its schema allows, ask for no right, and open nothing."""

import copy
import importlib.util
import os
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from orchestration.servers import gated
from resources.environment import HOLDS_A_KEY
from tests.docs.conftest import ROOT
from tests.docs.test_examples import fault_in

FOLDER = ROOT / "docs" / "guides" / "kubernetes"
FILES = sorted(FOLDER.glob("*.yaml"))
OBJECTS = [
    pytest.param(said, id=f"{path.stem}: {said['kind']}")
    for path in FILES
    for said in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
VERSIONS = ("1.33", "1.37")


def pods() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield each pod with its name and its one container."""
    for parameter in OBJECTS:
        (said,) = parameter.values
        if said["kind"] == "Deployment":
            pod = said["spec"]["template"]["spec"]
            (container,) = pod["containers"]
            yield said["metadata"]["name"], pod, container


PODS = [pytest.param(pod, container, id=name) for name, pod, container in pods()]


@pytest.fixture(scope="module")
def schema() -> Any:
    """Who knows what Kubernetes takes."""
    if importlib.util.find_spec("kubernetes_validate") is None:
        assert os.environ.get("CI") != "true", "CI must have kubernetes-validate"
        pytest.skip("kubernetes-validate is not installed; `make test` brings it")
    return importlib.import_module("kubernetes_validate")


@pytest.mark.parametrize("said", OBJECTS)
def test_every_object_is_one_that_kubernetes_takes(said: dict[str, Any], schema: Any) -> None:
    for version in VERSIONS:
        schema.validate(said, version, strict=True)


@pytest.mark.parametrize("said", OBJECTS)
def test_a_misspelt_key_is_refused(said: dict[str, Any], schema: Any) -> None:
    wrong = copy.deepcopy(said)
    part = wrong.get("spec", wrong)
    part["slector"] = {}
    with pytest.raises(schema.ValidationError, match="slector"):
        schema.validate(wrong, VERSIONS[-1], strict=True)


@pytest.mark.parametrize(("pod", "container"), PODS)
def test_a_pod_asks_for_no_right_and_says_what_it_takes(
    pod: dict[str, Any], container: dict[str, Any]
) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] >= 10_000
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert all("hostPath" not in volume for volume in pod["volumes"])
    inside = container["securityContext"]
    assert inside["allowPrivilegeEscalation"] is False
    assert inside["readOnlyRootFilesystem"] is True
    assert inside["capabilities"] == {"drop": ["ALL"]}
    assert "privileged" not in inside
    assert all(
        container["resources"][of].keys() == {"cpu", "memory"} for of in ("requests", "limits")
    )


@pytest.mark.parametrize(("pod", "container"), PODS)
def test_secrets_are_named_and_never_written(
    pod: dict[str, Any], container: dict[str, Any]
) -> None:
    assert not any(HOLDS_A_KEY.search(one["name"]) for one in container["env"])
    assert {"secretRef": {"name": "touchstone-postgres"}} in container["envFrom"]
    mounted = {volume["name"] for volume in pod["volumes"]}
    assert mounted == {mount["name"] for mount in container["volumeMounts"]}


def test_nothing_but_code_servers_is_open_and_those_to_two_alone() -> None:
    objects = [parameter.values[0] for parameter in OBJECTS]
    services = [said["spec"] for said in objects if said["kind"] == "Service"]
    assert {said["type"] for said in services} == {"ClusterIP"}
    guarded = [
        said["spec"]["podSelector"]["matchLabels"]["part"]
        for said in objects
        if said["kind"] == "NetworkPolicy"
    ]
    assert sorted(said["selector"]["part"] for said in services) == sorted(guarded)
    assert not any(said["kind"] == "Ingress" for said in objects)
    for name, _, container in pods():
        assert ("ports" in container) == (name.removeprefix("touchstone-") in guarded)
        assert ("0.0.0.0" in container["command"]) == ("ports" in container)


@pytest.mark.parametrize(("pod", "container"), PODS)
def test_what_a_container_is_told_to_start_exists(
    pod: dict[str, Any], container: dict[str, Any]
) -> None:
    del pod
    program, *words = container["command"]
    if program == "touchstone":
        assert fault_in(words, whole=True) is None
    elif program == "python":
        assert words[1] == gated.__name__
        assert words[2] in gated.PROGRAMS
    else:
        assert [program, *words[:2]] == ["dagster", "code-server", "start"]


def test_code_is_found_under_the_name_of_its_service() -> None:
    objects = [parameter.values[0] for parameter in OBJECTS]
    (told,) = [said["data"]["machines.yaml"] for said in objects if said["kind"] == "ConfigMap"]
    found = {one["grpc_server"]["host"] for one in yaml.safe_load(told)["load_from"]}
    assert found == {said["metadata"]["name"] for said in objects if said["kind"] == "Service"}
