"""Find out what a model can do before money is spent on items.

A probe asks about no item and costs a few tokens, once for each model; what it finds stays in the
ledger. So a confidence that a provider cannot give is an error before the first item, not after
the last.
"""

import json
from collections.abc import Sequence

from labeling.errors import PromptError
from labeling.kinds.asking import Form
from labeling.kinds.classes import ClassSpec
from labeling.kinds.thoughts import spoken
from labeling.llm.asking import Asker
from labeling.llm.ledger.behaviour import ability, remember_ability
from labeling.llm.ledger.ledger import Call, Ledger
from labeling.llm.ledger.rows import content_key
from labeling.llm.prompts.prompt import Prompt
from labeling.llm.providers.manners import larger
from labeling.llm.providers.room import with_room
from labeling.llm.providers.transport import Fault, Reply, Request, TransportError

PROBE_TOKENS = 64


async def discover(
    voter: str, prompt: Prompt, classes: Sequence[ClassSpec], asker: Asker, ledger: Ledger
) -> Form:
    """Settle the form of a prompt's answers, asking the model what it can do if nobody knows.

    The probe is booked on ``voter``, the first that needs to know.

    Raises
    ------
    PromptError
        If the prompt insists on what the model does not do.
    """
    output = prompt.settings.output
    wants_json = output.format != "text"
    weighs = prompt.kind.weighs_tokens
    if output.confidence == "logprobs" and not weighs:
        raise PromptError(
            f"prompt {prompt.name!r} wants output.confidence: logprobs, but a list can be "
            "written in many ways, and log-probabilities are of one; use stated, samples, or auto to "
            "do without. Nothing was spent on items"
        )
    wants_logprobs = weighs and output.confidence in ("auto", "logprobs")
    declared = asker.transport.capabilities(prompt.model)
    known = ability(prompt.model, ledger)
    tries_json = wants_json and declared.structured is not False
    tries_logprobs = wants_logprobs and declared.logprobs is not False
    if known is None and (tries_json or tries_logprobs):
        known, sure = await _probe(voter, prompt, classes, asker, tries_json, tries_logprobs)
        if sure:
            remember_ability(prompt.model, ledger, structured=known[0], logprobs=known[1])
    structured, logprobs = known or (False, False)
    if output.format == "json" and not (structured and declared.structured is not False):
        raise PromptError(
            f"prompt {prompt.name!r} wants output.format: json, but {prompt.model} gives no "
            "structured output; use auto, or text"
        )
    if output.confidence == "logprobs" and not (logprobs and tries_logprobs):
        raise PromptError(
            f"prompt {prompt.name!r} wants output.confidence: logprobs, but {prompt.model} gives "
            "no log-probabilities; use stated, samples, or auto to do without. Nothing was spent "
            "on items"
        )
    notes: list[str] = []
    if output.confidence == "auto" and not weighs:
        notes.append("lists carry no confidence; output.confidence: stated asks for one")
    elif output.confidence == "auto" and not logprobs:
        notes.append(f"{prompt.model} gives no log-probabilities: its votes carry no confidence")
    return Form(
        json=wants_json and structured and tries_json,
        reasoning=output.reasoning,
        stated=output.confidence == "stated",
        logprobs=wants_logprobs and logprobs and tries_logprobs,
        notes=tuple(notes),
    )


async def _probe(
    voter: str,
    prompt: Prompt,
    classes: Sequence[ClassSpec],
    asker: Asker,
    structured: bool,
    logprobs: bool,
) -> tuple[tuple[bool, bool], bool]:
    """Try both at once, then one by one where the provider refuses the combination.

    Returns what was found, and whether that is certain. A model that rejects a question that asks
    for neither as well says nothing of what it can do.
    """
    tries = [(structured, logprobs), (False, logprobs), (structured, False)]
    found_json = found_logprobs = taken = False
    sure = True
    for with_json, with_logprobs in dict.fromkeys(t for t in tries if any(t)):
        try:
            reply = await _test(voter, prompt, classes, asker, with_json, with_logprobs)
        except TransportError as error:
            if error.fault is not Fault.REJECTED:
                raise
            continue
        taken = True
        if reply.finish_reason == "content_filter":  # says nothing of the model
            sure = False
            continue
        found_logprobs = found_logprobs or (with_logprobs and bool(reply.tokens))
        if with_json and reply.finish_reason == "length":
            found_json, sure = True, False  # it took the schema, and had no room to show more
        else:
            found_json = found_json or (with_json and _is_json(reply))
        if (with_json, with_logprobs) == tries[0]:
            break
    if not taken:
        await _test(voter, prompt, classes, asker, with_json=False, with_logprobs=False)
    return (found_json, found_logprobs), sure


async def _test(
    voter: str,
    prompt: Prompt,
    classes: Sequence[ClassSpec],
    asker: Asker,
    with_json: bool,
    with_logprobs: bool,
) -> Reply:
    """Ask about no item; once more with more room where the answer was cut."""
    form = Form(json=with_json)
    question = f"This is a test of the connection.\n{prompt.kind.instruction(form, classes)}"
    room = max(PROBE_TOKENS, prompt.room)
    for tokens in (room, larger(room)):
        request = Request(
            model=prompt.model,
            messages=({"role": "user", "content": question},),
            parameters=with_room(prompt.settings.parameters, tokens),
            schema=prompt.kind.schema(form, classes) if with_json else None,
            logprobs=with_logprobs,
            timeout_s=prompt.settings.timeout_s,
        )
        parts = ("probe", prompt.model, asker.run, int(with_json), int(with_logprobs))
        key = content_key(*parts) if tokens == room else content_key(*parts, tokens)
        call = Call(key, "probe", voter, "", prompt.model, "", request.parameters)
        known = asker.ledger.answers([key]).get(key)  # another prompt of the run, or another batch
        reply = known.reply if known else await asker.ask(call, request)
        if reply.finish_reason != "length" or _is_json(reply):
            break
    return reply


def _is_json(reply: Reply) -> bool:
    try:
        return isinstance(json.loads(spoken(reply.text) or ""), dict)
    except ValueError:
        return False
