"""Reference values of the word-vector trainers: single steps from PyTorch in float64, sampling from gensim.

Writes crates/embeddings/tests/golden/trainers.json: one step of plain gradient descent on skip-gram's, CBOW's and GloVe's loss for made-up
numbers, and gensim's noise distribution and keep probabilities for made-up word counts.

    python tools/golden/trainers.py          needs torch, gensim and numpy
"""
import json
import pathlib

import gensim
import numpy as np
import torch
from gensim.models import Word2Vec
from torch.nn.functional import logsigmoid

OUT = pathlib.Path(__file__).parents[2] / "crates/embeddings/tests/golden/trainers.json"
SEED, RATE, DIM = 7, 0.05, 6
LOG_COUNT, WEIGHT = 1.7, 0.4
SAMPLE, NS_EXPONENT = 1e-3, 0.75


def negative_sampling_loss(inputs, outputs):
    scores = inputs @ outputs.T
    return -logsigmoid(scores[:, 0]).sum() - logsigmoid(-scores[:, 1:]).sum()


def step(loss_of, **parameters):
    """The parameters, their loss, and the parameters after one step of gradient descent."""
    leaves = {name: value.clone().requires_grad_() for name, value in parameters.items()}
    loss = loss_of(**leaves)
    optimizer = torch.optim.SGD(leaves.values(), lr=RATE)
    loss.backward()
    optimizer.step()
    listed = lambda values: {name: value.detach().tolist() for name, value in values.items()}
    return {"before": listed(parameters), "loss": loss.item(), "after": listed(leaves)}


def steps(random):
    tensor = lambda *shape: torch.tensor(random.uniform(-1, 1, shape))
    shares = torch.tensor([0.2, 0.3, 0.5])
    glove_cost = lambda row, column, row_bias, column_bias: (
        0.5 * WEIGHT * (row @ column + row_bias + column_bias - LOG_COUNT) ** 2
    )
    return {
        "skip_gram": step(negative_sampling_loss, inputs=tensor(4, DIM), outputs=tensor(3, DIM)),
        "cbow": step(
            lambda contexts, outputs: negative_sampling_loss((shares @ contexts)[None], outputs),
            contexts=tensor(3, DIM),
            outputs=tensor(5, DIM),
        )
        | {"shares": shares.tolist()},
        "glove": step(glove_cost, row=tensor(DIM), column=tensor(DIM), row_bias=tensor(), column_bias=tensor())
        | {"log_count": LOG_COUNT, "weight": WEIGHT},
    }


def sampling():
    counts = [9000, 4000, 1500, 700, 700, 90, 12, 5]
    words = {f"w{rank}": count for rank, count in enumerate(counts)}
    model = Word2Vec(vector_size=1, min_count=1, sample=SAMPLE, ns_exponent=NS_EXPONENT)
    model.build_vocab_from_freq(words)
    order = [model.wv.key_to_index[word] for word in words]
    noise = np.diff(model.cum_table.astype(float), prepend=0) / float(model.cum_table[-1])
    keep = [float(model.wv.get_vecattr(word, "sample_int")) / 2**32 for word in words]
    noise = [float(noise[index]) for index in order]
    return {"counts": counts, "sample": SAMPLE, "ns_exponent": NS_EXPONENT, "noise": noise, "keep": keep}


def main():
    torch.set_default_dtype(torch.float64)
    versions = {"torch": torch.__version__, "gensim": gensim.__version__, "numpy": np.__version__, "seed": SEED}
    golden = {"made_with": versions, "rate": RATE, "steps": steps(np.random.default_rng(SEED)), "sampling": sampling()}
    OUT.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
