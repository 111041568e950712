"""What pages show to be typed or written is what commands take and files may say."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster._core.workspace.config_schema import process_workspace_config
from typer._click.exceptions import UsageError

from cli.app import GROUPS, command, commands, joined
from cli.new.new import EXAMPLE
from labeling.kinds.registry import SINGLE
from labeling.kinds.several.kind import Several
from labeling.llm.prompts.prompt import parse_prompts
from labeling.rules.reading.python import read_python_rules
from labeling.rules.reading.reading import read_rules
from labeling.rules.spans.python import read_python_span_rules
from labeling.rules.spans.reading import read_span_rules
from resources.dagster.settings import read_settings
from resources.task.settings.schema import TaskSpec
from tests.docs.conftest import ROOT, Example, examples, mentioned

EXAMPLES = list(examples())
OTHER_PROGRAMS = {
    "pg_dump",
    "cp",
    "dask",
    "ray",
    "du",
    "git",
    "hf",
    "mkdir",
    "mlflow",
    "ollama",
    "pip",
    "pytest",
    "python",
    "tar",
}
OTHER_PROGRAMS |= {"vllm", "dagster", "export"}
"""What else is typed in the pages, and is not ours to check."""


def of(language: str) -> Any:
    chosen = [one for one in EXAMPLES if one.language == language]
    return pytest.mark.parametrize("example", chosen, ids=str)


def fault_in(words: list[str], *, whole: bool) -> str | None:
    """Return what the command line says against a command, given as words behind `touchstone`."""
    if words and words[0] in GROUPS:
        words = words[1:]
        if not words:
            return None
    if not words or words[0].isupper() or words[0] == "--help":
        return None
    words = joined(words)
    if words[0] not in commands():
        return f"there is no command {words[0]}"
    told = command(words[0])
    try:
        if whole:
            told.make_context(words[0], words[1:])
        else:
            options = [word for word in words[1:] if word.startswith("-")]
            known = {name for one in told.params for name in (*one.opts, *one.secondary_opts)}
            unknown = [o for o in options if o.partition("=")[0] not in known | {"--help"}]
            return f"{words[0]} has no {unknown[0]}" if unknown else None
    except UsageError as error:
        return error.format_message()
    return None


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_every_example_says_what_it_is(example: Example) -> None:
    tested = {"sh", "yaml", "markdown", "python"}
    assert example.language in tested | {"text"}, (
        f"{example}: name the language of the block: one of {', '.join(sorted(tested))}, which are "
        "tested, or text for output and pictures"
    )


@of("sh")
def test_every_command_in_a_block_can_be_typed(example: Example) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line in example.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words = words[1:]
        if not words:
            continue
        program = words[0].rpartition("/")[2]
        if program == "touchstone":
            assert fault_in(words[1:], whole=True) is None, f"{example}: {line}"
        elif program == "make":
            assert set(words[1:]) <= targets, f"{example}: {line}"
        else:
            assert program in OTHER_PROGRAMS, f"{example}: {line}"


@pytest.mark.parametrize(("page", "text"), sorted(set(mentioned())))
def test_every_command_in_a_sentence_exists(page: str, text: str) -> None:
    words = text.replace("[", "").replace("]", "").replace("|", " ").split()[1:]
    assert fault_in(words, whole=False) is None, f"{page}: {text}"


@of("yaml")
def test_every_setting_in_a_block_is_allowed(
    example: Example, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = yaml.safe_load(example.text)
    if "load_from" in said:
        assert process_workspace_config(said).success
        return
    if "storage" in said:
        monkeypatch.setenv("DAGSTER_POSTGRES", "postgresql://db/dagster")
        (tmp_path / "dagster.yaml").write_text(example.text, encoding="utf-8")
        assert read_settings(tmp_path)
        return
    if isinstance(said, list):
        said = {"rules": said}
    if isinstance(said.get("rules"), list) and {"type", "spacy"} & set(said["rules"][0]):
        types = sorted({name for one in said["rules"] for name in marks(one)})
        for one in said["rules"]:
            stand_in(tmp_path, one)
        (tmp_path / "rules.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
        assert read_span_rules(tmp_path / "rules.yaml", types)
        return
    if isinstance(said.get("rules"), list):
        named = {str(one.get("label", one.get("against"))) for one in said["rules"]} | {"other"}
        several = any("against" in one for one in said["rules"])
        classes = (Several() if several else SINGLE).marks(sorted(named))
        (tmp_path / "rules.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
        assert read_rules(tmp_path / "rules.yaml", classes)
        return
    base = yaml.safe_load((EXAMPLE / "task.yaml").read_text(encoding="utf-8"))
    for name, value in said.items():
        both = isinstance(value, dict) and isinstance(base.get(name), dict)
        base[name] = {**base[name], **value} if both else value
    if "classes" in said:
        base.pop("alarm", None)
    TaskSpec.model_validate(base)


def marks(rule: dict[str, Any]) -> set[str]:
    """Name the classes that a rule for spans speaks of."""
    return set(rule.get("labels", {}).values()) or {str(rule.get("type", rule.get("against")))}


def stand_in(folder: Path, rule: dict[str, Any]) -> None:
    """Write the files that are read of the pipeline that a rule names, if it names one."""
    if "spacy" in rule:
        (folder / rule["spacy"]).mkdir()
        (folder / rule["spacy"] / "config.cfg").touch()
        meta = json.dumps({"components": rule.get("exclude", [])})
        (folder / rule["spacy"] / "meta.json").write_text(meta)


@of("markdown")
def test_every_prompt_in_a_block_can_be_read(example: Example) -> None:
    assert parse_prompts(example.text, "shown", where=str(example))


@of("python")
def test_every_rule_in_a_block_can_be_read(example: Example, tmp_path: Any) -> None:
    (tmp_path / "rules.py").write_text(example.text, encoding="utf-8")
    path = tmp_path / "rules.py"
    assert read_python_rules(path) or read_python_span_rules(path)


def test_a_wrong_command_is_found() -> None:
    assert fault_in(["run", "letters", "--json"], whole=True) is None
    assert fault_in(["run", "letters", "--jsn"], whole=True) is not None
    assert fault_in(["plan", "--points", "many"], whole=True) is not None
    assert fault_in(["rnu"], whole=False) is not None
    assert fault_in(["ledger", "--ask-again"], whole=False) is None
    assert fault_in(["ledger", "--ask-never"], whole=False) is not None
