"""Python rules that look at pictures."""

import numpy as np
import pyarrow as pa

from labeling.rules.engine import RuleSet
from labeling.rules.functions import with_pictures
from labeling.rules.reading.reading import read_rules
from tests.fakes.pictures import RULES, as_file, data_url, wall

COUNTING = '''
from labeling.rules.reading.python import rule


@rule(label="whole", arrow=True)
def named(picture):
    """Sees what names the picture."""
    return [name.endswith(".png") for name in picture.to_pylist()]
'''


def apply(tmp_path, source, images):
    (tmp_path / "rules.yaml").write_text("rules: []\n", encoding="utf-8")
    (tmp_path / "rules.py").write_text(source, encoding="utf-8")
    classes = ["cracked", "whole"]
    rules = read_rules(tmp_path / "rules.yaml", classes, tmp_path / "rules.py")
    batch = pa.table({"item_id": [str(i) for i in range(len(images))], "text": [""] * len(images)})
    found = RuleSet(rules, classes).apply(with_pictures(batch, images))
    votes = {(row["item_id"], row["label"]) for row in found.votes.to_pylist()}
    return votes, found.failures.to_pylist()


def test_a_rule_is_handed_the_opened_picture_and_abstains_where_there_is_none(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(as_file(wall(0, cracked=True)))
    votes, failures = apply(tmp_path, RULES, [str(path), None, data_url(wall(1, cracked=False))])
    assert votes == {("0", "cracked"), ("2", "whole")}
    assert failures == []


def test_a_picture_that_cannot_be_opened_is_a_failure_of_the_rule_that_wanted_it(tmp_path):
    path = tmp_path / "broken.png"
    path.write_bytes(as_file(wall(0, cracked=True))[:100])
    votes, failures = apply(tmp_path, RULES, [str(path)])
    assert votes == set()
    assert {row["rule"] for row in failures} == {"dark_pixels", "none_dark"}
    assert all("not an image, or a broken one" in row["message"] for row in failures)


def test_a_rule_on_whole_columns_gets_what_names_the_pictures(tmp_path):
    votes, _ = apply(tmp_path, COUNTING, ["/a.png", None, "/b.jpg"])
    assert votes == {("0", "whole")}


def test_a_column_of_that_name_which_the_task_has_itself_is_left_as_it_is():
    batch = pa.table({"item_id": ["a"], "text": ["x"], "picture": np.array([3])})
    assert with_pictures(batch, ["/a.png"]) is batch
