"""Several prompts and models as voters of one task: put together, and put in order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from labeling.errors import PromptError
from labeling.kinds.asking import Form
from labeling.kinds.classes import ClassSpec
from labeling.kinds.kind import AnswerError
from labeling.llm.asking import ATTEMPTS, Asker
from labeling.llm.backend import Backend
from labeling.llm.former import Former
from labeling.llm.ledger.behaviour import manners_of, seen_of
from labeling.llm.ledger.budget import Purse
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.ledger.opening import open_pacer
from labeling.llm.ledger.rests import breaker_of
from labeling.llm.prompts.asked import STUDENT, Guaranteed, Unsure
from labeling.llm.prompts.pool import ExamplePool
from labeling.llm.prompts.prompt import Prompt
from labeling.llm.prompts.settings import Pace, Paces, Prices
from labeling.llm.prompts.shortlist import Shortlist
from labeling.llm.providers.breaker import Breaker
from labeling.llm.providers.price import Price
from labeling.llm.providers.tally import Tally
from labeling.llm.providers.transport import Transport
from labeling.llm.voter import Voter

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Desk:
    """What all voters of one run share."""

    transport: Transport
    ledger: Ledger
    run: str
    budget: Budget
    pace: Paces
    classes: tuple[ClassSpec, ...]
    examples: ExamplePool | None = None
    image_folder: Path | None = None
    salt: str = ""
    attempts: int | None = None
    account: str = ""
    former: Sequence[Former] = ()


def assemble(desk: Desk, prompts: Sequence[Prompt], purse: Purse) -> dict[str, Voter]:
    """Make a voter of each prompt; prompts on the same model share its pace and its breaker.

    Raises
    ------
    PromptError
        If two prompts are the same, one describes what is no class, an example says what no answer may, or a price is unknown where there
        is a budget to be held.
    """
    check_prompts(prompts, desk.classes)
    models = {m for p in prompts for m in (p.model, *p.settings.fallbacks)}
    # a simulation knows nothing of what the provider before it asked for
    breakers = {
        m: Breaker(m) if desk.transport.simulated else breaker_of(m, desk.ledger) for m in models
    }
    paces = {m: desk.pace.of(m, _wanted(m, prompts)) for m in breakers}
    pacers = {m: open_pacer(desk.ledger, m, p) for m, p in paces.items()}
    kind = "simulated" if desk.transport.simulated else "llm"
    seen = {m: seen_of(m, desk.ledger) for m in breakers}
    manners = {m: manners_of(m, desk.ledger) for m in breakers}
    voters: dict[str, Voter] = {}
    for prompt in prompts:
        settings = prompt.settings
        tally = Tally()
        backends: list[Backend] = []
        for model in (prompt.model, *settings.fallbacks):
            own = replace(prompt, model=model)
            asker = Asker(
                desk.transport,
                desk.ledger,
                purse,
                pacers[model],
                breakers[model],
                tally,
                desk.run,
                price_of(own, desk.transport, desk.budget),
                desk.attempts or ATTEMPTS,
                desk.account,
                seen[model],
                manners[model],
            )
            plain = Form(
                reasoning=settings.output.reasoning, stated=settings.output.confidence == "stated"
            )
            backends.append(Backend(own, own.version(desk.classes), asker, plain))
        shortened = settings.shortlist is not None and settings.shortlist < len(desk.classes)
        voters[prompt.name] = Voter(
            name=f"{kind}/{prompt.name}",
            backends=backends,
            classes=prompt.described(desk.classes),
            reader=prompt.kind.reader(desk.classes),
            ledger=desk.ledger,
            tally=tally,
            concurrency=paces[prompt.model].concurrency,
            pool=desk.examples,
            shortlist=Shortlist(
                prompt.described(desk.classes), settings.shortlist or 2, desk.examples
            )
            if shortened
            else None,
            folder=desk.image_folder,
            salt=desk.salt,
            former=desk.former,
        )
    return voters


def price_of(prompt: Prompt, transport: Transport, budget: Budget) -> Price:
    """Return what a prompt's model costs a token.

    Raises
    ------
    PromptError
        If nobody knows and there is a budget to be held.
    """
    if prompt.settings.price is not None:
        return as_price(prompt.settings.price)
    price = transport.price(prompt.model)
    if price is None and budget.capped():
        raise PromptError(
            f"prompt {prompt.name!r}: nobody knows what {prompt.model} costs, so no budget can be "
            "held; add `price: {input: 0.15, output: 0.60}` (US dollars a million tokens; 0 for a "
            f"model of your own) to the front matter, or `prices: {{{prompt.model}: {{input: 0.15, output: "
            "0.60}}` under models in task.yaml"
        )
    return price or Price()


def as_price(told: Prices) -> Price:
    """Return what somebody said of a million tokens as the price of one.

    Examples
    --------
    >>> as_price(Prices(input=0.5, output=2)).output_usd
    2e-06
    """
    cached = None if told.cached_input is None else told.cached_input / MILLION
    return Price(told.input / MILLION, told.output / MILLION, cached)


def in_order(prompts: Sequence[Prompt]) -> list[Prompt]:
    """Put each step of a cascade behind the prompt it waits for; a step with a guarantee is the last.

    Raises
    ------
    PromptError
        If a step waits for a prompt that is not there, or for itself in the end, or if what has a
        guarantee is not the only one, or others wait for it.
    """
    by_name = {prompt.name: prompt for prompt in prompts}
    ordered: list[Prompt] = []
    last = guaranteed(prompts)

    def place(prompt: Prompt, waiting: tuple[str, ...]) -> None:
        ask = prompt.settings.ask
        if prompt in ordered:
            return
        first = waits_for(prompt)
        if isinstance(ask, Guaranteed) and ask.after == STUDENT and STUDENT in by_name:
            raise PromptError(
                f"prompt {prompt.name!r} is asked after the student of the task, and a prompt is called "
                f"{STUDENT!r}, too; rename the file of that one"
            )
        if first is not None:
            if first not in by_name or first in (*waiting, prompt.name):
                raise PromptError(
                    f"prompt {prompt.name!r} is asked after {first!r}, which is not among "
                    f"{', '.join(sorted(set(by_name) - {prompt.name})) or 'other prompts'}, "
                    f"or waits for it in turn{_of_student(first)}"
                )
            if last is not None and first == last.name:
                raise PromptError(
                    f"prompt {prompt.name!r} is asked after {first!r}, whose guarantee is of what is "
                    "released at the end; nothing can be asked after it"
                )
            place(by_name[first], (*waiting, prompt.name))
        ordered.append(prompt)

    for prompt in prompts:
        if prompt is not last:
            place(prompt, ())
    if last is not None:
        place(last, ())
    return ordered


def waits_for(prompt: Prompt) -> str | None:
    """Return the name of the prompt that is asked before this one; ``None`` where none is named."""
    ask = prompt.settings.ask
    if isinstance(ask, Guaranteed) and ask.after == STUDENT:
        return None
    return ask.after if isinstance(ask, (Unsure, Guaranteed)) else None


def _of_student(name: str) -> str:
    known = "; the task's student answers before a prompt with a `guarantee` alone"
    return known if name == STUDENT else ""


def up_to(prompts: Sequence[Prompt], name: str) -> list[Prompt]:
    """Return a prompt and those that are asked before it, the first one first.

    Raises
    ------
    KeyError
        If it is not among them; :func:`in_order` tells of that.
    """
    by_name = {prompt.name: prompt for prompt in prompts}
    found = [by_name[name]]
    while (before := waits_for(found[0])) is not None:
        found.insert(0, by_name[before])
    return found


def guaranteed(prompts: Sequence[Prompt]) -> Prompt | None:
    """Return the prompt whose front matter gives a guarantee; ``None`` where none does.

    Raises
    ------
    PromptError
        If several do.
    """
    found = [prompt for prompt in prompts if isinstance(prompt.settings.ask, Guaranteed)]
    if len(found) > 1:
        raise PromptError(
            f"prompts {', '.join(repr(one.name) for one in found)} each give a guarantee, and an item has "
            "one label: leave it with one of them (a list of models makes several prompts)"
        )
    return found[0] if found else None


def _wanted(model: str, prompts: Sequence[Prompt]) -> list[Pace]:
    """Return what prompts say of the pace of their own model; a fallback is another's matter."""
    paces = (p.settings.pace for p in prompts if p.model == model)
    return [pace for pace in paces if pace is not None]


