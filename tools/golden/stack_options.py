"""Reference values of the recurrent stack's options, from PyTorch in float64: locked and recurrent dropout (with ninefold's own masks,
made again from its counter), layer normalisation, texts in chunks, poolings.

Writes crates/nn/tests/golden/stack_options.safetensors: for every case parameters, logits without dropout, loss with it, the
gradient of every parameter, and the parameters after ten steps of Adam. Texts go through the layers one by one.

    python -P tools/golden/stack_options.py       needs torch and safetensors; -P keeps statistics.py from hiding Python's own
"""
import json
import pathlib
import torch
from torch import nn
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).parents[2] / "crates/nn/tests/golden/stack_options.safetensors"
VOCAB, DIM, CLASSES, STEPS, LEARNING_RATE, KEY = 12, 5, 3, 10, 0.01, 0
LENGTHS = [4, 9, 1, 7, 3, 9]
CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
ON_EMBEDDINGS, IN_STACK, BEFORE_HEAD, ON_WEIGHTS = 1, 2, 3, 1
WORD, LONG = 2**32 - 1, 2**64 - 1


def mix(x):
    z = (x + 0x9E3779B97F4A7C15) & LONG
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & LONG
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & LONG
    return z ^ (z >> 31)


def fold(*words):
    seed = 0
    for word in words:
        seed = mix(seed ^ mix(word))
    return seed & WORD


def random_bits(place, key):
    x = ((place * 0x9E3779B9) & WORD) ^ key
    x = ((x ^ (x >> 16)) * 0x21F0AAAD) & WORD
    x = ((x ^ (x >> 15)) * 0x735A2D97) & WORD
    return x ^ (x >> 15)


def mask(share, key, places):
    """0 for what is dropped, 1 / (1 - share) for what stays."""
    return torch.tensor([0.0 if random_bits(place, key) < int(share * 2**32) else 1 / (1 - share) for place in places])


