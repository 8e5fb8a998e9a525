"""Reference values of networks that read pairs of words beside words, from PyTorch in float64.

Writes crates/nn/tests/golden/bigrams.safetensors: for every case parameters, logits, loss, the gradient of every parameter, and the
parameters after ten steps of Adam. Texts go through the network one by one. (The same batch ten times: rows that it does not read have
no gradient, and stay under Adam as they do under SparseAdam.)

    python -P tools/golden/bigrams.py       needs torch and safetensors; -P keeps statistics.py from hiding Python's own
"""
import json
import pathlib
import torch
from torch import nn
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).parents[2] / "crates/nn/tests/golden/bigrams.safetensors"
VOCAB, DIM, CLASSES, STEPS, LEARNING_RATE, HIDDEN, FILTERS = 12, 5, 3, 10, 0.01, 7, 4
LENGTHS = [4, 9, 1, 7, 3, 9]
LONG = 2**64 - 1


def mix(x):
    z = (x + 0x9E3779B97F4A7C15) & LONG
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & LONG
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & LONG
    return z ^ (z >> 31)


class Classifier(nn.Module):
    def __init__(self, case):
        super().__init__()
        self.case = case
        self.embedding = nn.Embedding(VOCAB, DIM, padding_idx=0)
        self.bigrams = nn.Embedding(case["bigram_buckets"], DIM)
        if case["kind"] == "gru":
            self.recurrent, width = nn.GRU(DIM, HIDDEN, bidirectional=True, batch_first=True), 2 * HIDDEN
        elif case["kind"] == "cnn":
            widths = case["filter_widths"]
            self.convolution, width = nn.ModuleList(nn.Conv1d(DIM, FILTERS, size, padding="same") for size in widths), FILTERS * len(widths)
        else:
            width = DIM
        self.head = nn.Linear(2 * width, CLASSES)

    def encode(self, x):
        if self.case["kind"] == "gru":
            chunks = -(-len(x) // self.case["chunk_len"]) if self.case["chunk_len"] else 1
            ends = [number * len(x) // chunks for number in range(chunks + 1)]
            return torch.cat([self.recurrent(x[None, a:b])[0][0] for a, b in zip(ends, ends[1:])])
        if self.case["kind"] == "cnn":
            return torch.cat([filters(x.T[None])[0].relu() for filters in self.convolution]).T
        return x

    def forward(self, texts):
        logits = []
        for text in texts:
            x = self.embedding(torch.tensor(text))
            rows = [mix(mix(a) ^ b) % self.case["bigram_buckets"] for a, b in zip(text, text[1:])]
            if rows:
                x = x + torch.cat((torch.zeros(1, DIM), self.bigrams(torch.tensor(rows))))
            h = self.encode(x)
            logits.append(self.head(torch.cat((h.mean(0), h.max(0).values))))
        return torch.stack(logits)


PLAIN = dict(bigram_buckets=6, chunk_len=0, filter_widths=[3], filters=FILTERS, hidden_size=HIDDEN, pooling="mean_max")
CASES = {
    "gru": dict(kind="gru"),
    "gru_chunks": dict(kind="gru", chunk_len=3, bigram_buckets=31),
    "cnn": dict(kind="cnn", filter_widths=[2, 3]),
    "swem": dict(kind="swem", bigram_buckets=17),
    "swem_one_bucket": dict(kind="swem", bigram_buckets=1),
}


def main():
    torch.set_default_dtype(torch.float64)
    tensors, cases = {}, {}
    torch.manual_seed(0)
    texts = [torch.randint(1, VOCAB, (length,)).tolist() for length in LENGTHS]
    labels = torch.randint(0, CLASSES, (len(LENGTHS),))
    for name, options in CASES.items():
        torch.manual_seed(len(cases))
        case = dict(PLAIN, **options)
        model = Classifier(case)
        adam = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
        for key, value in model.named_parameters():
            tensors[f"{name}/before/{key}"] = value.detach().clone()
        tensors[f"{name}/logits"] = model(texts).detach().clone()
        for step in range(STEPS):
            loss = nn.functional.cross_entropy(model(texts), labels)
            adam.zero_grad()
            loss.backward()
            if step == 0:
                tensors[f"{name}/loss"] = loss.detach().reshape(1).clone()
                for key, value in model.named_parameters():
                    tensors[f"{name}/gradient/{key}"] = value.grad.clone()
            adam.step()
        for key, value in model.named_parameters():
            tensors[f"{name}/after/{key}"] = value.detach().clone()
        cases[name] = case
    about = dict(
        made_with={"torch": torch.__version__.split("+")[0], "dtype": "float64, stored as float32", "seeds": "the case's number"},
        dim=DIM, vocab_size=VOCAB, num_classes=CLASSES, steps=STEPS, learning_rate=LEARNING_RATE, texts=texts, labels=labels.tolist(), cases=cases,
    )
    save_file({k: v.float().contiguous() for k, v in tensors.items()}, OUT, metadata={"about": json.dumps(about, sort_keys=True)})
    print(OUT, OUT.stat().st_size, "bytes,", len(cases), "cases")


main()
