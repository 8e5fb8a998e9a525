"""Where the time of a training step goes, operation by operation: runs `ninefold bench` under Linux's perf, prints a table.

    cargo build --release
    python tools/compare/hot_spots.py --model gru --size round1 --precision f32
"""

import argparse
import re
import subprocess
import tempfile

# What a row of the table is called, and how the operation's frames are known in the profile.
OPERATIONS = {
    "x·W and h·W, gates, cell (forward)": r"body<.*steps::Forward<",
    "gates of the input alone (where apart)": r"body<.*products::Projection<",
    "cell and d·W_hh (backward)": r"body<.*steps::Backward<",
    "gradients of the weights": r"body<.*gathered::WeightGradient>",
    "gradients of sums into panels": r"body<.*gathered::PackGradients>",
    "gradients to PyTorch's order": r"AddGradient::run$",
    "gradient of a layer's input": r"body<.*products::InputGradient<",
    "weights into panels": r"body<.*PackWeights[<>]",
    "windows·W and ReLU (convolution, forward)": r"body<.*convolution::Forward>",
    "gradient of a convolution's input": r"body<.*convolution::InputGradient>",
    "directions side by side": r"::join_directions$",
    "dropout": r"body<.*dropout::Apply>",
    "Adam": r"body<.*adam::Apply>",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ninefold", default="target/release/ninefold")
    parser.add_argument("--model", default="gru")
    parser.add_argument("--size", default="round1")
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", help="default: as many as there are processors")
    arguments = parser.parse_args()
    bench = [arguments.ninefold, "bench", "--quiet", "--work", "train", "--steps", str(arguments.steps)]
    bench += ["--models", arguments.model, "--sizes", arguments.size, "--precisions", arguments.precision]
    bench += ["--threads", arguments.threads] if arguments.threads else []
    with tempfile.NamedTemporaryFile() as data:
        record = ["perf", "record", "-o", data.name, "-F", "700", "--call-graph", "dwarf,4096", "--"]
        subprocess.run(record + bench, check=True, capture_output=True)
        report = ["perf", "report", "-i", data.name, "--children", "--stdio", "-g", "none"]
        lines = subprocess.run(report, check=True, capture_output=True, text=True).stdout.splitlines()
    frames = [re.match(r"\s+([\d.]+)%\s+[\d.]+%\s+\S+\s+\S+\s+\[.\] (.*?)(?: \(inlined\))?$", line) for line in lines]
    frames = [(float(frame[1]), frame[2].strip()) for frame in frames if frame]
    print(f"| operation ({arguments.model}, {arguments.size}, {arguments.precision}) | share of the processor's time |\n| --- | --- |")
    rest = 100.0
    for operation, pattern in OPERATIONS.items():
        share = max((share for share, name in frames if re.search(pattern, name)), default=0.0)
        rest -= share
        if share:
            print(f"| {operation} | {share:.1f} % |")
    print(f"| the rest (the pool, memory, the bench itself) | {rest:.1f} % |")


if __name__ == "__main__":
    main()
