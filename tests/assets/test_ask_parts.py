"""Models are asked about a batch in parts as about the whole of it."""

from dataclasses import replace

import pyarrow as pa
import pytest
import yaml

from assets.votes.ask_parts import AskPart, ask_in_parts
from cli.new.new import create
from labeling.llm.labelling import label_batch
from labeling.llm.ledger.opening import open_ledger
from labeling.llm.prompts.settings import Paces
from resources.engines.in_process import InProcess
from resources.models.task_models import classes_of, prompts_of, transport_of
from resources.task.task import Task, load_task
from tests.fakes.provider.server import FakeProvider, last_text

N = 40
ITEMS = pa.table(
    {
        "item_id": [f"m{n:02d}" for n in range(N)],
        "text": [f"{n % 25} {'glad' if n % 3 else 'what'}" for n in range(N)],
    }
)
UNDECIDED = [f"m{n:02d}" for n in range(0, N, 4)]
PROMPT = "---\nmodel: any\nprice: {input: 1, output: 2}\noutput: {format: text, confidence: none}\n"


@pytest.fixture
def letters(tmp_path, monkeypatch):
    """A task with a prompt for all items and one for those that rules leave undecided."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-parts")
    with FakeProvider(lambda body: "praise" if "glad" in last_text(body) else "") as provider:

        def letters(name: str) -> Task:
            folder = create(tmp_path / name, "letters")
            spec = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
            model = {"model": "openai/fake", "api_base": provider.url}
            spec["models"] = {**model, "prompts": ["prompts/*.md"]}
            (folder / "task.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
            (folder / "prompts" / "classify.md").write_text(f"{PROMPT}---\nSort these.")
            (folder / "prompts" / "again.md").write_text(f"{PROMPT}ask: undecided\n---\nAnd these.")
            task = load_task(folder)
            scale = task.spec.scale.model_copy(update={"items_a_part": 15})
            return replace(task, spec=task.spec.model_copy(update={"scale": scale}))

        yield letters, provider


def test_parts_bring_the_votes_and_the_counts_of_the_whole(letters, tmp_path):
    make, provider = letters
    whole, parts = make("whole"), make("parts")
    with transport_of(whole) as transport, open_ledger(whole.ledger) as ledger:
        once = label_batch(
            ITEMS,
            prompts_of(whole),
            classes_of(whole),
            transport,
            ledger,
            run="r",
            pace=Paces(),
            undecided=UNDECIDED,
        )
    asked = len(provider.charged)
    told: list[str] = []
    work = AskPart(parts, prompts_of(parts), "b", "r", tmp_path)
    with InProcess() as engine:
        said = ask_in_parts(engine, work, ITEMS, UNDECIDED, told.append)
    assert len(provider.charged) == 2 * asked, "a text that stands in two parts is paid for once"
    for name in ("votes", "abstentions"):
        one, other = (sorted(map(repr, getattr(votes, name).to_pylist())) for votes in (once, said))
        assert one == other, name
        assert one
    assert set(said.by_voter) == set(once.by_voter)
    for voter, tally in once.by_voter.items():
        mine = said.by_voter[voter]
        assert mine.calls == tally.calls
        assert mine.parse_failures == tally.parse_failures
        assert mine.cost_usd == pytest.approx(tally.cost_usd)
    assert said.by_voter["llm/again"].spared > 0
    assert told[0].startswith("models: 3 parts of the batch are asked about by this process")
    assert told[-1].startswith("models: 3 of 3 parts of the batch, $")
