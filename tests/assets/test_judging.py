"""A student that other processes ask says what it says here, and no other file is opened for it."""

import numpy as np
import pyarrow as pa
import pytest

from assets.labels.judging import JudgeOn, StudentOnPart
from labeling.student.others import judge_here
from labeling.student.text import TextStudent
from resources.engines.in_process import InProcess
from resources.engines.parts import write_part

TEXTS = [f"{word} day {n}" for n in range(40) for word in ("lovely", "terrible")]
SOFT = np.tile([[0.9, 0.1], [0.1, 0.9]], (40, 1))


@pytest.fixture(scope="module")
def student():
    return TextStudent(2).fit(TEXTS, SOFT)


def test_an_engine_gives_what_this_process_says_of_each_part(student, tmp_path):
    terms = np.arange(student.read(TEXTS).shape[1]) % 5 == 0
    parts = [TEXTS[:30], TEXTS[30:31], TEXTS[31:]]
    found = list(JudgeOn(InProcess(), tmp_path)(student, terms, iter(parts)))
    for part, here in zip(found, judge_here(student, terms, iter(parts)), strict=True):
        assert len(part) == 2
        for view, own in zip(part, here, strict=True):
            np.testing.assert_array_equal(view, own)


def test_a_file_that_is_not_the_student_that_was_written_is_not_opened(tmp_path):
    path = tmp_path / "student.pickle"
    path.write_bytes(b"something else")
    part = write_part(pa.table({"text": ["x"]}), tmp_path, "texts", 0)
    with pytest.raises(OSError, match="is not what was written"):
        StudentOnPart(path, "0" * 64)(part)
