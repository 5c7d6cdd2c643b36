"""Every trial there is, in the order of their numbers."""

from chaos.trial import Trial
from chaos.trials import attacks, circumstances, service

TRIALS: tuple[Trial, ...] = tuple(
    sorted(
        (*attacks.TRIALS, *circumstances.TRIALS, *service.TRIALS),
        key=lambda trial: trial.number,
    )
)
BY_NAME = {trial.name: trial for trial in TRIALS}
