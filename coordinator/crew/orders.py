"""What a worker can be told: to drop a job, to go when it is done, to die. Each is noted in its `Member`."""

from coordinator.crew.actions import Actions, Kill, Note, Send
from coordinator.crew.member import Member, Phase
from protocol.worker.messages import Answer, Cancel, Drain
from protocol.worker.session import State


def ask_to_drop(member: Member, task_id: int, now: float) -> Actions:
    """Tell it that nobody waits for a task any more; it can obey soon only if it has begun it."""
    if member.phase is not Phase.ALIVE or task_id in member.asked:
        return []
    member.asked.add(task_id)
    if member.session.capacity != 1 or member.head() == task_id:
        member.cancelled_at[task_id] = now
    return [Send(member.number, Cancel(task_id)), *close_asks(member, task_id)]


def close_asks(member: Member, task_id: int) -> Actions:
    """Answer what a task has asked: nobody waits for the task, so nobody finds out."""
    answers = [
        Answer(task_id, number, code="cancelled", message="Nobody waits for this job any more.")
        for number in member.session.open_asks(task_id)
    ]
    return [action for answer in answers for action in tell(member, answer)]


def tell(member: Member, answer: Answer) -> Actions:
    """Answer an open question."""
    member.session.advance(answer)
    return [Send(member.number, answer)]


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
