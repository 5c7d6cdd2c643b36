"""The tasks of the fault programme as tools of a Toolcrew kind: what its workers load."""

from collections.abc import Mapping

import msgspec

from fault_pools.tasks import TASKS, Answer, Argument, Task
from workers.context import JobContext, Tool

_argument_decoder = msgspec.json.Decoder(Argument)
_encode = msgspec.json.Encoder().encode


def _tool(task: Task) -> Tool:
    function = TASKS[task]

    def tool(arguments: msgspec.Raw, context: JobContext) -> bytes:
        del context
        answer: Answer = function(_argument_decoder.decode(arguments))
        return _encode(answer)

    return tool


TOOLS: Mapping[str, Tool] = {task: _tool(task) for task in TASKS}
