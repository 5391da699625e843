"""Records to messages for a model."""

from pytest_llmgen.prompt.messages import PROMPT_VERSION, Messages
from pytest_llmgen.prompt.redact import Private, literals_in, private, redact
from pytest_llmgen.prompt.render import PROMPT_TOKENS, is_blind, render

__all__ = [
    "PROMPT_TOKENS",
    "PROMPT_VERSION",
    "Messages",
    "Private",
    "is_blind",
    "literals_in",
    "private",
    "redact",
    "render",
]
