"""Training and prediction beside PyTorch, in turns, in one run: the ratio table of docs/internals/benchmarks/recurrent.md.

    cargo build --release
    python tools/compare/recurrent.py                                  every size and network, 20 steps each
    python tools/compare/recurrent.py --models gru --sizes round1 --steps 10

Needs torch and numpy. PyTorch runs in every mode, each of which has what those before it have:

default    as installed
tuned      glibc's malloc keeps its pages, which spares page faults
flushed    subnormal numbers count as zero (torch.set_flush_denormal), as always in ninefold
autocast   matrix products in bf16 (torch.autocast)
weights    flushed, and the whole network in bf16

The programs take turns, a few steps each, so that a noisy machine treats them alike; medians count. Sizes are those of `ninefold
bench`: full lengths (round1, round2), where PyTorch gets exactly the same work, and posts, whose texts differ in length: PyTorch runs
them padded to the longest, as most scripts do; packed (pack_padded_sequence); and sorted: texts of one length, the mean, which
is the ideal of batches that are sorted by length. Ratios are of milliseconds a token, to PyTorch's fastest mode.
"""

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import time

SIZES = {
    "round1": dict(texts=64, longest=150, dim=100, hidden=128),
    "round2": dict(texts=32, longest=400, dim=200, hidden=256),
    "posts": dict(texts=64, longest=400, dim=100, hidden=128),
}
TUNED = {"MALLOC_TRIM_THRESHOLD_": "4000000000", "MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TOP_PAD_": "400000000"}
MODES = {"default": {}, "tuned": TUNED, "flushed": TUNED, "autocast": TUNED, "weights": TUNED}
PADDINGS = {"round1": ["padded"], "round2": ["padded"], "posts": ["padded", "packed", "sorted"]}
CLASSES, VOCAB = 20, 20_000


def peak_memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def worker(size, cell, padding, mode, threads):
    """PyTorch's side: reads "WORK STEPS" lines, answers each with the milliseconds of every step."""
    import numpy as np
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.set_flush_denormal(mode in ("flushed", "autocast", "weights"))
    context = torch.autocast("cpu", torch.bfloat16) if mode == "autocast" else contextlib.nullcontext()
    at_start = peak_memory()
    shape = SIZES[size]
    rng = np.random.default_rng(1)
    count, longest = shape["texts"], shape["longest"]
    lengths = np.full(count, longest)
    if size == "posts":
        lengths = np.clip(90 * np.exp(0.8 * rng.standard_normal(count)), 1, longest).astype(int)
    if padding == "sorted":
        longest = round(lengths.mean())
        lengths = np.full(count, longest)
    ids = np.zeros((count, longest), dtype=np.int64)
    for row, length in zip(ids, lengths):
        row[:length] = rng.integers(2, VOCAB, length)
    ids, ends = torch.from_numpy(ids), torch.from_numpy(lengths)
    labels = torch.from_numpy(rng.integers(0, CLASSES, count))

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(VOCAB, shape["dim"], padding_idx=0)
            self.embedding.weight.requires_grad = False
            self.dropout = nn.Dropout(0.5)
            kind = dict(rnn=nn.RNN, lstm=nn.LSTM, gru=nn.GRU)[cell]
            self.recurrent = kind(shape["dim"], shape["hidden"], num_layers=2, bidirectional=True, dropout=0.5, batch_first=True)
            self.head = nn.Linear(2 * shape["hidden"], CLASSES)

        def forward(self, ids, ends):
            x = self.dropout(self.embedding(ids))
            if padding == "packed":
                x = nn.utils.rnn.pack_padded_sequence(x, ends, batch_first=True, enforce_sorted=False)
            _, state = self.recurrent(x)
            state = state[0] if cell == "lstm" else state
            return self.head(self.dropout(torch.cat((state[-2], state[-1]), 1)))

    network, loss = Network(), nn.CrossEntropyLoss()
    if mode == "weights":
        network = network.to(torch.bfloat16)
    optimizer = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=1e-3)

    def train(_):
        network.train()
        optimizer.zero_grad()
        with context:
            value = loss(network(ids, ends).float(), labels)
        value.backward()
        optimizer.step()

    def predict(_):
        network.eval()
        with torch.no_grad(), context:
            network(ids, ends)

    def single(step):
        network.eval()
        text = step % count
        with torch.no_grad(), context:
            network(ids[text : text + 1, : lengths[text]], ends[text : text + 1])

    for line in sys.stdin:
        work, steps = line.split()
        times = []
        for step in range(int(steps)):
            start = time.perf_counter()
            dict(train=train, predict=predict, single=single)[work](step)
            times.append(1e3 * (time.perf_counter() - start))
        answer = dict(times=times, tokens=int(lengths.sum()), texts=count, memory=peak_memory() - at_start, torch=torch.__version__)
        print(json.dumps(answer), flush=True)


class Torch:
    """A worker process that is asked for steps."""

    def __init__(self, arguments, padding, mode):
        names = [arguments.size, arguments.cell, padding, mode, str(arguments.threads)]
        command = [sys.executable, "-W", "ignore", __file__, "--worker", *names]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | MODES[mode]
        )

    def steps(self, work, steps):
        try:
            print(work, steps, file=self.process.stdin, flush=True)
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline()
        if not line:
            raise CannotRun
        answer = json.loads(line)
        self.version = answer["torch"]
        return answer

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


