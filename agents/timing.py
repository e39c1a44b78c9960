"""What the clock says, and when: deadlines as messages from `/clock`, set beside what they guard.

The message is made when the timer is set, from the message in hand, so that it is the same
however often it is published. `at` in it is when it was due; when it was heard, `unit.time` says.
No agent of ours has written it, so that to its reader it is `foreign`, and a repeat is known by
its id or by what it asks for.
"""

from __future__ import annotations

from typing import Final

from agents.publishing import CODEC, follow
from models.messages import Message
from models.order_messages import OrderTimedOut
from models.saga_messages import SagaTimedOut
from models.stock_messages import ExpireReservation
from streams.codec import CONTENT_TYPE
from streams.timers import Alarm, clear_timer, set_timer
from streams.topics import Topic
from streams.unit import Unit

SOURCE: Final = "/clock"

Deadline = ExpireReservation | OrderTimedOut | SagaTimedOut


def replace(  # noqa: PLR0913 - a timer and its envelope have that many attributes
    unit: Unit[Message],
    cause: Message,
    before: Deadline | None,
    after: Deadline | None,
    *,
    topic: Topic,
    subject: str,
    name: str,
) -> None:
    """Set the deadline that a decision has brought about, clear the one that it has ended.

    `name` is that of what has the deadline, within its table. The message goes to the partition of
    the cause, where its reader decides. One message sets one deadline of a type at most.
    """
    was, due = before and before.at, after and after.at
    if before is not None and was != due:
        clear_timer(unit, before.at, name)
    if after is not None and was != due:
        message = follow(unit, cause, after, source=SOURCE, subject=subject, index=0)
        alarm = Alarm(
            topic.name, message.partitionkey.encode(), CODEC.encode(message), (CONTENT_TYPE,)
        )
        set_timer(unit, after.at, name, alarm)
