"""How long things took: an append now, a t-digest when somebody asks or the buffer is full."""

from fastdigest import TDigest

from protocol.tools.admin_get_metrics import Latency

_BUFFERED = 1024


class LatencySketch:
    """Quantiles of durations in bounded memory. Recording costs a list append, not a sketch update."""

    def __init__(self) -> None:
        self._digest = TDigest()
        self._buffer: list[float] = []
        self._count = 0

    def record(self, seconds: float) -> None:
        """Take one duration."""
        buffer = self._buffer
        buffer.append(seconds)
        if len(buffer) >= _BUFFERED:
            self._flush()

    def summary(self) -> Latency:
        """Return the quantiles so far, in milliseconds; zeros when nothing was recorded."""
        self._flush()
        if not self._count:
            return Latency(count=0, p50_ms=0.0, p95_ms=0.0, p99_ms=0.0, max_ms=0.0)
        p50, p95, p99 = (round(self._digest.quantile(q) * 1e3, 4) for q in (0.5, 0.95, 0.99))
        longest = round(self._digest.max() * 1e3, 4)
        return Latency(count=self._count, p50_ms=p50, p95_ms=p95, p99_ms=p99, max_ms=longest)

    def _flush(self) -> None:
        if self._buffer:
            self._count += len(self._buffer)
            self._digest.batch_update(self._buffer)
            self._buffer.clear()
