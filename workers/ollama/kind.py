"""What the `ollama` kind of worker offers: one process that has many calls wait for model servers at once."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import msgspec

from protocol.models.budget import MODEL_USED, Budget, Usage
from protocol.models.settings import OllamaSettings
from workers.context import AsyncTool, Outside
from workers.ollama.agent.run import Agents
from workers.ollama.asking import Asker
from workers.ollama.gateway import Gateway
from workers.ollama.listing import Listings
from workers.ollama.managing import Managing
from workers.ollama.pool import Pool
from workers.ollama.refusals import RefusalRules
from workers.ollama.run import Runs

CAPACITY: Final = 1000
"""Calls that are in progress at a time; how many a model gets of them, its bulkhead says."""


@asynccontextmanager
async def serving(outside: Outside) -> AsyncGenerator[Mapping[str, AsyncTool]]:
    """Have connections to all hosts for as long as the worker serves."""
    settings = msgspec.json.decode(outside.settings.of_kind, type=OllamaSettings)
    pool = Pool(settings, outside.report)
    budget = Budget(settings.budget, settings.prices)
    gateway = Gateway(pool, budget, partial(_report_usage, outside))
    asker = Asker(gateway, RefusalRules(settings.refusals))
    runs = Runs(asker)
    listings, managing = Listings(gateway), Managing(gateway)
    async with pool.opened():
        yield {
            "ollama_run": runs.run,
            "ollama_run_many": runs.run_many,
            "ollama_list_models": listings.list_models,
            "ollama_show": listings.show,
            "ollama_pull": managing.pull,
            "ollama_delete": managing.delete,
            "ollama_embed": managing.embed,
            "ollama_agent_run": Agents(asker).run,
        }


def _report_usage(outside: Outside, host: str, usage: Usage, cost: float) -> None:
    """Say what an answer took, so that it is known when this worker is long gone."""
    outside.report(
        MODEL_USED,
        f"{host}/{usage.model}",
        calls=1,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cost=cost,
    )
