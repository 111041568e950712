"""LiteLLM, whose import takes seconds, is imported where something is sent, and nowhere else."""

import subprocess
import sys

from resources.models.listed_prices import price_table
from resources.models.litellm_module import litellm_module
from tests.fakes.provider.server import FakeProvider
from tests.resources.models.conftest import prompt, table

AGAIN = """
import sys
from pathlib import Path
import pyarrow as pa
from labeling.kinds.classes import ClassSpec
from labeling.llm.ledger.caps import Budget
from labeling.llm.labelling import label_batch
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.quote import quote_batch
from resources.models.litellm_transport import LiteLlmTransport
from tests.resources.models.conftest import CLASSES, TEXT, prompt, table

asked = [prompt(model="openai/gpt-4o-mini", price="")]
transport = LiteLlmTransport("http://127.0.0.1:9/v1", "k")
with Ledger(Path(sys.argv[1])) as ledger:
    (quote,) = quote_batch(table(5), asked, CLASSES, transport, ledger)
    result = label_batch(table(5), asked, CLASSES, transport, ledger, run="r", budget=Budget(1, 1, 1))
print(quote.calls, quote.worst_usd, result.votes.num_rows, "litellm" in sys.modules)
"""


def test_a_second_run_imports_no_litellm(bench):

    with FakeProvider(lambda _: "HAM") as provider:
        first = bench.ask(provider, table(5), [prompt(model="openai/gpt-4o-mini", price="")])
    assert first.votes.num_rows == 5
    told = subprocess.run(
        [sys.executable, "-c", AGAIN, str(bench.ledger.place)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["0", "0.0", "5", "False"]


def test_the_table_of_prices_is_litellms():
    known = litellm_module().model_cost
    read = price_table()
    assert len(known) > 1000
    here = {
        name for name in known if name.startswith("hosted_vllm/")
    }  # simulated ones of other tests
    assert [name for name in known if known[name] != read.get(name) and name not in here] == []
