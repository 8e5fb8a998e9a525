"""Makes crates/nn/tests/golden/distillation.json: the loss of a row that learns from its label and from a teacher, and its gradient,
from PyTorch in float64.

    python tools/golden/distillation.py > crates/nn/tests/golden/distillation.json         needs torch

Logits are drawn here and rounded to float32, so that both sides see the same numbers; so are the teacher's probabilities.
"""

import json
import platform
import sys

import torch
import torch.nn.functional as F

SEED = 11
torch.manual_seed(SEED)


def case(classes, share, temperature, smoothing, spread):
    rounded = lambda x: x.float().double()
    logits = rounded(spread * torch.randn(classes, dtype=torch.float64)).requires_grad_()
    targets = rounded((spread * torch.randn(classes, dtype=torch.float64) / temperature).softmax(0))
    label = int(torch.randint(classes, ()))
    hard = F.cross_entropy(logits[None], torch.tensor([label]), label_smoothing=smoothing)
    soft = F.kl_div((logits / temperature).log_softmax(0)[None], targets[None], reduction="batchmean")
    loss = (1 - share) * hard + share * temperature**2 * soft
    loss.backward()
    return {
        "share": share,
        "temperature": temperature,
        "smoothing": smoothing,
        "label": label,
        "logits": logits.tolist(),
        "targets": targets.tolist(),
        "loss": loss.item(),
        "gradient": logits.grad.tolist(),
    }


cases = [
    case(classes, share, temperature, smoothing, spread)
    for classes, spread in [(2, 1.0), (5, 3.0), (17, 10.0)]
    for share, temperature, smoothing in [(0.5, 2.0, 0.0), (0.9, 1.0, 0.0), (0.25, 4.0, 0.1), (1.0, 0.5, 0.0)]
]
made_with = {"generator": "tools/golden/distillation.py", "seed": SEED, "python": platform.python_version(), "torch": torch.__version__}
sys.stdout.write('{"made_with": ' + json.dumps(made_with) + ',\n"cases": [\n')
sys.stdout.write(",\n".join(json.dumps(one, separators=(",", ":")) for one in cases))
sys.stdout.write("\n]}\n")
