"""LiteLLM itself, imported by whoever needs it first: it takes seconds, and it is to be quiet."""

import logging
import warnings
from functools import cache
from typing import Any

from resources.environment import prepare

QUOTING = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "openai", "httpx", "httpcore")
"""Loggers whose messages quote requests, item text and keys among them, some at DEBUG only."""


@cache
def litellm_module() -> Any:
    """Import LiteLLM, quiet and without telemetry."""
    prepare()
    import litellm as module

    litellm: Any = module

    litellm.suppress_debug_info = True
    litellm.telemetry = False
    litellm.drop_params = False
    # the client warns of odd fields and quotes them, which is to say the answer
    warnings.filterwarnings("ignore", "Pydantic serializer warnings", UserWarning)
    for name in QUOTING:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return litellm
