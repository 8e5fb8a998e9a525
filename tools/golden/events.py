"""Makes crates/lab/tests/golden/events.json: a TensorBoard event file as TensorBoard's own writer has it, byte by byte.

    python tools/golden/events.py > crates/lab/tests/golden/events.json

    python tools/golden/events.py --read RUN        prints what TensorBoard's own reader finds in the logs of a run
"""

import io
import json
import platform
import sys

import tensorboard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

WALL_TIME = 1700000000.25
STEPS = [
    (1, [("loss/train", 1.75), ("accuracy/validation", 0.1)]),
    (2, [("loss/train", 1.0 / 3.0), ("accuracy/validation", 1.0)]),
    (300, [("loss/train", 0.0)]),
]


class Kept(io.BytesIO):
    """Stays readable when the writer closes it."""

    def close(self):
        pass


def written():
    out = Kept()
    writer = RecordWriter(out)
    writer.write(Event(wall_time=WALL_TIME, file_version="brain.Event:2").SerializeToString())
    for step, numbers in STEPS:
        values = [Summary.Value(tag=tag, simple_value=number) for tag, number in numbers]
        writer.write(Event(wall_time=WALL_TIME, step=step, summary=Summary(value=values)).SerializeToString())
    writer.flush()
    return out.getvalue()


def read(path):
    accumulator = EventAccumulator(path)
    accumulator.Reload()
    tags = sorted(accumulator.Tags()["scalars"])
    return {tag: [[event.step, event.value] for event in accumulator.Scalars(tag)] for tag in tags}


if len(sys.argv) == 3 and sys.argv[1] == "--read":
    print(json.dumps(read(sys.argv[2])))
else:
    made_with = {"generator": "tools/golden/events.py", "python": platform.python_version(), "tensorboard": tensorboard.__version__}
    golden = {"made_with": made_with, "wall_time": WALL_TIME, "steps": STEPS, "file": written().hex()}
    print(json.dumps(golden))
