"""The chains and loops of `../limits.ts` with PyTorch on one thread: `python torchLimitsPeer.py [chains loops]`."""
import sys, time
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(0)
wanted = set(sys.argv[1:])
say = lambda name, text: print(f"{name:34} {text}", flush=True)


def timed(f):
    start = time.process_time()
    f()
    return (time.process_time() - start) * 1e6


median = lambda times: sorted(times)[len(times) // 2]


def chains():
    w, x = nn.Parameter(torch.randn(32)), torch.randn(32)
    steps = [lambda y: y * w, lambda y: y.tanh(), lambda y: y + w, lambda y: y.sin(), lambda y: y * 0.99, lambda y: y - w]

    def run(length, state):
        w.grad = None
        y = x
        for _ in range(length):
            state = (state * 1664525 + 1013904223) % 2**32
            y = steps[(state >> 12) % len(steps)](y)
        loss = y.sum()
        loss.backward()
        loss.item()

    for length in (100, 1000, 10_000, 100_000, 1_000_000):
        rounds = 40 if length < 1e4 else 8 if length < 1e5 else 3 if length < 1e6 else 1
        first = [timed(lambda: run(length, i + length)) for i in range(rounds)]
        say(f"chain of {length}", f"{first[0] / length:.2f} at once, {median(first) / length:.2f} each")


def measure(name, step):
    first = timed(step)
    for _ in range(20): step()
    times = [timed(step) for _ in range(15)]
    say(name, f"{first / 1e3:.1f} ms at first, then {median(times) / 1e3:.2f}, least {min(times) / 1e3:.2f}")


def loops():
    for n in (200, 1000):
        for name, layer in (("LSTM", nn.LSTM(16, 32, batch_first=True)), ("GRU", nn.GRU(16, 32, batch_first=True))):
            x = torch.randn(8, n, 16)

            def step():
                layer.zero_grad()
                loss = layer(x)[0].square().mean()
                loss.backward()
                loss.item()

            measure(f"{name} of {n}", step)
        lstm, gru, x = nn.LSTMCell(16, 32), nn.GRUCell(16, 32), torch.randn(8, n, 16)

        def over_lstm():
            lstm.zero_grad()
            state = (torch.zeros(8, 32), torch.zeros(8, 32))
            for xt in x.unbind(1): state = lstm(xt, state)
            loss = state[0].square().mean()
            loss.backward()
            loss.item()

        def over_gru():
            gru.zero_grad()
            h = torch.zeros(8, 32)
            for xt in x.unbind(1): h = gru(xt, h)
            loss = h.square().mean()
            loss.backward()
            loss.item()

        measure(f"LSTMCell, {n} times", over_lstm)
        measure(f"GRUCell, {n} times", over_gru)


for name, f in (("chains", chains), ("loops", loops)):
    if not wanted or name in wanted: f()
