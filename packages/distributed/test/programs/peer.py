"""A rank in Python beside ranks of Chainrule: the same meetings and collectives by mpi4py, written from their description.

A collective begins with a meeting: the least of seven int32 over all ranks, of its number n, ~n, the FNV-1a hash h of its
text, ~h, a hash of what must be equal (0 here), ~0, and −1 where a number is not finite. Then its data follows.
"""
import json
import os
import sys

import numpy as np
from mpi4py import MPI

world = MPI.COMM_WORLD
number = 0


def wait(request):
    request.Wait()


def meet(text):
    global number
    number += 1
    h = 0x811C9DC5
    for c in text:
        h = ((h ^ ord(c)) * 16777619) & 0xFFFFFFFF
    h = h - 2**32 if h >= 2**31 else h
    words = np.array([number, ~number, h, ~h, 0, ~0, 0], np.int32)
    least = np.empty_like(words)
    wait(world.Iallreduce(words, least, MPI.MIN))
    if not (least == words).all():
        sys.exit(f"the ranks do not do the same at #{number}: {text}")


def all_reduce(x):
    meet(f"allReduce sum float32 [{', '.join(map(str, x.shape))}]")
    out = np.empty_like(x)
    # Between machines the blocking collectives are used.
    if int(os.environ["OMPI_COMM_WORLD_LOCAL_SIZE"]) < world.size:
        world.Allreduce(x, out, MPI.SUM)
    else:
        wait(world.Iallreduce(x, out, MPI.SUM))
    return out


def all_gather(x):
    meet(f"allGather float32 [{', '.join(map(str, x.shape))}] along 0")
    out = np.empty((world.size, *x.shape), np.float32)
    wait(world.Iallgather([x, MPI.BYTE], [out, x.nbytes, MPI.BYTE]))
    return out.reshape(-1, *x.shape[1:])


def broadcast(x, root):
    meet(f"broadcastTensor float32 [{', '.join(map(str, x.shape))}] from rank {root}")
    x = x.copy()
    wait(world.Ibcast([x, MPI.BYTE], root))
    return x


options = {"deterministic": "false", "seed": "undefined", "checkEvery": "100", "onNonFinite": "throw", "bucketBytes": 25 * 2**20}
meet("\n".join(["distributed (version 0.1.0)", *(f"{k}: {v}" for k, v in options.items())]))
x = np.arange(6, dtype=np.float32).reshape(2, 3) * (world.rank + 1)
result = {"sum": all_reduce(x), "gathered": all_gather(x), "root": broadcast(x, 0), "mine": broadcast(x, world.size - 1)}
with open(os.path.join(os.environ["RESULTS"], f"{world.rank}.json"), "w") as file:
    json.dump({k: v.ravel().tolist() for k, v in result.items()}, file)
meet("close")
