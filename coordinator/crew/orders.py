"""What a worker can be told: to drop a job, to go when it is done, to die. Each is noted in its `Member`."""

from coordinator.crew.actions import Actions, Kill, Note, Send
from coordinator.crew.member import Member, Phase
from protocol.worker.messages import Cancel, Drain
from protocol.worker.session import State


def ask_to_drop(member: Member, task_id: int, now: float) -> Actions:
    """Tell it that nobody waits for a task any more; it can obey soon only if it has begun it."""
    if member.phase is not Phase.ALIVE or task_id in member.asked:
        return []
    member.asked.add(task_id)
    if member.session.capacity != 1 or member.head() == task_id:
        member.cancelled_at[task_id] = now
    return [Send(member.number, Cancel(task_id))]


def ask_to_go(member: Member, reason: str, now: float) -> Actions:
    """Tell it to finish what it has, and go."""
    if member.phase is not Phase.ALIVE or member.session.state is State.DRAINING:
        return []
    member.session.advance(Drain())
    member.draining_at = now
    member.end_reason = reason
    return [
        Note("worker_draining", member.number, member.pid, reason),
        Send(member.number, Drain()),
    ]


def kill(member: Member, reason: str) -> Actions:
    """Kill it now; what it ran is lost when its exit is seen: two must never run it at once."""
    if member.phase is not Phase.ALIVE:
        return []
    member.suspects = frozenset(t for t in member.session.in_flight if member.is_blamed(t))
    member.phase = Phase.DYING
    member.end_reason = reason
    return [Note("worker_killed", member.number, member.pid, reason), Kill(member.number)]
