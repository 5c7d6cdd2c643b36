"""The jobs of one run that have not ended.

Rule: a job is open before the dispatcher knows of it, because the dispatcher may report its end at once.
"""

from coordinator.dispatch.dispatcher import Dispatcher, JobListener, JobSpec
from protocol.errors import CallRefused


class OpenJobs:
    """Jobs by their listeners, from their submission to their end."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._ids: dict[JobListener, int] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def submit(self, job: JobListener, spec: JobSpec) -> CallRefused | None:
        """Queue a job; return why that cannot be done."""
        self._ids[job] = 0
        try:
            job_id = self._dispatcher.submit(spec, job)
        except CallRefused as refusal:
            del self._ids[job]
            return refusal
        if job in self._ids:
            self._ids[job] = job_id
        return None

    def ended(self, job: JobListener) -> None:
        """Forget a job that has ended."""
        self._ids.pop(job, None)

    def cancel(self) -> None:
        """Give up all of them."""
        ids, self._ids = list(self._ids.values()), {}
        for job_id in ids:
            self._dispatcher.cancel(job_id)
