"""One prompt on one model, ready to vote: asks what is not known, reads it, repairs, settles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labeling.kinds.asking import Parsed, Reader
from labeling.kinds.classes import ClassSpec
from labeling.kinds.thoughts import spoken
from labeling.llm.backend import Backend
from labeling.llm.confidence.confidence import from_samples
from labeling.llm.former import Former
from labeling.llm.ledger.behaviour import runs_in_vain
from labeling.llm.ledger.ledger import Call, Ledger, Stored
from labeling.llm.outcome import AGAIN, FILTERED, MOST_RUNS, Outcome
from labeling.llm.prompts.content import Content
from labeling.llm.prompts.images import load_picture
from labeling.llm.prompts.pool import ExamplePool
from labeling.llm.prompts.rendering import Example, render, repair
from labeling.llm.prompts.shortlist import Shortlist
from labeling.llm.providers.breaker import ProviderDownError
from labeling.llm.providers.manners import larger
from labeling.llm.providers.tally import Tally
from labeling.llm.providers.transport import (
    TRANSIENT,
    Fault,
    Message,
    Reply,
    Request,
    TransportError,
)
from labeling.llm.recall import recall


@dataclass(slots=True)
class Voter:
    """A prompt with everything it needs to vote.

    Parameters
    ----------
    name : str
        ``llm/<prompt>``, or ``simulated/<prompt>``.
    backends : list of Backend
        The model, then its fallbacks.
    classes, reader, ledger, tally
        All classes; who reads answers; what was answered before; what is counted.
    pool, shortlist, folder : optional
        Examples, class shortlist, image folder.
    salt : str
        Sets these answers apart from all earlier ones (the canary); empty to use the ledger.
    former : sequence of Former
        The classes before each change, in the order of time: answers of then still count.
    """

    name: str
    backends: list[Backend]
    classes: tuple[ClassSpec, ...]
    reader: Reader
    ledger: Ledger
    tally: Tally
    concurrency: int = 16
    pool: ExamplePool | None = None
    shortlist: Shortlist | None = None
    folder: Path | None = None
    salt: str = ""
    former: Sequence[Former] = ()
    _known: dict[str, Stored] = field(default_factory=dict)
    _out: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def samples(self) -> int:
        """Answers asked of each item."""
        return self.backends[0].prompt.settings.output.samples

    def recall(self, contents: Sequence[Content]) -> None:
        """Read from the ledger what is known of ``contents``."""
        self._known, self._out = recall(
            self.ledger, self.backends, contents, self.samples, self.salt, self.former
        )

    def is_known(self, content: Content) -> bool:
        """Whether nothing would be sent for ``content``, repairs apart."""
        return bool(content.flaw) or all(
            any(self._holds(backend, content, sample) for backend in self.backends)
            for sample in range(self.samples)
        )

    def missing(self, content: Content) -> list[tuple[str, int]]:
        """Return what nobody was asked about ``content``: keys and numbers of samples.

        What a provider's batch is still to answer is not among it.
        """
        if content.flaw:
            return []
        return [
            (key, sample)
            for sample in range(self.samples)
            if (key := self._key(self.backends[0], content, sample, "ask")) not in self._out
            and not any(self._holds(backend, content, sample) for backend in self.backends)
        ]

    def waits_for(self, content: Content) -> set[str]:
        """Return the provider's batches that are still to answer about ``content``."""
        if not self._out:
            return set()
        keys = (self._key(self.backends[0], content, n, "ask") for n in range(self.samples))
        return {self._out[key] for key in keys if key in self._out}

    async def vote(self, content: Content) -> Outcome:
        """Vote on one content.

        Raises
        ------
        BudgetError, ProviderDownError
            If the run has to stop here.
        """
        version = self.backends[0].version
        if content.flaw:
            return Outcome(None, reason=content.flaw, version=version)
        outcomes = [await self._sample(content, n) for n in range(self.samples)]
        if self.samples == 1:
            return outcomes[0]
        label, confidence = from_samples([o.label for o in outcomes])
        reasons = [o.reason for o in outcomes if o.reason]
        reason = "" if label else (reasons[0] if reasons else "the samples are tied")
        again, failed = any(o.again for o in outcomes), any(o.failed for o in outcomes)
        return Outcome(label, confidence, reason, outcomes[0].version, again, failed)

    async def _sample(self, content: Content, sample: int) -> Outcome:
        known = [backend for backend in self.backends if self._holds(backend, content, sample)]
        backends = known[:1] or self.backends
        for at, backend in enumerate(backends):
            last = at == len(backends) - 1
            try:
                return await self._ask(backend, content, sample)
            except TransportError as error:
                if error.fault is Fault.FILTERED:
                    self.tally.filtered += 1
                    return Outcome(None, reason=FILTERED, version=backend.version)
                if last:
                    self.tally.failed += 1
                    keys = [self._key(backend, content, sample, kind) for kind in ("ask", "repair")]
                    again = error.fault in TRANSIENT and runs_in_vain(self.ledger, keys) < MOST_RUNS
                    reason = f"{error}{AGAIN if again else ''}"
                    return Outcome(None, None, reason, backend.version, again, failed=True)
            except ProviderDownError as error:
                if last:
                    raise
                note = f"fell back from {backend.prompt.model}: {error}"
                if note not in self.tally.notes:
                    self.tally.notes.append(note)
        raise AssertionError("a voter has at least one backend")

    async def _ask(self, backend: Backend, content: Content, sample: int) -> Outcome:
        known = self._known.get(self._key(backend, content, sample, "ask"))
        messages: tuple[Message, ...] = ()
        room = backend.prompt.room
        if known is None:
            room, messages = backend.room, self.messages(backend, content)
            request = self.request(backend, content, "ask", messages)
            reply = await self._send(backend, content, sample, "ask", request)
        else:
            self.tally.cached += 1
            if known.filtered:
                self.tally.filtered += 1
                return Outcome(None, reason=FILTERED, version=backend.version)
            if known.said is not None:
                return Outcome(*known.said, version=backend.version)
            reply = known.reply
        parsed = self._read(reply, content)
        if parsed.label is None and not parsed.refused:
            parsed, reply = await self._repair(
                backend, content, sample, messages, reply, parsed, room
            )
        if parsed.label is None:
            self.tally.refusals += parsed.refused
            self.tally.parse_failures += not parsed.refused
            return Outcome(None, reason=parsed.reason, version=backend.version)
        states = self.backends[0].prompt.settings.output.confidence == "stated"
        confidence = parsed.confidence if states else None
        if reply.tokens:
            kind = backend.prompt.kind
            confidence = kind.confidence(reply.tokens, parsed.label, self.classes)
        return Outcome(parsed.label, confidence, version=backend.version)

    async def _repair(
        self,
        backend: Backend,
        content: Content,
        sample: int,
        messages: tuple[Message, ...],
        reply: Reply,
        parsed: Parsed,
        room: int,
    ) -> tuple[Parsed, Reply]:
        """Ask once more: for the label alone, or the same with room where nothing was said in it.

        A second answer that cannot be read either ends in abstention.
        """
        known = self._known.get(self._key(backend, content, sample, "repair"))
        if known is None:
            asked = messages or self.messages(backend, content)
            unsaid = parsed.cut and (backend.form.reasoning or not spoken(reply.text))
            if not unsaid:
                question = self.reader.again(self._in_play(content), parsed.reason)
                asked = repair(asked, reply.text, question)
            if parsed.cut:
                room = max(backend.room, larger(room))
            request = self.request(backend, content, "ask" if unsaid else "repair", asked, room)
            self.tally.repairs += 1
            try:
                again = await self._send(backend, content, sample, "repair", request)
            except TransportError:
                return parsed, reply
            if unsaid:
                self.tally.advise(backend.give_room(room, enough=again.finish_reason != "length"))
        elif known.said is not None:
            return Parsed(known.said[0], confidence=known.said[1]), Reply("")
        else:
            again = known.reply
        second = self._read(again, content)
        return (second, again) if second.label or second.refused else (parsed, reply)

    def _read(self, reply: Reply, content: Content) -> Parsed:
        return self.reader.read(reply.text, reply.refusal, reply.finish_reason, content.text)

    def request(
        self,
        backend: Backend,
        content: Content,
        kind: str,
        messages: tuple[Message, ...],
        room: int | None = None,
    ) -> Request:
        """Return what is sent to ask ``messages`` about ``content``, with ``room`` tokens for it."""
        structured = backend.form.json and kind == "ask"
        classes = self._in_play(content) if structured else ()
        schema = backend.prompt.kind.schema(backend.form, classes) if structured else None
        return Request(
            model=backend.prompt.model,
            messages=messages,
            parameters=backend.parameters(room),
            schema=schema,
            logprobs=backend.form.logprobs,
            timeout_s=backend.prompt.settings.timeout_s,
        )

    def call(self, backend: Backend, content: Content, sample: int, kind: str) -> Call:
        """Return what the ledger writes of a request."""
        return Call(
            key=self._key(backend, content, sample, kind),
            kind=self.salt.partition("/")[0] or kind,
            voter=self.name,
            version=backend.version,
            model=backend.prompt.model,
            item=content.digest,
            parameters=backend.parameters(),
        )

    async def _send(
        self, backend: Backend, content: Content, sample: int, kind: str, request: Request
    ) -> Reply:
        reply = await backend.asker.ask(self.call(backend, content, sample, kind), request)
        if reply.finish_reason == "content_filter":
            raise TransportError(Fault.FILTERED)
        return reply

    def messages(self, backend: Backend, content: Content) -> tuple[Message, ...]:
        """Return the chat that asks about ``content``."""
        classes = self._in_play(content)
        how = backend.prompt.settings.examples
        if how.choose == "fixed":
            examples = [Example(e.text, e.label) for e in how.items if e.text != content.text]
        elif how.choose != "none" and self.pool is not None:
            examples = self.pool.choose(how, content.text, content.items, classes)
        else:
            examples = []
        url = load_picture(content.image, self.folder).url if content.image else None
        return render(backend.prompt, classes, backend.form, content.text, examples, url)

    def _in_play(self, content: Content) -> tuple[ClassSpec, ...]:
        # a picture without words is like no class more than like another
        told = bool(content.text.strip()) or content.image is None
        return self.shortlist.of(content.text) if self.shortlist and told else self.classes

    def _holds(self, backend: Backend, content: Content, sample: int) -> bool:
        """Whether an answer is known that this voter gives.

        What its fallback told another voter is none of its own: it has not asked its model yet.
        """
        known = self._known.get(self._key(backend, content, sample, "ask"))
        return known is not None and (backend is self.backends[0] or known.voter == self.name)

    def _key(self, backend: Backend, content: Content, sample: int, kind: str) -> str:
        return backend.key(content.digest, sample, kind, self.salt)
