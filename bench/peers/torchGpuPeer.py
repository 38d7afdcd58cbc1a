"""Times what `npm run bench:gpu` measures with PyTorch on CUDA: one JSON line a measurement, in milliseconds.

    python torchGpuPeer.py [--filter SUBSTRING]

Float32 products are float32 (no TF32). Twenty runs are queued before the device is waited for, as in the other program.
"""
import argparse, json, statistics, time
import torch
from torch import nn
from torch.nn import functional as F

ap = argparse.ArgumentParser()
ap.add_argument("--filter", default="")
args = ap.parse_args()
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
torch.manual_seed(1)
torch.set_default_device("cuda")
print(json.dumps({"name": "device", "device": torch.cuda.get_device_name(), "torch": torch.__version__}), flush=True)


def report(name, f, rows=20, rounds=7):
    if args.filter not in name: return
    for _ in range(3): f()
    torch.cuda.synchronize()
    times = []
    for _ in range(rounds):
        t = time.perf_counter()
        for _ in range(rows): f()
        torch.cuda.synchronize()
        times.append((time.perf_counter() - t) / rows * 1e3)
    print(json.dumps({"name": name, "ms": statistics.median(times)}), flush=True)


def train(name, model, x, y, criterion):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-6)
    def step():
        optimizer.zero_grad(); loss = criterion(model(x), y); loss.backward(); optimizer.step(); return loss
    report(f"train/{name}", step)


def mlp(sizes, activation):
    layers = []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        layers += [nn.Linear(a, b)] + ([activation()] if i < len(sizes) - 2 else [])
    return nn.Sequential(*layers)


class Recurrent(nn.Module):
    def __init__(s): super().__init__(); s.rnn = nn.LSTM(32, 64, batch_first=True); s.head = nn.Linear(64, 10)
    def forward(s, x): return s.head(s.rnn(x)[0][:, -1])


class CausalLM(nn.Module):
    """Pre-norm transformer, 2 layers, width 128, 4 heads, context 64, 256 tokens."""
    def __init__(s, V=256, D=128, T=64, H=4, L=2):
        super().__init__()
        s.tok = nn.Embedding(V, D); s.pos = nn.Parameter(torch.randn(T, D) * .02)
        s.body = nn.TransformerEncoder(nn.TransformerEncoderLayer(D, H, 4 * D, 0.0, activation="gelu", batch_first=True, norm_first=True), L, enable_nested_tensor=False)
        s.head = nn.Linear(D, V); s.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(T))
    def forward(s, x): return s.head(s.body(s.tok(x) + s.pos, mask=s.mask, is_causal=True)).flatten(0, 1)


ce, mse = nn.CrossEntropyLoss(), nn.MSELoss()
train("mlp-tiny", mlp([2, 16, 1], nn.Tanh), torch.randn(4, 2), torch.rand(4, 1), mse)
train("mlp-small", mlp([784, 256, 128, 10], nn.ReLU), torch.randn(64, 784), torch.randint(0, 10, (64,)), ce)
train("mlp-large", mlp([784, 1024, 1024, 10], nn.ReLU), torch.randn(256, 784), torch.randint(0, 10, (256,)), ce)
cnn = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
                    nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * 49, 10))
train("cnn", cnn, torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,)), ce)
train("lstm", Recurrent(), torch.randn(32, 50, 32), torch.randint(0, 10, (32,)), ce)
train("transformer", CausalLM(), torch.randint(0, 256, (16, 64)), torch.randint(0, 256, (16 * 64,)), ce)


@torch.no_grad()
def operations():
    for n in (1024, 2048, 4096, 8192):
        a, b = torch.randn(n, n), torch.randn(n, n)
        report(f"matmul-{n}", lambda: a @ b, rows=5)
    q, k, v = (torch.randn(1, 16, 1024, 64) for _ in range(3))
    report("attention", lambda: F.scaled_dot_product_attention(q, k, v))
    x, w = torch.randn(32, 64, 56, 56), torch.randn(64, 64, 3, 3)
    report("conv2d", lambda: F.conv2d(x, w, padding=1))
    a, b = torch.randn(4096, 4096), torch.randn(4096, 4096)
    report("add", lambda: a + b)
    report("softmax", lambda: a.softmax(1))
    report("sum", lambda: a.sum())


operations()
q, k, v = (torch.randn(1, 16, 1024, 64, requires_grad=True) for _ in range(3))
report("attention-grad", lambda: torch.autograd.grad(F.scaled_dot_product_attention(q, k, v).sum(), [q, k, v]))
x, w = (torch.randn(s, requires_grad=True) for s in ((32, 64, 56, 56), (64, 64, 3, 3)))
report("conv2d-grad", lambda: torch.autograd.grad(F.conv2d(x, w, padding=1).sum(), [x, w]))
