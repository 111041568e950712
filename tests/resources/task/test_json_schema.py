"""Every setting says what it is for where it is declared, and editors are told."""

from typing import Any

import pytest

from resources.task.settings.json_schema import prompt_schema, task_schema


@pytest.mark.parametrize("schema", [task_schema(), prompt_schema()], ids=["task.yaml", "prompts"])
def test_no_setting_and_no_section_lacks_a_description(schema: dict[str, Any]) -> None:
    sections = {schema["title"]: schema, **schema["$defs"]}
    fields = {
        f"{section}.{name}": field
        for section, told in sections.items()
        for name, field in told.get("properties", {}).items()
    }
    assert len(fields) > 20
    assert [one for one, told in (sections | fields).items() if not told.get("description")] == []
