"""What a rule says of a pipeline of spaCy, and its version: none of it needs spaCy."""

import json
import os
import shutil
import sys

import jsonschema
import pytest
import yaml

from labeling.errors import RuleError
from labeling.rules.spans.engine import SpanRuleSet
from labeling.rules.spans.keys import span_rules_schema
from labeling.rules.spans.reading import read_span_rules

CLASSES = ["Person", "Company"]
RULE = """
rules:
  - name: web
    spacy: ner
    labels: {PERSON: Person, ORG: Company}
    exclude: [parser]
"""


def make_pipeline(folder, **meta):
    """Write the files that tell of a pipeline, without what it learnt."""
    (folder / "ner").mkdir(parents=True)
    (folder / "config.cfg").write_text('[nlp]\nlang = "en"\n')
    told = {"lang": "en", "name": "small", "version": "1.0.0", "components": ["parser", "ner"]}
    (folder / "meta.json").write_text(json.dumps(told | meta))
    (folder / "ner" / "model").write_bytes(b"weights")
    return folder


@pytest.fixture
def read(tmp_path):
    make_pipeline(tmp_path / "ner")

    def read(text=RULE):
        path = tmp_path / "rules.yaml"
        path.write_text(text, encoding="utf-8")
        return read_span_rules(path, CLASSES)

    return read


@pytest.fixture
def version(read):
    def version(text=RULE):
        return read(text)[0].version

    return version


def test_a_rule_says_which_labels_of_which_pipeline_are_wanted_and_the_schema_agrees(read):
    (rule,) = read()
    assert rule.body.labels == (("PERSON", "Person"), ("ORG", "Company"))
    assert (rule.kind, rule.type, rule.body.exclude) == ("spacy", None, ("parser",))
    jsonschema.validate(yaml.safe_load(RULE), span_rules_schema())
    for wrong in (
        RULE.replace("ner\n", "[ner]\n"),
        RULE.replace("{PERSON: Person, ORG: Company}", "{}"),
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(yaml.safe_load(wrong), span_rules_schema())


def test_an_equal_pipeline_elsewhere_is_the_same_voter_and_another_one_is_not(version, tmp_path):
    before = version()
    shutil.copytree(tmp_path / "ner", tmp_path / "copied")
    assert version(RULE.replace("spacy: ner", "spacy: copied")) == before
    assert version(RULE.replace("spacy: ner", f"spacy: {tmp_path / 'copied'}")) == before
    (tmp_path / "ner" / "ner" / "__pycache__").mkdir()
    (tmp_path / "ner" / "ner" / "__pycache__" / "model.pyc").write_bytes(b"compiled")
    os.utime(tmp_path / "ner" / "ner" / "model", (1, 1))
    assert version() == before
    (tmp_path / "ner" / "ner" / "model").write_bytes(b"Weights")
    assert version() != before


def test_a_new_release_with_the_same_weights_is_another_version(version, tmp_path):
    before = version()
    shutil.rmtree(tmp_path / "ner")
    make_pipeline(tmp_path / "ner", version="1.0.1")
    assert version() != before


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("ORG: Company", "ORG: Person", False),
        (", ORG: Company", "", False),
        ("    exclude: [parser]", "", False),
        ("    exclude: [parser]", "    exclude: parser\n    spans_key: sc", False),
        ("    exclude: [parser]", "    exclude: parser\n    batch_size: 8", True),
        ("{PERSON: Person, ORG: Company}", "{ORG: Company, PERSON: Person}", True),
    ],
)  # fmt: skip
def test_what_changes_the_spans_changes_the_version(version, old, new, same):
    assert (version(RULE.replace(old, new)) == version()) == same


def test_a_package_is_found_by_its_name_and_never_imported(version, tmp_path, monkeypatch):
    before = version()
    shutil.copytree(tmp_path / "ner", tmp_path / "packages" / "en_small")
    (tmp_path / "packages" / "en_small" / "__init__.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path / "packages")
    assert version(RULE.replace("spacy: ner", "spacy: en_small")) != before
    assert "en_small" not in sys.modules


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("spacy: ner", "spacy: en_core_web_zz",
         "line 4, rule 'web': 'spacy' names the pipeline 'en_core_web_zz', which is neither a folder"),
        ("spacy: ner", "spacy: en_core_web_zz", "python -m spacy download en_core_web_zz"),
        ("spacy: ner", "spacy: ../models/ner", "which is neither a folder"),
        ("spacy: ner", "spacy: ner/ner", "which holds no config.cfg and so is no pipeline"),
        ("spacy: ner", "spacy: json", "names the package 'json', which holds no pipeline of spaCy"),
        ("spacy: ner", "spacy: 3", "is 3, but must be a folder, or the name of a package"),
        ("    labels: {PERSON: Person, ORG: Company}\n", "", "needs 'labels:', which says the class of each"),
        ("Company}", "Compny}", "'Compny' is no type; allowed: Person, Company. Did you mean 'Company'?"),
        ("ORG:", "NO:", "has False: 'Company' under 'labels:', but both must be texts (quote"),
        ("[parser]", "[parsr]",
         "'exclude: parsr', which is no component of the pipeline; allowed: parser, ner. Did you mean 'parser'?"),
        ("[parser]", "[]", "has 'exclude:', which is an empty list"),
        ("exclude: [parser]", "batch_size: 0", "has 'batch_size: 0'; allowed: a whole number from 1 on"),
        ("exclude: [parser]", "spans_key: ''", "has 'spans_key: ', but needs the name of a group"),
        ("exclude: [parser]", "type: Person", "has 'labels:' beside 'type:' or 'against:'; keep one"),
        ("exclude: [parser]", "case: exact", "unknown key 'case'"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_in_words(read, old, new, told):
    assert old in RULE
    with pytest.raises(RuleError) as caught:
        read(RULE.replace(old, new))
    assert told in str(caught.value)


def test_a_pipeline_without_its_description_is_refused(read, tmp_path):
    (tmp_path / "ner" / "meta.json").write_text("{")
    with pytest.raises(RuleError, match=r"a damaged file, .*meta\.json"):
        read()


def test_without_spacy_the_rules_are_read_and_it_is_told_what_to_install(read, monkeypatch):
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(RuleError, match=r"rule 'web': .*pip install 'touchstone\[spacy\]'"):
        SpanRuleSet(read(), CLASSES)
