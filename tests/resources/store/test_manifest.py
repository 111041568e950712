"""dbt's manifest follows the models, whoever changed them and however it came to be old."""

import os
import shutil

import pytest

from resources.store.manifest import TRANSFORMS, changed_files, manifest
from resources.task.errors import TaskError


@pytest.fixture
def transforms(tmp_path):
    copy = tmp_path / "transforms"
    shutil.copytree(TRANSFORMS, copy, ignore=shutil.ignore_patterns("target", "logs"))
    return copy


def test_a_manifest_is_built_where_it_is_missing_or_older_than_a_model_and_not_else(transforms):
    path = manifest(transforms)
    assert path.is_file()
    assert not changed_files(transforms)
    built = path.stat().st_mtime_ns
    assert manifest(transforms) == path
    assert path.stat().st_mtime_ns == built

    model = next(transforms.rglob("labels.sql"))
    model.with_name("pulled.sql").write_text("select 1 as one", encoding="utf-8")
    later = path.stat().st_mtime + 5
    os.utime(model.with_name("pulled.sql"), (later, later))
    assert changed_files(transforms) == ["pulled.sql"]
    assert "pulled" in manifest(transforms).read_text(encoding="utf-8")

    model.with_name("pulled.sql").unlink()
    assert [name for name in changed_files(transforms) if name.endswith("pulled.sql")]
    assert "pulled" not in manifest(transforms).read_text(encoding="utf-8")
    assert not changed_files(transforms)


def test_a_project_that_dbt_cannot_read_is_told_in_its_words(transforms):
    (transforms / "dbt_project.yml").write_text("name: [", encoding="utf-8")
    with pytest.raises(TaskError, match="dbt cannot read"):
        manifest(transforms)