def check_prompts(prompts: Sequence[Prompt], classes: Sequence[ClassSpec]) -> None:
    """Refuse prompts that cannot stand beside each other, or not with these classes.

    Raises
    ------
    PromptError
        Naming the prompt, and what to do.
    """
    names: dict[str, str] = {}
    versions: dict[str, str] = {}
    known = [c.name for c in classes]
    for prompt in prompts:
        version = prompt.version(classes)
        if prompt.name in names:
            raise PromptError(f"two prompts are called {prompt.name!r}; rename a file")
        if version in versions:
            raise PromptError(
                f"prompts {versions[version]!r} and {prompt.name!r} ask the same of the same "
                "model; it would count as two voters: change one or take it out"
            )
        names[prompt.name], versions[version] = version, prompt.name
        if prompt.settings.shortlist and len(prompt.kind.questions(known)) > 1:
            raise PromptError(
                f"prompt {prompt.name!r}: shortlist shows some of the classes, and an answer of several "
                "classes denies those that it does not name; take shortlist out"
            )
        strangers = sorted(set(prompt.settings.descriptions) - set(known))
        if strangers:
            raise PromptError(
                f"prompt {prompt.name!r}, descriptions: {strangers[0]!r} is no class; allowed: "
                f"{', '.join(known)}"
            )
        for example in prompt.settings.examples.items:
            try:
                answer = prompt.kind.checked(example.label, known)
            except AnswerError as error:
                raise PromptError(f"prompt {prompt.name!r}, examples: {error}") from None
            misfit = prompt.kind.misfit(answer, example.text)
            if misfit:
                raise PromptError(f"prompt {prompt.name!r}, examples: {misfit}")
