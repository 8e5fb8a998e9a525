"""A table of word vectors under PyTorch's SparseAdam, in float64: which rows take which step.

Writes crates/nn/tests/golden/sparse_adam.json: the table before, the rows and gradients of every step, the table after each.

    python -P tools/golden/sparse_adam.py          needs torch
"""
import json
import pathlib
import torch

OUT = pathlib.Path(__file__).parents[2] / "crates/nn/tests/golden/sparse_adam.json"
ROWS, DIM, STEPS, LEARNING_RATE = 7, 3, 8, 0.05


def main():
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    table = torch.nn.Parameter(torch.randn(ROWS, DIM))
    before = table.detach().flatten().tolist()
    adam = torch.optim.SparseAdam([table], lr=LEARNING_RATE)
    steps = []
    for step in range(STEPS):
        rows = sorted(torch.randperm(ROWS)[: 1 + step % 4].tolist())
        gradient = torch.randn(len(rows), DIM)
        table.grad = torch.sparse_coo_tensor(torch.tensor([rows]), gradient, (ROWS, DIM))
        adam.step()
        steps.append(dict(rows=rows, gradient=gradient.flatten().tolist(), after=table.detach().flatten().tolist()))
    about = dict(made_with={"torch": torch.__version__.split("+")[0], "dtype": "float64", "seed": 0})
    text = json.dumps(dict(about=about, dim=DIM, learning_rate=LEARNING_RATE, before=before, steps=steps), indent=1)
    OUT.write_text(text + "\n")
    print(OUT, len(text), "bytes")


main()
