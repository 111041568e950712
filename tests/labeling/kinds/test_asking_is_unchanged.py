"""What models were asked before there were kinds is what they are asked now, byte for byte."""

import hashlib
import json
from itertools import product
from pathlib import Path

from labeling.kinds.asking import Form
from labeling.kinds.classes import ClassSpec
from labeling.llm.ledger.rows import question_key
from labeling.llm.prompts.prompt import Prompt
from labeling.llm.prompts.rendering import Example, render, repair
from labeling.llm.prompts.settings import Settings

CLASSES = (
    ClassSpec("SPAM", 'Says "buy" or sells', ("junk", "ads")),
    ClassSpec("not_spam", "Anything else"),
    ClassSpec('odd "one"'),
)
BODIES = (
    "Which class?",
    "Which class? {% for c in classes %}{{ c.name }}: {{ c.description }}\n{% endfor %}",
    "{{ answer_format }}\n{{ item }}",
    "{% for e in examples %}{{ e.text }} = {{ e.label }}\n{% endfor %}Which?",
)
EXAMPLES = (Example("win cash", "SPAM"), Example("he said", 'odd "one"'))


def every_question() -> dict[str, object]:
    """Return what is sent in every form of an answer, and versions and keys."""
    found: dict[str, object] = {}
    for at, body in enumerate(BODIES):
        prompt = Prompt("p", "m", Settings(model="m"), body)
        reader = prompt.kind.reader(CLASSES)
        version = prompt.version(CLASSES)
        found[f"version {at}"] = version
        found[f"key {at}"] = question_key(version, "digest", 0, "ask", "")
        for as_json, reasoning, stated in product((False, True), repeat=3):
            form = Form(json=as_json, reasoning=reasoning, stated=stated)
            name = f"body {at}, json {as_json}, reasoning {reasoning}, stated {stated}"
            asked = render(prompt, CLASSES, form, "hello {{ x }}", EXAMPLES)
            found[name] = asked
            found[f"{name}: schema"] = prompt.kind.schema(form, CLASSES)
            again = repair(asked, "hm", reader.again(CLASSES, "no class"))
            found[f"{name}: again"] = again[-2:]
    return found


def test_prompts_schemas_repairs_and_keys_are_those_of_before_there_were_kinds() -> None:
    before = json.loads(Path(__file__).with_name("asked_before.json").read_text())
    now = {
        name: asked
        if isinstance(asked, str)
        else hashlib.sha256(json.dumps(asked, ensure_ascii=False).encode()).hexdigest()[:16]
        for name, asked in every_question().items()
    }
    assert now == before
