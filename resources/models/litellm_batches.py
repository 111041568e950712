"""Providers' batch endpoints through LiteLLM: hand in a file of requests, fetch a file of answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from labeling.llm.providers.transport import MAYBE_CHARGED, Fault, Reply, Request, TransportError
from labeling.llm.waiting import BatchState
from resources.models.litellm_faults import clean, read_fault
from resources.models.litellm_module import litellm_module
from resources.models.litellm_transport import LiteLlmTransport
from resources.models.replies.batch_standing import batch_of, read_standing
from resources.models.replies.completions import read_completion
from resources.models.replies.usage_counts import count, usage_of

ENDPOINT = "/v1/chat/completions"
WINDOW = "24h"
OPENAI_FORM = ("openai", "hosted_vllm", "litellm_proxy")
"""Whose answers are read as they came: LiteLLM refuses them for one word or field that is not OpenAI's."""

TIMEOUT_S = 600.0

LATE_S = 3600.0
"""Results of a finished batch may come so much later than it says it is finished, in seconds."""

MARK = "touchstone"
"""Under this name the provider keeps our mark with a batch."""

PAGE, LATEST = 100, 1000
"""Batches in one answer of the provider, and how many are looked through for a mark."""

REFUSED = {401: Fault.UNAUTHORIZED, 403: Fault.UNAUTHORIZED, 404: Fault.UNKNOWN_MODEL}
TRY_AGAIN = (408, 409, 429)


