"""Train the amortised aggregator on described panels; runs in an environment with torch.

``train.py OUT.npz EXAMPLES.npz ...`` (see :mod:`bench.consensus.amortise`) writes the weights of
a small network. Loss of a panel: cross entropy, less the (soft) accuracy, plus
:data:`REGRET` times what it falls short of the majority's accuracy; the mean of panels.
"""

import sys
import time

import numpy as np
import torch
from torch import nn

HIDDEN, PANEL_HIDDEN = 48, 32
SEED, EPOCHS, BATCH, PATTERNS = 0, 8, 16, 128
RATE, DECAY, REGRET, SHARP, SAFETY = 2e-3, 1e-3, 5.0, 4.0, 0.003


def examples(paths: list[str]) -> list[dict[str, np.ndarray]]:
    """Read the examples of several files."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for path in paths:
        for key, value in np.load(path).items():
            seed, name = key.split("/")
            found.setdefault(seed, {})[name] = value.astype(np.float32)
    return list(found.values())


def scales(panels: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return means and standard deviations of what is described."""
    width = panels[0]["by_class"].shape[-1]
    parts = {
        "by_class": np.concatenate([p["by_class"].reshape(-1, width)[:200] for p in panels]),
        "by_item": np.concatenate([p["by_item"][:50] for p in panels]),
        "panel": np.stack([p["panel"] for p in panels]),
    }
    return {
        f"{name}_{what}": value
        for name, part in parts.items()
        for what, value in (("mean", part.mean(axis=0)), ("sd", part.std(axis=0) + 1e-3))
    }


class Aggregator(nn.Module):
    """Scores each class of a pattern from its description, the best of the others', and the panel's."""

    def __init__(self, n_class: int, n_item: int, n_panel: int) -> None:
        super().__init__()
        self.by_class = nn.Linear(n_class, HIDDEN)
        self.by_item = nn.Linear(n_item, HIDDEN, bias=False)
        self.panel_in = nn.Linear(n_panel, PANEL_HIDDEN)
        self.panel_out = nn.Linear(PANEL_HIDDEN, HIDDEN, bias=False)
        self.beside = nn.Linear(2 * HIDDEN, HIDDEN)
        self.score = nn.Linear(HIDDEN, 1, bias=False)
        self.majority = nn.Parameter(torch.tensor([1.0]))
        nn.init.zeros_(self.score.weight)

    def forward(self, by_class, by_item, panel, share):
        seen = self.panel_out(torch.relu(self.panel_in(panel)))[:, None, None, :]
        hidden = torch.relu(self.by_class(by_class) + self.by_item(by_item).unsqueeze(2) + seen)
        best = hidden.max(2, keepdim=True)[0].expand_as(hidden)
        hidden = torch.relu(self.beside(torch.cat([hidden, best], -1)))
        return self.score(hidden).squeeze(-1) + self.majority * torch.log(share + 0.02)


def batch_of(panels, scale, rng=None):
    """Return tensors of panels with one number of classes, padded with patterns of weight 0."""
    some = [
        np.arange(len(p["share"])) if rng is None else rng.permutation(len(p["share"]))[:PATTERNS]
        for p in panels
    ]
    n, k = max(map(len, some)), panels[0]["share"].shape[1]
    by_class = np.zeros((len(panels), n, k, panels[0]["by_class"].shape[-1]), np.float32)
    by_item = np.zeros((len(panels), n, panels[0]["by_item"].shape[-1]), np.float32)
    share = np.full((len(panels), n, k), 1 / k, np.float32)
    truth = np.zeros((len(panels), n, k), np.float32)
    for i, (p, at) in enumerate(zip(panels, some, strict=True)):
        by_class[i, : len(at)] = (p["by_class"][at] - scale["by_class_mean"]) / scale["by_class_sd"]
        by_item[i, : len(at)] = (p["by_item"][at] - scale["by_item_mean"]) / scale["by_item_sd"]
        share[i, : len(at)], truth[i, : len(at)] = p["share"][at], p["truth"][at]
    panel = (np.stack([p["panel"] for p in panels]) - scale["panel_mean"]) / scale["panel_sd"]
    parts = (by_class.clip(-6, 6), by_item, panel.clip(-4, 4).astype(np.float32), share, truth)
    return [torch.from_numpy(np.ascontiguousarray(part)) for part in parts]


def train(panels, scale, seed):
    """Fit one network."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    first = panels[0]
    model = Aggregator(first["by_class"].shape[-1], first["by_item"].shape[-1], len(first["panel"]))
    by_size: dict[int, list] = {}
    for p in panels:
        by_size.setdefault(p["share"].shape[1], []).append(p)
    steps = EPOCHS * sum(-(-len(group) // BATCH) for group in by_size.values())
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    began = time.perf_counter()
    for epoch in range(EPOCHS):
        batches = []
        for group in by_size.values():
            order = rng.permutation(len(group))
            batches += [
                [group[i] for i in order[j : j + BATCH]] for j in range(0, len(order), BATCH)
            ]
        total = 0.0
        for at in rng.permutation(len(batches)):
            by_class, by_item, panel, share, truth = batch_of(batches[at], scale, rng)
            score = model(by_class, by_item, panel, share)
            weight = truth / truth.sum((1, 2), keepdim=True).clamp(min=1)
            entropy = -(weight * torch.log_softmax(score, -1)).sum((1, 2))
            right = (weight * torch.softmax(SHARP * score, -1)).sum((1, 2))
            lead = (share >= share.max(-1, keepdim=True)[0] - 1e-6).float()
            majority = (weight * lead / lead.sum(-1, keepdim=True)).sum((1, 2))
            regret = torch.relu(majority - right + SAFETY)
            loss = (entropy - right + REGRET * regret).mean()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(
            seed,
            epoch,
            round(total / len(batches), 4),
            round(time.perf_counter() - began),
            flush=True,
        )
    return {name: value.detach().numpy() for name, value in model.state_dict().items()}


def main() -> None:
    """Train and write."""
    torch.set_num_threads(1)
    panels = examples(sys.argv[2:])
    scale = scales(panels)
    weights = scale | train(panels, scale, SEED)
    np.savez_compressed(sys.argv[1], **{n: v.astype(np.float32) for n, v in weights.items()})


if __name__ == "__main__":
    main()
