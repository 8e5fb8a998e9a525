"""Reference values of the convolution and of pooled word vectors, from PyTorch in float64, one text at a time.

Writes crates/nn/tests/golden/convolution.safetensors: for some widths, numbers of filters and poolings: parameters, logits, loss,
the gradient of every parameter, and the parameters after ten steps of Adam.

    python -P tools/golden/convolution.py       needs torch and safetensors; -P: statistics.py beside this file is not the one that torch wants
"""
import json
import pathlib
import torch
from torch import nn
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).parents[2] / "crates/nn/tests/golden/convolution.safetensors"
VOCAB, DIM, CLASSES, STEPS, LEARNING_RATE = 12, 5, 3, 10, 0.01
LENGTHS = [4, 9, 1, 7, 2, 9]
POOLED = {"max": 1, "mean": 1, "mean_max": 2, "attention": 1}


class Classifier(nn.Module):
    """Kim's network without dropout, or none between embedding and pooling; parts named as ninefold names them."""

    def __init__(self, widths, filters, pooling):
        super().__init__()
        self.pooling = pooling
        self.embedding = nn.Embedding(VOCAB, DIM, padding_idx=0)
        self.convolution = nn.ModuleList(nn.Conv1d(DIM, filters, width, padding="same") for width in widths)
        encoded = len(widths) * filters or DIM
        if pooling == "attention":
            self.attention = nn.Module()
            self.attention.weight = nn.Parameter(torch.randn(encoded))
        self.head = nn.Linear(encoded * POOLED[pooling], CLASSES)

    def forward(self, ids):
        h = self.embedding(ids)[None]
        if self.convolution:
            h = torch.cat([convolution(h.mT).relu() for convolution in self.convolution], dim=1).mT
        if self.pooling == "attention":
            return self.head(((h @ self.attention.weight).softmax(dim=1)[..., None] * h).sum(dim=1))[0]
        parts = {"max": [h.amax(dim=1)], "mean": [h.mean(dim=1)], "mean_max": [h.mean(dim=1), h.amax(dim=1)]}
        return self.head(torch.cat(parts[self.pooling], dim=1))[0]


def main():
    torch.set_default_dtype(torch.float64)
    tensors, cases = {}, {}
    torch.manual_seed(0)
    texts = [torch.randint(1, VOCAB, (length,)) for length in LENGTHS]
    labels = torch.randint(0, CLASSES, (len(LENGTHS),))
    for number, (kind, widths, filters, pooling) in enumerate(
        [("cnn", widths, filters, "max") for widths in ([1], [2], [3, 4, 5]) for filters in (3, 20)]
        + [("cnn", [2, 3], 7, pooling) for pooling in ("mean", "mean_max", "attention")]
        + [("swem", [], 0, pooling) for pooling in POOLED]
    ):
        torch.manual_seed(number)
        name = "_".join([kind, *map(str, widths), str(filters), pooling])
        model = Classifier(widths, filters, pooling)
        adam = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
        for key, value in model.named_parameters():
            tensors[f"{name}/before/{key}"] = value.detach().clone()
        for step in range(STEPS):
            logits = torch.stack([model(ids) for ids in texts])
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
        cases[name] = dict(kind=kind, filter_widths=widths, filters=filters, pooling=pooling)
    about = dict(
        made_with={"torch": torch.__version__.split("+")[0], "dtype": "float64, stored as float32", "seeds": "the case's number"},
        dim=DIM, vocab_size=VOCAB, num_classes=CLASSES, steps=STEPS, learning_rate=LEARNING_RATE,
        texts=[ids.tolist() for ids in texts], labels=labels.tolist(), cases=cases,
    )
    save_file({k: v.float().contiguous() for k, v in tensors.items()}, OUT, metadata={"about": json.dumps(about, sort_keys=True)})
    print(OUT, OUT.stat().st_size, "bytes,", len(cases), "cases")


main()
