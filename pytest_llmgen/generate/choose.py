"""Which generator a run uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.rules import read_rules
from pytest_llmgen.generate.batch import BatchGenerator, Polling
from pytest_llmgen.generate.budget import Budget
from pytest_llmgen.generate.credentials import has_credentials
from pytest_llmgen.generate.dry import FOLDER, DryRun
from pytest_llmgen.generate.faults import Patience
from pytest_llmgen.generate.journal import REPLIES, Journal
from pytest_llmgen.generate.model import ModelGenerator
from pytest_llmgen.generate.prices import Usage, in_batches, pricer
from pytest_llmgen.generate.replay import ReplayGenerator
from pytest_llmgen.generate.requests import Writer
from pytest_llmgen.prompt import literals_in, private
from pytest_llmgen.records import Assignment, Generator, Module, Origin, Prober, Reply
from pytest_llmgen.settings import Settings


@dataclass(frozen=True, slots=True)
class Fallback:
    """A generator that stands in for another one, and says why in its label."""

    inner: Generator
    why: str

    @property
    def origin(self) -> Origin:
        """Who writes."""
        return self.inner.origin

    @property
    def label(self) -> str:
        """For the header."""
        return f"{self.inner.label} ({self.why})"

    def announce(self, assignments: Sequence[Assignment]) -> str:
        """What the generator that stands in says."""
        return self.inner.announce(assignments)

    def generate(self, assignments: Sequence[Assignment]) -> Iterator[Reply]:
        """What the generator that stands in answers."""
        return self.inner.generate(assignments)


def make_generator(
    settings: Settings,
    env: Mapping[str, str],
    prober: Prober,
    *,
    home: Path | None = None,
    user: str = "",
    sources: Iterable[str] = (),
    project: Callable[[], Iterable[Module]] = tuple,
    journal: Journal | None = None,
) -> Generator:
    """The generator that the settings ask for; ``auto`` is the model where there are credentials.

    ``env`` is the process's environment, ``home`` and ``user`` are this person's, kept out of prompts.
    ``sources`` are searched for literals that nobody else should see.
    ``project`` gives all modules of the project.
    ``journal`` is by default the one in the report folder.

    Raises:
        LlmgenError: the model was asked for and there are no credentials, or nothing is recorded to replay.
    """

    def write_requests() -> Writer:
        return _writer(settings, env, home, user, sources)

    journal = journal or Journal(settings.report_path)
    if settings.provider == "replay":
        folder = settings.root / settings.replies if settings.replies else journal.folder / REPLIES
        return ReplayGenerator(folder, write_requests())
    if settings.provider == "offline":
        return make_search(settings, prober, project)
    if settings.dry_run:
        write, folder = write_requests(), journal.folder / FOLDER
        price = pricer(settings.price)
        return DryRun(write, folder, in_batches(price) if settings.batch else price, settings.max_cost)
    if has_credentials(env, home):
        return _model(settings, env, write_requests(), journal)
    if settings.provider == "auto":
        return Fallback(make_search(settings, prober, project), "no credentials for a model")
    raise LlmgenError(
        "no API key",
        fix="set ANTHROPIC_API_KEY (any word for a local server) or use --llm-provider=offline",
        slug="no-credentials",
    )


LANES = 4
"""Searches side by side at most: a quarter of each is spent in this process, where one thread works at a time."""


def warnings_of(generator: Generator) -> tuple[str, ...]:
    """What a person should know of how a generator works, as far as it has come out by now."""
    return tuple(getattr(generator, "warnings", ()))


def make_search(settings: Settings, prober: Prober, project: Callable[[], Iterable[Module]] = tuple) -> Generator:
    """The embedded generator; ``project`` gives all modules of the project."""
    from pytest_llmgen.generate.offline.generator import OfflineGenerator  # noqa: PLC0415 (the lazy seam: loads the search)

    generator: Generator = OfflineGenerator(
        prober,
        seed=settings.seed,
        waits=settings.waits,
        project=project,
        properties=settings.properties,
        lanes=min(settings.processes, LANES),
    )
    return generator


def _writer(settings: Settings, env: Mapping[str, str], home: Path | None, user: str, sources: Iterable[str]) -> Writer:
    folders = [str(settings.root.resolve()), *([str(home)] if home else [])]
    literals = {literal for source in sources for literal in literals_in(source)}
    rules = "\n\n".join(filter(None, [settings.instructions, read_rules(settings.root, settings.instructions_from)]))
    return Writer(settings.model, rules, private(env, folders, [user], literals), settings.model_hard)


def _model(settings: Settings, env: Mapping[str, str], write: Writer, journal: Journal) -> Generator:
    price = pricer(settings.price)
    address = env.get("ANTHROPIC_BASE_URL", "")
    warnings = [_v1_warning(address)] if address.rstrip("/").endswith("/v1") else []
    models = dict.fromkeys(filter(None, [settings.model, settings.model_hard]))
    unpriced = [model for model in models if price(model, Usage()) is None]
    warnings += [_price_warning(model) for model in unpriced if settings.max_cost >= 0]
    budget, server = Budget(settings.max_cost, settings.max_tokens), urlsplit(address).hostname or "anthropic"
    patience = Patience(total=settings.waits.retries, attempt=settings.waits.request)
    if settings.batch:
        polling, cheaper = Polling(total=settings.batch_wait), in_batches(price)
        return BatchGenerator(
            write, journal, budget, cheaper, server=server, polling=polling, patience=patience, warnings=tuple(warnings)
        )
    return ModelGenerator(
        *(write, journal, budget, price, settings.concurrency),
        server=server,
        patience=patience,
        warnings=tuple(warnings),
    )


def _v1_warning(address: str) -> str:
    return f"ANTHROPIC_BASE_URL={address} ends in /v1, which the SDK adds again; leave it out [base-url-v1]"


def _price_warning(model: str) -> str:
    return (
        f"no price is known for {model}, so that --llm-max-cost cannot be kept; set llm_price, install"
        " pytest-llmgen[prices] or give --llm-max-tokens [price-unknown]"
    )
