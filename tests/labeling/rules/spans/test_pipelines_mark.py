"""Pipelines of spaCy that are made here, loaded from their files, and mark texts."""

import pyarrow as pa
import pytest

from labeling.errors import RuleError
from labeling.kinds.spans.answer import marked
from labeling.rules.spans.engine import SpanRuleSet
from labeling.rules.spans.pipelines import marking
from labeling.rules.spans.reading import read_span_rules
from labeling.rules.spans.votes import as_votes

spacy = pytest.importorskip("spacy", reason="`make test` installs spaCy")

CLASSES = ["Drug", "Illness"]
PILL, THUMB, DARK = "\N{PILL}", "\N{THUMBS UP SIGN}", "\N{EMOJI MODIFIER FITZPATRICK TYPE-6}"
TEXTS = (
    f"{PILL} aspirin for gout,\r\n then  Aspirin",
    "nothing here",
    "",
    None,
    f"good {THUMB}{DARK} gout",
)


def ruler(name="entity_ruler", **config):
    """Make a pipeline that marks by a list."""
    nlp = spacy.blank("en")
    pipe = nlp.add_pipe(name, config=config)
    pipe.add_patterns(
        [
            {"label": "CHEM", "pattern": [{"LOWER": "aspirin"}]},
            {"label": "CHEM", "pattern": THUMB},
            {"label": "DIS", "pattern": "gout"},
        ]
    )
    return nlp


def trained():
    """Train a recognizer until it knows two texts."""
    from spacy.training import Example

    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    told = [("we gave aspirin daily", [(8, 15, "CHEM")]), ("it was gout again", [(7, 11, "DIS")])]
    lesson = [Example.from_dict(nlp.make_doc(text), {"entities": spans}) for text, spans in told]
    spacy.util.fix_random_seed(0)
    optimizer = nlp.initialize(lambda: lesson)
    for _ in range(40):
        nlp.update(lesson, sgd=optimizer)
    return nlp


@pytest.fixture
def rules(tmp_path):
    def rules(nlp, options="", labels="{CHEM: Drug, DIS: Illness}"):
        nlp.to_disk(tmp_path / "pipeline")
        path = tmp_path / "rules.yaml"
        path.write_text(
            f"rules:\n  - name: web\n    spacy: pipeline\n    labels: {labels}\n{options}"
        )
        return SpanRuleSet(read_span_rules(path, CLASSES), CLASSES)

    return rules


def batch(*texts, **columns):
    ids = [f"i{row}" for row in range(len(texts))]
    return pa.table({"item_id": ids, "text": pa.array(texts, pa.string()), **columns})


def said(rules, *texts, **columns):
    """Return for each text that has a vote what stands at the offsets it tells, and its class."""
    items = batch(*texts, **columns)
    votes, failures = as_votes(rules.apply(items), items)
    found = {
        item: [(texts[int(item[1:])][span.start : span.end], span.name) for span in marked(label).found]
        for item, label in zip(votes["item_id"].to_pylist(), votes["label"].to_pylist(), strict=True)
    }  # fmt: skip
    return found, failures.to_pylist()


def test_spans_are_told_in_code_points_of_the_stored_text_and_cut_no_letter(rules):
    found, failures = said(rules(ruler()), *TEXTS)
    assert failures == []
    assert found == {
        "i0": [("aspirin", "Drug"), ("gout", "Illness"), ("Aspirin", "Drug")],
        "i4": [(f"{THUMB}{DARK}", "Drug"), ("gout", "Illness")],
    }


def test_a_trained_recognizer_votes_and_says_nothing_whole_of_a_text(rules):
    ours = rules(trained())
    found, _ = said(ours, "we gave aspirin daily", "it was gout again")
    assert found == {"i0": [("aspirin", "Drug")], "i1": [("gout", "Illness")]}
    items = batch("we gave aspirin daily")
    (label,) = as_votes(ours.apply(items), items)[0]["label"].to_pylist()
    assert not marked(label).whole


def test_labels_that_are_not_named_are_not_marked(rules):
    found, _ = said(rules(ruler(), labels="{DIS: Illness}"), TEXTS[0])
    assert found == {"i0": [("gout", "Illness")]}


def test_two_labels_may_be_one_class(rules):
    found, _ = said(rules(ruler(), labels="{DIS: Illness, CHEM: Illness}"), TEXTS[0])
    assert {name for _, name in found["i0"]} == {"Illness"}


