from pathlib import Path

import vl_convert

from console.dashboard import library


def asked(monkeypatch, built: Path) -> str:
    monkeypatch.setattr("resources.kept.BUILT", built)
    return library.chart_library.__wrapped__()


def test_the_script_of_the_charts_is_made_once_and_then_read(monkeypatch, tmp_path):
    made = asked(monkeypatch, tmp_path / "built")
    assert "window.vegaEmbed" in made
    monkeypatch.delattr(vl_convert, "javascript_bundle")
    assert asked(monkeypatch, tmp_path / "built") == made
    assert [path.suffix for path in (tmp_path / "built").iterdir()] == [".js"]


def test_where_nothing_can_be_kept_the_script_is_made_all_the_same(monkeypatch, tmp_path):
    in_the_way = tmp_path / "built"
    in_the_way.write_text("a file, no folder", encoding="utf-8")
    assert "window.vegaEmbed" in asked(monkeypatch, in_the_way)


def test_a_script_of_another_version_is_not_read(monkeypatch, tmp_path):
    (tmp_path / "charts-0.0.1.js").write_text("old", encoding="utf-8")
    assert asked(monkeypatch, tmp_path) != "old"
