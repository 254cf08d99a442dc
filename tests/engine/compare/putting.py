"""Small comparisons for the tests: sets of the lab's, results made by hand, and a state to keep them in."""

from pathlib import Path

from engine.compare import saved
from engine.compare.results import Measures, Priced, Result
from engine.compare.runner import Runner
from engine.compare.saved import Journal
from engine.compare.sets import AnyCheck, Column, Comparison, Mode, Prompt
from engine.core.events import Outcome
from engine.core.request import Candidate, Policy, Route, Usage
from engine.playground import Playground

PATIENT = Policy(attempts=1, backoff=0.01, first_token=5, idle=5)


def candidate(base: str, model: str = "m", provider: str = "openai") -> Candidate:
    return Candidate(provider=provider, model=model, base_url=f"{base}/v1")


def column(label: str, *bases: str, provider: str = "openai") -> Column:
    candidates = tuple(candidate(base, f"m{i}", provider) for i, base in enumerate(bases))
    return Column(label=label, route=Route(name=label, candidates=candidates, policy=PATIENT))


def comparison(*columns: Column, checks: tuple[AnyCheck, ...] = (), **fields) -> Comparison:
    prompts = (Prompt(name="sky", text="Why is the sky blue?", checks=checks),)
    return Comparison(**{"name": "test", "columns": columns, "prompts": prompts, "mode": Mode.ALL_AT_ONCE, **fields})


def result(column: int, repetition: int = 0, *, outcome: Outcome = Outcome.ANSWERED, **fields) -> Result:
    measures = fields.pop("measures", Measures(total=1.0, attempts=1.0))
    kept = {"case": 0, "order": 1, "run": f"r{column}-{repetition}", "wall": 0.0, "measures": measures, **fields}
    return Result(column=column, repetition=repetition, outcome=outcome, **kept)


def free(candidate: Candidate, usage: Usage) -> float | None:
    return 0.0


def journal(state: Path, wanted: Comparison, seed: int = 1) -> Journal:
    return saved.begin(state, wanted, seed, {"streamover": "test"})


def runner(playground: Playground, book: Journal, wanted: Comparison, priced: Priced = free, **listeners) -> Runner:
    return Runner(book, wanted, playground.start, priced, **listeners)
