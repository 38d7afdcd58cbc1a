/** @file A rank beside one in Python (`peer.py`). */
import { arange, tensor } from '@chainrule/autograd';
import { allGather, allReduce, broadcastTensor, distributed } from '@chainrule/distributed';
import { report } from './report.js';

const world = await distributed('mpi');
const x = tensor(
  arange(6)
    .mul(world.rank + 1)
    .dataSync(),
  { shape: [2, 3], dtype: 'float32' },
);
const [sum, gathered] = [allReduce(x), allGather(x)];
const [root, mine] = [broadcastTensor(x), broadcastTensor(x, { root: world.size - 1 })];
const all = Object.entries({ sum, gathered, root, mine });
report(world.rank, Object.fromEntries(all.map(([name, t]) => [name, Array.from(t.dataSync())])));