def padded_places(size, parts):
    """The places of an axis whose parts are filled up to whole blocks of 16."""
    return [part * (-(-size // 16) * 16) + unit for part in range(parts) for unit in range(size)]


class Classifier(nn.Module):
    def __init__(self, case):
        super().__init__()
        self.case, hidden, layers = case, case["hidden_size"], case["num_layers"]
        self.directions = 2 if case["bidirectional"] else 1
        width = hidden * self.directions
        self.parts = {"mean_max_last": 3, "segments": case["segments"]}.get(case["pooling"], 1)
        self.embedding = nn.Embedding(VOCAB, DIM, padding_idx=0)
        self.recurrent = nn.ModuleList(
            CELLS[case["cell"]](width if layer else DIM, hidden, bidirectional=case["bidirectional"], batch_first=True)
            for layer in range(layers)
        )
        self.norm = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers if case["layer_norm"] else 0))
        for norm in self.norm:  # what training makes of them, not all 1 and 0
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.uniform_(norm.bias, -0.5, 0.5)
        if case["pooling"] == "attention":
            self.attention = nn.Parameter(torch.rand(width) * 2 - 1)
        self.head = nn.Linear(width * self.parts, CLASSES)

    def named(self):
        """ninefold's names of the parameters."""
        for name, value in self.named_parameters():
            parts = name.split(".")
            if parts[0] == "recurrent":
                name = "recurrent." + parts[2].replace("l0", f"l{parts[1]}")
            elif parts[0] == "norm":
                name = f"norm_l{parts[1]}.{parts[2]}"
            yield ("attention.weight" if name == "attention" else name), value

    def run(self, layer, chunk, dropped):
        """A layer over one chunk: its states at every token, from a zero state."""
        module = self.recurrent[layer]
        weights = dict(module.named_parameters())
        share = self.case["recurrent_dropout"]
        if dropped and share:
            for direction in range(self.directions):
                name = "weight_hh_l0" + ("_reverse" if direction else "")
                key = fold(KEY, IN_STACK, ON_WEIGHTS, layer * self.directions + direction)
                shape = weights[name].shape
                weights[name] = weights[name] * mask(share, key, range(shape.numel())).reshape(shape)
        states, _ = torch.func.functional_call(module, weights, (chunk[None],))
        return states[0]

    def pool(self, states):
        length, hidden, kind = len(states), self.case["hidden_size"], self.case["pooling"]
        last = torch.cat((states[-1, :hidden], states[0, hidden:]))
        if kind == "last":
            return last
        if kind == "mean":
            return states.mean(0)
        if kind == "max":
            return states.max(0).values
        if kind == "mean_max_last":
            return torch.cat((states.mean(0), states.max(0).values, last))
        if kind == "attention":
            return (states @ self.attention).softmax(0) @ states
        ends = [number * length // self.parts for number in range(self.parts + 1)]
        parts = [states[a:b].max(0).values if b > a else torch.zeros(states.shape[1]) for a, b in zip(ends, ends[1:])]
        return torch.cat(parts)

    def forward(self, texts, dropped):
        rows = sorted(range(len(texts)), key=lambda text: (-len(texts[text]), text))
        share, hidden = self.case["locked_dropout"] if dropped else 0, self.case["hidden_size"]
        logits = []
        for number, text in enumerate(texts):
            of_text = lambda *words: random_bits(number, fold(KEY, *words))
            x = self.embedding(torch.tensor(text))
            x = x * mask(share, of_text(ON_EMBEDDINGS), range(DIM))
            chunks = -(-len(text) // self.case["chunk_len"]) if self.case["chunk_len"] else 1
            ends = [number * len(text) // chunks for number in range(chunks + 1)]
            for layer in range(self.case["num_layers"]):
                if layer:
                    x = x * mask(share, of_text(IN_STACK, layer), padded_places(hidden, self.directions))
                x = torch.cat([self.run(layer, x[a:b], dropped) for a, b in zip(ends, ends[1:])])
                if self.norm:
                    x = self.norm[layer](x)
            places = padded_places(hidden, self.directions * self.parts)
            first = rows.index(number) * (self.directions * self.parts * (-(-hidden // 16) * 16))
            pooled = self.pool(x) * mask(share, fold(KEY, BEFORE_HEAD), [first + place for place in places])
            logits.append(self.head(pooled))
        return torch.stack(logits)


PLAIN = dict(
    num_layers=2, bidirectional=True, hidden_size=7, pooling="last", segments=1, locked_dropout=0.0, recurrent_dropout=0.0,
    layer_norm=False, chunk_len=0,
)
CASES = {
    "recurrent_dropout": dict(recurrent_dropout=0.4),
    "locked_dropout": dict(locked_dropout=0.3, pooling="mean"),
    "layer_norm": dict(layer_norm=True),
    "layer_norm_wide": dict(layer_norm=True, hidden_size=18, num_layers=1, pooling="attention"),
    "chunks": dict(chunk_len=4, pooling="mean_max_last"),
    "chunks_segments": dict(chunk_len=2, pooling="segments", segments=3, bidirectional=False),
    "all": dict(locked_dropout=0.2, recurrent_dropout=0.3, layer_norm=True, chunk_len=3, pooling="attention"),
}


def main():
    torch.set_default_dtype(torch.float64)
    tensors, cases = {}, {}
    torch.manual_seed(0)
    texts = [torch.randint(1, VOCAB, (length,)).tolist() for length in LENGTHS]
    labels = torch.randint(0, CLASSES, (len(LENGTHS),))
    for cell in CELLS:
        for what, options in CASES.items():
            torch.manual_seed(len(cases))
            case = dict(PLAIN, cell=cell, packed=True, **options)
            name = f"{cell}_{what}"
            model = Classifier(case)
            adam = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
            for key, value in model.named():
                tensors[f"{name}/before/{key}"] = value.detach().clone()
            tensors[f"{name}/logits"] = model(texts, False).detach().clone()
            for step in range(STEPS):
                loss = nn.functional.cross_entropy(model(texts, True), labels)
                adam.zero_grad()
                loss.backward()
                if step == 0:
                    tensors[f"{name}/loss"] = loss.detach().reshape(1).clone()
                    for key, value in model.named():
                        tensors[f"{name}/gradient/{key}"] = value.grad.clone()
                adam.step()
            for key, value in model.named():
                tensors[f"{name}/after/{key}"] = value.detach().clone()
            cases[name] = case
    about = dict(
        made_with={"torch": torch.__version__.split("+")[0], "dtype": "float64, stored as float32", "seeds": "the case's number"},
        dim=DIM, vocab_size=VOCAB, num_classes=CLASSES, steps=STEPS, learning_rate=LEARNING_RATE, texts=texts, labels=labels.tolist(), cases=cases,
    )
    save_file({k: v.float().contiguous() for k, v in tensors.items()}, OUT, metadata={"about": json.dumps(about, sort_keys=True)})
    print(OUT, OUT.stat().st_size, "bytes,", len(cases), "cases")


main()
