"""How the cost of training grows with batch, length and hidden size: runs `ninefold bench`, draws docs/results/cost.svg.

    cargo build --release
    python tools/compare/cost.py            (needs matplotlib)
"""

import argparse
import json
import pathlib
import subprocess

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

# Okabe and Ito's colours, which the colour-blind can tell apart.
COLOURS = {"rnn": "#0072B2", "lstm": "#D55E00", "gru": "#009E73"}
AXES = {
    "batch_size": ("texts in a batch (of 150 tokens)", [1, 4, 16, 32, 64, 128, 256]),
    "length": ("tokens per text (64 texts)", [10, 25, 50, 100, 200, 400]),
    "hidden_size": ("hidden_size (64 texts of 150 tokens)", [16, 33, 64, 128, 256, 512]),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ninefold", default="target/release/ninefold")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("docs/results/cost.svg"))
    arguments = parser.parse_args()
    figure, panels = plt.subplots(1, len(AXES), figsize=(12, 3.8), layout="constrained")
    for panel, (axis, (label, values)) in zip(panels, AXES.items()):
        for precision, style in (("f32", "-"), ("bf16", "--")):
            found = {}
            for value in values:
                command = [arguments.ninefold, "bench", "--quiet", "--json", "--sizes", "round1", "--work", "train"]
                command += ["--precisions", precision, "--steps", str(arguments.steps), "--" + axis.replace("_", "-"), str(value)]
                rows = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["bench"]["rows"]
                for row in rows:
                    found.setdefault(row["model"], []).append(row["median_ms"])
                    print(axis, value, precision, row["model"], f"{row['median_ms']:.2f} ms", f"{row['share_of_peak']:.0%}", flush=True)
            for cell, times in found.items():
                panel.plot(values, times, style, marker="o", markersize=3, color=COLOURS[cell], label=f"{cell} {precision}")
        panel.set(xscale="log", yscale="log", xlabel=label, ylabel="ms per training step")
        panel.set_xticks(values, [str(value) for value in values])
        panel.minorticks_off()
        panel.grid(alpha=0.3)
    panels[0].legend(fontsize=8)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(arguments.out, metadata={"Date": None})


if __name__ == "__main__":
    main()