@dataclass(frozen=True, slots=True)
class LiteLlmBatches(LiteLlmTransport):
    """A transport that knows batch endpoints too: those of OpenAI's form, of whatever provider."""

    async def submit(self, requests: Sequence[tuple[str, Request]], mark: str) -> str:
        """Hand in named requests; see :class:`labeling.llm.waiting.BatchTransport`."""
        model = requests[0][1].model
        lines = [
            {"custom_id": name, "method": "POST", "url": ENDPOINT, "body": self.body(request)}
            for name, request in requests
        ]
        data = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
        file = BytesIO(data)
        file.name = "batch.jsonl"
        try:
            uploaded = await self._ask(
                model, "files.create", "acreate_file", file=file, purpose="batch"
            )
        except TransportError as error:
            # the file holds item text, and nobody knows what of it the message quotes;
            # a file alone costs nothing, whatever became of it
            fault = Fault.UNAVAILABLE if error.fault in MAYBE_CHARGED else error.fault
            raise TransportError(fault, "the file of questions was not taken") from None
        try:
            batch = await self._ask(
                model,
                "batches.create",
                "acreate_batch",
                completion_window=WINDOW,
                endpoint=ENDPOINT,
                input_file_id=_id(uploaded),
                metadata={MARK: mark},
            )
        except TransportError as error:
            if error.fault is Fault.UNAVAILABLE:
                raise TransportError(Fault.DROPPED, error.message) from None
            raise
        return _id(batch)

    async def poll(self, batch: str, model: str) -> BatchState:
        """Ask how a batch stands; partial results of one that expired are results."""
        told = await self._ask(model, "batches.retrieve", "aretrieve_batch", batch_id=batch)
        found = read_standing(told)
        if found.stands == "at work" or (found.stands == "unknown" and not found.overdue):
            return BatchState(running=True, why=self._strange(found.word, found.stands))
        results: list[tuple[str, Reply | TransportError]] = []
        garbled, there = found.stands == "unknown", 0
        for number, file in enumerate(found.files):
            if file:
                content = await self._call(model, "afile_content", file_id=file)
                lines = [line for line in content.text.split("\n") if line.strip()]
                there += len(lines) if number == 0 else 0
                for line in lines:
                    try:
                        results.append(_read(json.loads(line)))
                    except (ValueError, KeyError, TypeError, AttributeError):
                        garbled = True  # an answer that was paid for, and whose nobody knows
        if found.done > there:  # not there yet, or cut off on the way
            if found.since_s < LATE_S:
                return BatchState(running=True)
            garbled = True
        missing = Fault.GARBLED if garbled else Fault.TIMED_OUT
        if found.stands in ("completed", "expired"):
            return BatchState(running=False, results=results, missing=missing)
        why = ": ".join(part for part in (found.word, ", ".join(found.codes)) if part)
        return BatchState(
            running=False,
            results=results,
            missing=Fault.GARBLED if garbled else Fault.UNAVAILABLE,
            why=clean(why, (), self.api_key),
        )

    async def find(self, mark: str, model: str) -> str | None:
        """Return the batch that was handed in with ``mark``, among the latest thousand."""
        after, seen = None, 0
        while seen < LATEST:
            listed = await self._call(model, "alist_batches", after=after, limit=PAGE)
            page = listed.data or []
            for batch in page:
                if (batch.metadata or {}).get(MARK) == mark:
                    return str(batch.id)
            # pages may be shorter than was asked for
            if not page or not getattr(listed, "has_more", len(page) == PAGE):
                break
            after, seen = page[-1].id, seen + len(page)
        return None

    def body(self, request: Request) -> dict[str, Any]:
        """Return a request as OpenAI's API takes it, without what concerns this connection only."""
        arguments = self.arguments(request)
        ours = ("timeout", "max_retries", "num_retries", "api_base", "api_key")
        kept = {k: v for k, v in arguments.items() if k not in ours}
        _, name = self._provider(request.model)
        return {"model": name, "messages": list(request.messages), **kept}

    def _provider(self, model: str) -> tuple[str, str]:
        """Return whose model it is, as LiteLLM names providers, and how the provider calls it."""
        try:
            name, provider, *_ = litellm_module().get_llm_provider(model, api_base=self.api_base)
        except Exception as error:  # noqa: BLE001  LiteLLM raises some forty kinds
            raise read_fault(error, (), self.api_key) from None
        return str(provider), str(name)

    def _strange(self, word: str, stands: str) -> str:
        if stands != "unknown":
            return ""
        shown = clean(repr(word[:40]), (), self.api_key)
        return (
            f"the provider says that it stands at {shown}, which is not known here; it is asked again "
            "until a day after it was handed in, and read then as it is. If it has ended, look at it "
            "on the provider's pages"
        )

    async def _ask(self, model: str, ours: str, theirs: str, **arguments: Any) -> dict[str, Any]:
        """Send once; return the provider's answer as it came where it has OpenAI's form."""
        provider, _ = self._provider(model)
        if provider not in OPENAI_FORM:
            # its client would hand a batch in anew
            once = {"max_retries": 0} if theirs == "acreate_batch" else {}
            return dict((await self._call(model, theirs, **arguments, **once)).model_dump())
        litellm_module()
        from litellm.batches.main import openai_batches_instance
        from litellm.llms.openai.common_utils import get_openai_credentials

        try:
            known = get_openai_credentials(api_base=self.api_base, api_key=self.api_key)
            client: Any = openai_batches_instance.get_openai_client(
                api_key=known.api_key,
                api_base=known.api_base,
                organization=known.organization,
                timeout=TIMEOUT_S,
                max_retries=0,
                _is_async=True,
            )
            group, verb = ours.split(".")
            async with client:
                function = getattr(getattr(client, group).with_raw_response, verb)
                told: Any = json.loads((await function(**arguments)).content)
        except Exception as error:  # noqa: BLE001  clients raise some forty kinds
            raise read_fault(error, (), self.api_key) from None
        if not isinstance(told, dict):
            raise TransportError(Fault.GARBLED, "an answer that is no object")
        return told

    async def _call(self, model: str, name: str, **arguments: Any) -> Any:
        provider, _ = self._provider(model)
        if self.api_base is not None:
            arguments["api_base"] = self.api_base
        if self.api_key is not None:
            arguments["api_key"] = self.api_key
        try:
            function = getattr(litellm_module(), name)
            return await function(custom_llm_provider=provider, **arguments)
        except Exception as error:  # noqa: BLE001  LiteLLM raises some forty kinds
            raise read_fault(error, (), self.api_key) from None


def _id(told: dict[str, Any]) -> str:
    name = batch_of(told).get("id")
    if not name:
        raise TransportError(Fault.GARBLED, "an answer without an id")
    return str(name)


def _read(line: dict[str, Any]) -> tuple[str, Reply | TransportError]:
    name, response = line["custom_id"], line.get("response") or {}
    if not isinstance(name, str):
        raise TypeError(name)
    status, body = count(response, "status_code"), response.get("body") or {}
    if status == 200 or body.get("choices"):
        try:
            return name, read_completion(body)
        except TransportError as error:
            return name, error
    told = line.get("error") or body.get("error") or {}
    code = str(told.get("code") or "")
    fault = _line_fault(status, code)
    return name, TransportError(fault, f"the batch says {code or status}", usage=usage_of(body))


def _line_fault(status: int | None, code: str) -> Fault:
    """Sort what became of one request of a batch."""
    if code == "batch_expired":
        return Fault.TIMED_OUT
    if code == "content_filter":
        return Fault.FILTERED
    if code == "context_length_exceeded":
        return Fault.TOO_LONG
    if status is None or status >= 500 or status in TRY_AGAIN:
        return Fault.UNAVAILABLE
    return REFUSED.get(status, Fault.REJECTED)
