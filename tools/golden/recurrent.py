"""Reference values of the recurrent classifier, from PyTorch in float64.

Writes crates/nn/tests/golden/recurrent.safetensors: for every cell, depth and direction, on ragged texts (packed) and on padded
ones: parameters, logits, loss, the gradient of every parameter, and the parameters after ten steps of Adam.

    python tools/golden/recurrent.py          needs torch and safetensors
"""
import json
import pathlib
import torch
from torch import nn
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).parents[2] / "crates/nn/tests/golden/recurrent.safetensors"
VOCAB, DIM, CLASSES, STEPS, LEARNING_RATE = 12, 5, 3, 10, 0.01
LENGTHS = [4, 9, 1, 7, 3, 9]
CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Classifier(nn.Module):
    """The notebook's network without dropout, its parts named as ninefold names them."""

    def __init__(self, cell, hidden, layers, bidirectional):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, DIM, padding_idx=0)
        self.recurrent = CELLS[cell](DIM, hidden, num_layers=layers, bidirectional=bidirectional, batch_first=True)
        self.head = nn.Linear(hidden * (2 if bidirectional else 1), CLASSES)

    def forward(self, ids, lengths, packed):
        x = self.embedding(ids)
        if packed:
            x = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        _, h = self.recurrent(x)
        h = h[0] if isinstance(h, tuple) else h
        return self.head(torch.cat((h[-2], h[-1]), 1) if self.recurrent.bidirectional else h[-1])


def main():
    torch.set_default_dtype(torch.float64)
    tensors, cases = {}, {}
    lengths = torch.tensor(LENGTHS)
    ids = torch.zeros(len(LENGTHS), max(LENGTHS), dtype=torch.int64)
    torch.manual_seed(0)
    for row, length in enumerate(LENGTHS):
        ids[row, :length] = torch.randint(1, VOCAB, (length,))
    labels = torch.randint(0, CLASSES, (len(LENGTHS),))
    for number, (cell, layers, bidirectional, hidden, packed) in enumerate(
        [(c, l, b, 7, True) for c in CELLS for l in (1, 2) for b in (False, True)]
        + [(c, 2, True, 20, True) for c in CELLS]
        + [(c, 2, True, 7, False) for c in CELLS]
    ):
        torch.manual_seed(number)
        name = f"{cell}_{layers}_{'bi' if bidirectional else 'uni'}_{hidden}_{'packed' if packed else 'padded'}"
        model = Classifier(cell, hidden, layers, bidirectional)
        adam = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
        for key, value in model.named_parameters():
            tensors[f"{name}/before/{key}"] = value.detach().clone()
        for step in range(STEPS):
            logits = model(ids, lengths, packed)
            loss = nn.functional.cross_entropy(logits, labels)
            adam.zero_grad()
            loss.backward()
            if step == 0:
                tensors[f"{name}/logits"], tensors[f"{name}/loss"] = logits.detach().clone(), loss.detach().reshape(1).clone()
                for key, value in model.named_parameters():
                    tensors[f"{name}/gradient/{key}"] = value.grad.clone()
            adam.step()
        for key, value in model.named_parameters():
            tensors[f"{name}/after/{key}"] = value.detach().clone()
        cases[name] = dict(cell=cell, num_layers=layers, bidirectional=bidirectional, hidden_size=hidden, packed=packed)
    about = dict(
        made_with={"torch": torch.__version__.split("+")[0], "dtype": "float64, stored as float32", "seeds": "the case's number"},
        dim=DIM, vocab_size=VOCAB, num_classes=CLASSES, steps=STEPS, learning_rate=LEARNING_RATE,
        texts=[ids[row, :length].tolist() for row, length in enumerate(LENGTHS)], labels=labels.tolist(), cases=cases,
    )
    save_file({k: v.float().contiguous() for k, v in tensors.items()}, OUT, metadata={"about": json.dumps(about, sort_keys=True)})
    print(OUT, OUT.stat().st_size, "bytes,", len(cases), "cases")


main()