class CannotRun(Exception):
    """PyTorch has no such network in this mode on this processor: no LSTM in bf16 where the processor has no bf16."""


class Ninefold:
    """`ninefold bench`, a process for each turn."""

    def __init__(self, arguments, precision):
        self.command = [arguments.ninefold, "bench", "--quiet", "--json", "--threads", str(arguments.threads)]
        self.command += ["--sizes", arguments.size, "--models", arguments.cell, "--precisions", precision]

    def steps(self, work, steps):
        repetitions = max(1, steps // 100) if work == "single" else steps
        command = [*self.command, "--work", work, "--steps", str(repetitions)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        row = found["bench"]["rows"][0]
        tokens = row["tokens_per_s"] * row["median_ms"] * 1e-3
        texts = row["texts_per_s"] * row["median_ms"] * 1e-3
        memory = found["environment"].get("peak_memory_bytes") or 0
        return dict(times=row["times_ms"], tokens=tokens, texts=texts, memory=memory, share=row["share_of_peak"])

    def close(self):
        pass


def in_turns(programs, work, steps, turn):
    """Every program's milliseconds, a turn each until all have done their steps; without those that cannot run."""
    times, last = {}, {}
    for name, program in programs.items():
        try:
            program.steps(work, min(2, steps))  # the first steps make buffers
            times[name] = []
        except CannotRun:
            pass
    while len(next(iter(times.values()))) < steps:
        for name in times:
            last[name] = programs[name].steps(work, turn)
            times[name] += last[name]["times"]
    return times, last


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", nargs=5, help=argparse.SUPPRESS)
    parser.add_argument("--ninefold", default="target/release/ninefold", help="the program")
    parser.add_argument("--models", default="rnn,lstm,gru")
    parser.add_argument("--sizes", default="round1,round2,posts")
    parser.add_argument("--work", default="train,predict,single")
    parser.add_argument("--precisions", default="f32,bf16")
    parser.add_argument("--modes", default=",".join(MODES), help="of PyTorch")
    parser.add_argument("--steps", type=int, default=20, help="of each program")
    parser.add_argument("--turn", type=int, default=5, help="steps in a turn")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", help="a file for every time of every step")
    arguments = parser.parse_args()
    if arguments.worker:
        *names, threads = arguments.worker
        return worker(*names, int(threads))

    precisions, modes = arguments.precisions.split(","), arguments.modes.split(",")
    kept = []
    of_torch = " | ".join(f"{mode} ms" for mode in modes)
    of_ninefold = " | ".join(f"{p} ms | best mode / {p} | peak" for p in precisions)
    print(f"| work | size | model | PyTorch | {of_torch} | {of_ninefold} | memory, PyTorch / ninefold |")
    print("| --- " * (5 + len(modes) + 3 * len(precisions)) + "|")
    for size in arguments.sizes.split(","):
        for cell in arguments.models.split(","):
            arguments.size, arguments.cell = size, cell
            for padding in PADDINGS[size]:
                programs = {mode: Torch(arguments, padding, mode) for mode in modes}
                programs |= {precision: Ninefold(arguments, precision) for precision in precisions}
                for work in arguments.work.split(","):
                    if size != "posts" and work != "train" or work == "single" and padding != "padded":
                        continue
                    steps, turn = (200, 100) if work == "single" else (arguments.steps, arguments.turn)
                    times, last = in_turns(programs, work, steps, turn)
                    median = {name: statistics.median(values) for name, values in times.items()}
                    # Per token, because on posts each side draws its own lengths; one text after the other, per text.
                    unit = "texts" if work == "single" else "tokens"
                    cost = {name: median[name] / (1 if work == "single" else last[name][unit]) for name in times}
                    cells = [work, size, cell, padding, *(f"{median[mode]:.1f}" if mode in median else "-" for mode in modes)]
                    best = min((mode for mode in modes if mode in cost), key=cost.get)
                    for precision in precisions:
                        ratio = f"{cost[best] / cost[precision]:.1f} ({best})"
                        cells += [f"{median[precision]:.1f}", ratio, f"{100 * last[precision]['share']:.0f} %"]
                    memory = [last[name]["memory"] / 2**20 for name in (modes[0], precisions[0])]
                    cells.append(f"{memory[0]:.0f} / {memory[1]:.0f} MiB")
                    print("| " + " | ".join(cells) + " |", flush=True)
                    if work == "single":
                        p99 = {name: sorted(values)[int(0.99 * len(values))] for name, values in times.items()}
                        print("| | | | p99 | " + ", ".join(f"{name} {value:.2f} ms" for name, value in p99.items()) + " |")
                    kept.append(dict(work=work, size=size, model=cell, padding=padding, times_ms=times, last=last))
                version = programs[modes[0]].version
                for program in programs.values():
                    program.close()
    print(f"\nPyTorch {version}, {arguments.threads} threads, medians of {arguments.steps} steps in turns of {arguments.turn}.")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(kept, file)


if __name__ == "__main__":
    main()
