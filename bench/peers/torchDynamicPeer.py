"""Times the workloads whose shapes change at every step with PyTorch; prints two JSON lines a workload.

    python torchDynamicPeer.py --threads 1 [--filter SUBSTRING]

Mode `first` is the mean microseconds of a step in a pass over sizes that are all new, `seen` in a later pass.
"""
import argparse, json, time
import torch
import torch.nn.functional as F
from torch import nn

ap = argparse.ArgumentParser()
ap.add_argument("--threads", type=int, default=1)
ap.add_argument("--filter", default="")
args = ap.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(0)
SIZES = range(11, 51)


def numbers(seed):
    """Whole numbers in an order that every peer has."""
    state = seed
    def below(n):
        nonlocal state
        state = (state * 1103515245 + 12345) % 2147483648
        return state // 65536 % n
    return below


def report(name, make):
    if args.filter not in name: return
    step = make(); step(3); step(3)
    passes = []
    for _ in range(3):
        t = time.perf_counter()
        for n in SIZES: step(n)
        passes.append((time.perf_counter() - t) / len(SIZES) * 1e6)
    for mode, us in (("first", passes[0]), ("seen", min(passes[1:]))):
        print(json.dumps({"workload": name, "peer": "torch", "mode": mode, "threads": args.threads, "us": round(us, 1)}), flush=True)


def training(modules, loss_of):
    optimizer = torch.optim.Adam([p for m in modules for p in m.parameters()], lr=1e-3)
    def step(n):
        optimizer.zero_grad(); loss = loss_of(n); loss.backward(); optimizer.step()
        return loss.item()
    return step


def perceptron():
    model = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 10))
    return training([model], lambda n: F.cross_entropy(model(torch.randn(n, 32)), torch.randint(0, 10, (n,))))


def recurrent():
    rnn, head = nn.LSTM(16, 32, batch_first=True), nn.Linear(32, 5)
    return training([rnn, head], lambda n: F.cross_entropy(head(rnn(torch.randn(8, n, 16))[0][:, -1]), torch.randint(0, 5, (8,))))


def messages():
    first, second, head = nn.Linear(16, 32), nn.Linear(32, 32), nn.Linear(32, 3)
    def loss(n):
        below = numbers(5 + n)
        count = 3 * n + below(7)
        start, end = (torch.tensor([below(n) for _ in range(count)]) for _ in range(2))
        h = torch.randn(n, 16)
        for layer in (first, second):
            h = layer(h).relu()
            h = h + torch.zeros_like(h).index_add(0, end, h[start])
        return F.cross_entropy(head(h), torch.randint(0, 3, (n,)))
    return training([first, second, head], loss)


def generation():
    width, heads = 64, 4
    q, k, v, o = (nn.Linear(width, width) for _ in range(4))
    up, down = nn.Linear(width, 256), nn.Linear(256, width)
    embedding = nn.Embedding(64, width)
    def split(x): return x.view(-1, heads, width // heads).transpose(0, 1)
    def step(n):
        keys, values, token = [], [], torch.tensor([1])
        with torch.no_grad():
            for _ in range(n):
                x = embedding(token)
                keys.append(k(x)); values.append(v(x))
                all_keys, all_values = split(torch.cat(keys)), split(torch.cat(values))
                weights = (split(q(x)) @ all_keys.transpose(1, 2) / 4).softmax(-1)
                x = x + o((weights @ all_values).transpose(0, 1).reshape(1, width))
                x = x + down(up(x).relu())
                token = (x @ embedding.weight.T).argmax(-1)
        return token.item()
    return step


def images():
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(),
                          nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(8, 4))
    return training([model], lambda n: F.cross_entropy(model(torch.randn(4, 3, n, n + 3)), torch.randint(0, 4, (4,))))


def attention():
    layer, head = nn.MultiheadAttention(32, 4, batch_first=True), nn.Linear(32, 5)
    def loss(n):
        x = torch.randn(4, n, 32)
        return F.cross_entropy(head(layer(x, x, x, need_weights=False)[0].mean(1)), torch.randint(0, 5, (4,)))
    return training([layer, head], loss)


def grow_attention():
    query, key, value, nxt = layers = [nn.Linear(16, 16) for _ in range(4)]
    def loss(n):
        keys, values, losses, x = [], [], [], torch.ones(1, 16)
        for _ in range(n):
            keys.append(key(x)); values.append(value(x))
            x = nxt(x + (query(x) @ torch.cat(keys).t()).softmax(-1) @ torch.cat(values)).tanh()
            losses.append(x.square().mean())
        return torch.stack(losses).mean()
    return training(layers, loss)


def grow_mean():
    layers = [nn.Linear(16, 16) for _ in range(2)]
    def loss(n):
        states = [torch.ones(2, 16)]
        for _ in range(n): states.append(layers[0](torch.stack(states).mean(0)).tanh() + layers[1](states[-1]))
        return states[-1].square().mean()
    return training(layers, loss)


def grow_dense():
    layers = [nn.Linear(4 * (i + 1), 4) for i in range(50)]
    def loss(n):
        features = [torch.ones(8, 4)]
        for layer in layers[:n]: features.append(layer(torch.cat(features, 1)).relu())
        return torch.cat(features, 1).square().mean()
    return training(layers, loss)


def grow_tree():
    word, children = layers = [nn.Linear(16, 16) for _ in range(2)]
    below_n = numbers(5)
    def loss(n):
        below = [[] for _ in range(n)]
        for i in range(n - 1, -1, -1):
            total = torch.stack(below[i]).sum(0) if below[i] else torch.zeros(16)
            state = (word(torch.ones(16)) + children(total)).tanh()
            if i > 0: below[below_n(i)].append(state)
        return state.square().mean()
    return training(layers, loss)


def grow_policy():
    hidden, out = layers = nn.Linear(4, 16), nn.Linear(16, 2)
    below = numbers(5)
    def loss(n):
        chosen, entropies, state = [], [], torch.ones(4)
        for _ in range(n):
            log_probs = out(hidden(state).tanh()).log_softmax(-1)
            action = below(2)
            chosen.append(log_probs[action]); entropies.append(-(log_probs.exp() * log_probs).sum())
            state = state * 0.9 + torch.tensor([action, 1 - action, 0.1, -0.1])
        returns = torch.tensor([float(n - i) for i in range(n)])
        return -(torch.stack(chosen) * returns).mean() - torch.stack(entropies).mean() * 0.01
    return training(layers, loss)


report("dyn/mlp-batch", perceptron)
report("dyn/lstm-length", recurrent)
report("dyn/gnn", messages)
report("dyn/generate", generation)
report("dyn/images", images)
report("dyn/attention-length", attention)
report("grow/attention", grow_attention)
report("grow/mean", grow_mean)
report("grow/dense", grow_dense)
report("grow/tree", grow_tree)
report("grow/policy", grow_policy)
