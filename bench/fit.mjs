/**
 * @file The cost of `fit` compared with the bare compiled loop, on MNIST's network: alternating epochs of both in one
 * process, each with a call of its own. Usage, after a build: `node bench/fit.mjs [epochs] [onNonFinite]`.
 */
import { fit } from '@chainrule/nn/train';
import { mnistNetworks } from './mnistNetworks.mjs';

const BATCHES = 300;
const WARM_UP = 5;
const epochs = Number(process.argv[2] ?? 40);
const onNonFinite = process.argv[3] ?? 'throw';

const setUp = mnistNetworks(BATCHES);
const bare = setUp();
const { model, data, optimizer, loss } = setUp();
/** Microseconds per step, one entry per epoch. */
const times = { bare: [], fit: [] };
const iterate = data[Symbol.asyncIterator];
let begun = null;

/** An epoch of the bare loop, including the turns in which its dropped values are freed: otherwise `fit` would pay for them. */
async function bareEpoch() {
  const start = performance.now();
  for (const [x, y] of bare.data) bare.step(x, y).item();
  for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
  times.bare.push(((performance.now() - start) / BATCHES) * 1000);
}

// `fit` asks for its data at the start of an epoch; the first batch comes after an epoch of the bare loop.
data[Symbol.asyncIterator] = () => {
  if (begun !== null) times.fit.push(((performance.now() - begun) / BATCHES) * 1000);
  let batches = null;
  const begin = async () => {
    await bareEpoch();
    batches = iterate.call(data);
    begun = performance.now();
    return batches.next();
  };
  return { next: () => batches?.next() ?? begin(), return: () => batches?.return() };
};
await fit(model, { data, optimizer, loss, epochs, onNonFinite });

const part = (list, p) =>
  list.slice(WARM_UP).sort((a, b) => a - b)[Math.floor((list.length - WARM_UP) * p)];
for (const [name, p] of [
  ['least', 0],
  ['tenth', 0.1],
  ['quarter', 0.25],
  ['median', 0.5],
]) {
  const [loop, whole] = [part(times.bare, p), part(times.fit, p)];
  console.log(
    `${name.padEnd(8)} ${loop.toFixed(0)} µs, fit ${whole.toFixed(0)} µs (+${((whole / loop - 1) * 100).toFixed(1)} %)`,
  );
}