def test_groups_of_spans_are_taken_by_their_key(rules):
    grouped = rules(ruler("span_ruler", spans_key="sc"), "    spans_key: sc\n")
    assert said(grouped, TEXTS[0])[0]["i0"][0] == ("aspirin", "Drug")


def test_a_span_ruler_that_sets_entities_is_taken_without_a_key(rules):
    setting = rules(ruler("span_ruler", spans_key=None, annotate_ents=True))
    assert said(setting, TEXTS[0])[0]["i0"][0] == ("aspirin", "Drug")


def test_conditions_keep_it_from_items(rules):
    ours = rules(ruler(), "    when: {channel: [desk]}\n")
    found, _ = said(ours, "aspirin", "aspirin", channel=["desk", "post"])
    assert list(found) == ["i0"]


def test_parts_and_batches_change_nothing(rules, monkeypatch):
    texts = [f"text {row} of gout" + " and aspirin" * (row % 3) for row in range(50)]
    before = said(rules(ruler()), *texts)
    monkeypatch.setattr(marking, "PART", 100)
    assert said(rules(ruler(), "    batch_size: 3\n"), *texts) == before


def test_words_of_texts_are_forgotten(rules):
    ours = rules(ruler())
    known = len(ours._pipelines[0].vocab.strings)
    said(ours, *(f"aspirin number{row}" for row in range(300)))
    assert len(ours._pipelines[0].vocab.strings) < known + 100


def test_a_text_that_it_fails_on_is_told_and_the_others_are_marked(rules):
    @spacy.Language.component("fails_on_boom", assigns=["doc.ents"])
    def fails(doc):
        if "boom" in doc.text:
            raise ValueError("no boom\nplease")
        return doc

    nlp = ruler()
    nlp.add_pipe("fails_on_boom")
    found, failures = said(rules(nlp), "aspirin", "boom", "gout", "a boom", "aspirin")
    assert list(found) == ["i0", "i2", "i4"]
    assert failures == [
        {"rule": "web", "item_id": item, "message": "ValueError: no boom"} for item in ("i1", "i3")
    ]


def test_a_text_longer_than_the_pipeline_takes_is_told(rules):
    ours = rules(ruler())
    ours._pipelines[0].max_length = 20
    found, failures = said(ours, "aspirin", "aspirin " * 20)
    assert list(found) == ["i0"]
    assert "160" in failures[0]["message"]
    assert "exceeds maximum of 20" in failures[0]["message"]


@pytest.mark.parametrize(
    ("made", "options", "labels", "told"),
    [
        ("blank", "", "{X: Drug}", "in which no component sets doc.ents (components: none); it needs one"),
        ("ruler", "    exclude: entity_ruler\n", "{CHEM: Drug}", "in which no component sets doc.ents"),
        ("ruler", "", "{CHEMS: Drug}", "has 'CHEMS' under 'labels:', a label that"),
        ("ruler", "", "{CHEMS: Drug}", "allowed: CHEM, DIS. Did you mean 'CHEM'?"),
        ("spans", "", "{CHEM: Drug}", "with 'spans_key:' its doc.spans are taken"),
        ("spans", "    spans_key: sd\n", "{CHEM: Drug}", "has 'spans_key: sd'; allowed: sc"),
    ],
)  # fmt: skip
def test_a_pipeline_that_cannot_say_what_is_wanted_is_refused(rules, made, options, labels, told):
    nlp = {"blank": lambda: spacy.blank("en"), "ruler": ruler,
           "spans": lambda: ruler("span_ruler", spans_key="sc")}[made]()  # fmt: skip
    with pytest.raises(RuleError) as caught:
        rules(nlp, options, labels)
    assert told in str(caught.value)
    assert "rules.yaml line 2, rule 'web': 'spacy' " in str(caught.value)


def test_a_damaged_pipeline_is_refused(rules, tmp_path):
    ruler().to_disk(tmp_path / "pipeline")
    broken = (
        (tmp_path / "pipeline" / "config.cfg").read_text().replace('"entity_ruler"', '"nobody"')
    )

    class Broken:
        def to_disk(self, path):
            (path / "config.cfg").write_text(broken)

    with pytest.raises(RuleError, match=r"which spaCy .* cannot load: ValueError"):
        rules(Broken())
