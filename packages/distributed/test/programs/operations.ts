/**
 * @file The collectives on several ranks: their values, and their derivatives beside central differences in float64, in which
 * each rank in turn moves one of its elements and all ranks' losses are added up.
 */
import {
  compile,
  grad,
  jvp,
  ones,
  tensor,
  vmap,
  type Tensor,
  valueAndGrad,
  type TypedArray,
} from '@chainrule/autograd';
import { allGather, allReduce, broadcastTensor, distributed } from '@chainrule/distributed';
import { Linear } from '@chainrule/nn';
import { SGD } from '@chainrule/optim';
import { report } from './report.js';

const world = await distributed({ deterministic: true });
const { rank, size } = world;
const of = (f: (i: number) => number, n = 6): Tensor =>
  tensor(
    Float64Array.from({ length: n }, (_, i) => f(i)),
    { shape: [2, n / 2] },
  );
/** Another on each rank, without ties. */
const x = of((i) => Math.sin(3 * i + 5 * rank + 1));
const weights = of((i) => 1 + Math.cos(i + rank));

const operations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  sum: (x) => allReduce(x),
  mean: (x) => allReduce(x, { op: 'mean' }),
  max: (x) => allReduce(x, { op: 'max' }),
  min: (x) => allReduce(x, { op: 'min' }),
  gather: (x) => allGather(x),
  gatherAlong: (x) => allGather(x, { dim: -1 }),
  broadcast: (x) => broadcastTensor(x, { root: 1 }),
};
const arrayOf = (x: Tensor): number[] => Array.from(x.dataSync());
/** A loss of this rank, curved so that second derivatives are there. */
const lossOf =
  (op: (x: Tensor) => Tensor) =>
  (x: Tensor): Tensor => {
    const y = op(x.mul(weights));
    return y
      .square()
      .mul(y.add(0.3 * (rank + 1)))
      .sum();
  };
const total = (x: number): number => allReduce(tensor(Float64Array.of(x))).dataSync()[0] ?? NaN;

/** The derivative of all ranks' values of `f` by each element of this rank's `x`. */
function differences(f: (x: Tensor) => number): number[] {
  const h = 1e-5;
  const found: number[] = [];
  for (let r = 0; r < size; r++) {
    for (let i = 0; i < x.size; i++) {
      const at = (by: number): number => {
        const moved: TypedArray = x.dataSync();
        if (r === rank) moved[i] = (moved[i] as number) + by;
        return total(f(tensor(moved, { shape: x.shape })));
      };
      const slope = (at(h) - at(-h)) / (2 * h);
      if (r === rank) found.push(slope);
    }
  }
  return found;
}

const results = Object.entries(operations).map(([name, op]) => {
  const loss = lossOf(op);
  const first = (x: Tensor): Tensor => grad(loss)(x);
  const tangent = of((i) => Math.cos(7 * i + rank));
  const h = 1e-5;
  const along = (by: number): Tensor => op(x.add(tangent.mul(by)));
  const batch = tensor(
    Float64Array.from({ length: 18 }, (_, i) => Math.sin(i * i + rank)),
    {
      shape: [3, 2, 3],
    },
  );
  const [mapped, looped] = [
    vmap((x: Tensor) => op(x))(batch),
    [0, 1, 2].map((k) => arrayOf(op(batch.select(0, k)))).flat(),
  ];
  const recorded = compile((x: Tensor) => valueAndGrad(loss)(x));
  recorded(x); // the second call replays
  const [value, gradient] = recorded(x);
  return {
    name,
    value: arrayOf(op(x)),
    shape: op(x).shape,
    gradient: arrayOf(first(x)),
    slopes: differences((x) => loss(x).item()),
    second: arrayOf(grad((x: Tensor) => first(x).mul(weights).sum())(x)),
    secondSlopes: differences((x) => first(x).mul(weights).sum().item()),
    tangent: arrayOf(jvp((x: Tensor) => op(x), [x], [tangent])[1]),
    tangentSlopes: arrayOf(
      along(h)
        .sub(along(-h))
        .div(2 * h),
    ),
    mapped: arrayOf(mapped),
    looped,
    compiled: [value.item(), ...arrayOf(gradient)],
    plain: [loss(x).item(), ...arrayOf(first(x))],
  };
});
const whole = tensor([rank + 1, 2 ** 31 - 1, -rank], { dtype: 'int32' });
const empty = tensor(new Float32Array(0), { shape: [0, 3] });
// A compiled step within noSync and out of it.
const model = new Linear(2, 1);
world.broadcast(model);
const optimizer = world.optimizer(new SGD(model.parameters(), { lr: 0.1 }));
const step = compile((x: Tensor) => {
  optimizer.zeroGrad();
  model.forward(x).sum().backward();
  optimizer.step();
});
const exchanges = (f: () => void): number => {
  const before = world.usage().collectives;
  f();
  return world.usage().collectives - before;
};
const steps = [() => step(ones([1, 2])), () => world.noSync(() => step(ones([1, 2])))];
const quiet = [...steps, ...steps].map(exchanges);
report(rank, {
  quiet,
  x: arrayOf(x),
  results,
  whole: arrayOf(allReduce(whole)),
  greatest: arrayOf(allReduce(whole, { op: 'max' })),
  flags: arrayOf(allGather(tensor([rank === 1, true]))),
  empty: [allReduce(empty).shape, allGather(empty).shape],
  nan: arrayOf(allReduce(tensor([rank === 1 ? NaN : 1]), { op: 'max' })),
});
