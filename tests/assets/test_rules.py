"""Rules on the product's path: only what changed is applied again, and changes are told."""

import dagster as dg
import pyarrow as pa
import pytest
import yaml

from assets.quality.rule_analysis import suggestions
from assets.votes.rules import rules
from cli.new.new import create
from labeling.rules.engine import RuleSet
from resources.dagster.partitions import batches
from resources.store.queries import query
from resources.store.tables import ITEMS
from resources.store.warehouse import Warehouse
from resources.task.task import load_task
from tests.conftest import ROOT

BATCH = "2026-03-02"
META = '{"channel": "mail"}'


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A task with items in its warehouse, and what the rules were applied with, run by run."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    folder = create(tmp_path, "letters")
    applied: list[list[str]] = []
    as_it_is = RuleSet.apply

    def counting(self, items, *, run_sql=None, only=None):
        applied.append(sorted(only or []))
        return as_it_is(self, items, run_sql=run_sql, only=only)

    monkeypatch.setattr(RuleSet, "apply", counting)
    task = load_task(folder)
    warehouse = Warehouse(path=str(task.warehouse))
    texts = ["Thank you so much", "The lift is broken", "When does it open?", "Many thanks"]
    rows = [
        {"item_id": f"m{at}", "batch": BATCH, "text": text, "metadata": META}
        for at, text in enumerate(texts)
    ]
    columns = dict.fromkeys(ITEMS.columns)
    warehouse.replace_batch(ITEMS, BATCH, pa.Table.from_pylist([columns | row for row in rows]))
    return folder, warehouse, applied


def apply(folder, warehouse) -> None:
    """Make the asset once, as Dagster does."""
    task = load_task(folder)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(str(batches(task).name), [BATCH])
        made = dg.materialize(
            [rules(task)],
            partition_key=BATCH,
            resources={"warehouse": warehouse},
            instance=instance,
        )
    assert made.success


def edit(folder, change) -> str:
    """Change the first rule of rules.yaml; returns its name."""
    path = folder / "rules.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(document["rules"][0])
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return document["rules"][0]["name"]


def test_a_rule_that_changed_is_applied_again_and_no_other(project):
    folder, warehouse, applied = project
    apply(folder, warehouse)
    before = warehouse.ask("from votes.rules order by voter, item_id").to_pylist()
    apply(folder, warehouse)
    assert len(applied) == 1, "nothing changed: nothing was applied"
    assert len(applied[0]) > 2

    name = edit(folder, lambda rule: rule.update(keyword=["lift"]))
    apply(folder, warehouse)
    assert applied[1:] == [[name]]
    others = f"from votes.rules where voter <> 'rule/{name}' order by voter, item_id"
    assert warehouse.ask(others).to_pylist() == [
        row for row in before if row["voter"] != f"rule/{name}"
    ]
    changes = warehouse.ask("from votes.rule_changes order by item_id").to_pylist()
    assert {row["voter"] for row in changes} == {f"rule/{name}"}
    now = {row["item_id"]: row["label_after"] for row in changes}
    assert now["m1"] is not None
    assert all(row["version_before"] != row["version_after"] for row in changes)


def test_reformatting_and_a_new_description_apply_nothing(project):
    folder, warehouse, applied = project
    apply(folder, warehouse)
    edit(folder, lambda rule: rule.update(description="In other words."))
    apply(folder, warehouse)
    assert len(applied) == 1


@pytest.mark.parametrize(
    "change",
    ["text = 'The lift works'", 'metadata = \'{"channel": "phone"}\'', "item_id = 'm9'"],
)
@pytest.mark.parametrize("text", ["text", "null"])
def test_rules_are_applied_again_once_an_item_is_another(project, change, text):
    folder, warehouse, applied = project
    with warehouse.connect() as db:
        db.execute(f"update raw.items set text = {text}, image = 'a.png' where item_id = 'm1'")
    apply(folder, warehouse)
    with warehouse.connect() as db:
        db.execute(f"update raw.items set {change} where item_id = 'm1'")
    apply(folder, warehouse)
    assert len(applied) == 2
    assert applied[1] == applied[0], "every rule, for every rule may look at what changed"


def test_the_rules_of_a_task_are_shown_with_changes_and_suggestions(ran_task, touchstone):
    said = touchstone("rules", "letters", at=ran_task.project, columns=220)
    assert said.code == 0
    assert "rules of letters, all batches" in said.out
    assert "accuracy on audit gold" in said.out
    assert "# suggestions, to paste under rules:" in said.out
    missing = touchstone("rules", "rules.yaml", at=ran_task.project)
    assert missing.code != 0
    assert "which texts is rules.yaml to be applied to?" in missing.err


def test_suggestions_of_both_sources_can_be_pasted_and_audit_gold_writes_none():
    task = load_task(ROOT / "tasks" / "youtube_spam")
    ham, spam = sorted(task.classes, key=lambda name: "SPAM" in name.upper())
    words = [("subscribe", spam)] * 20 + [("lovely", ham)] * 20 + [("voucher", spam)] * 20
    right = [[float(label == name) for name in task.classes] for _, label in words]
    texts = pa.table(
        {
            "text": [f"{word} thing {at}" for at, (word, _) in enumerate(words)],
            "posterior": [
                p if word != "voucher" else [0.5, 0.5]
                for (word, _), p in zip(words, right, strict=True)
            ],
            "said": [[] for _ in words],
            "gold": [
                label if word == "voucher" or at % 2 else None
                for at, (word, label) in enumerate(words)
            ],
        }
    )
    found = suggestions(task, texts, ["says_lovely"]).to_pylist()
    pasted = yaml.safe_load("rules:\n" + "\n".join(row["yaml"] for row in found))["rules"]
    assert {(row["phrase"], row["source"]) for row in found} >= {("voucher", "gold")}
    assert {"voucher", "subscribe", "lovely"} == {row["phrase"] for row in found}
    assert suggestions(task, texts.slice(0, 0), []).num_rows == 0
    names = [rule["name"] for rule in pasted]
    assert len({*names, "says_lovely"}) == len(names) + 1
    for at, (row, rule) in enumerate(zip(found, pasted, strict=True), start=1):
        assert row["rank"] == at
        assert (rule["label"], rule["keyword"]) == (row["label"], [row["phrase"]])
        assert 0 < row["precision_low"] <= 1
    assert "g.origin = 'queue'" in query("quality.rule_analysis.texts").sql


def test_votes_of_a_rule_that_is_no_more_are_left_out_of_the_analysis():
    from assets.quality.rule_analysis import analysis
    from assets.votes.rule_sets import load_voters

    task = load_task(ROOT / "tasks" / "support_inbox")
    loaded = load_voters(task)
    voters = [loaded[0].voter, "rule/that_went"]
    votes = pa.table({"item_id": ["a", "a"], "voter": voters, "version": ["1", "1"], "label": ["x", "y"]})  # fmt: skip
    failures = pa.table(
        {name: pa.array([], pa.string()) for name in ("rule", "item_id", "message")}
    )
    rows = analysis(task, loaded, votes, failures, 1).to_pylist()
    assert [row["votes"] for row in rows if row["votes"]] == [1]
    assert len(rows) == len(loaded)
