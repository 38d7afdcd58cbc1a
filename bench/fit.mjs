/**
 * @file What `fit` costs beside the bare compiled loop on MNIST's network: epochs of both in turns, in one process, each with
 * one call of its own. Usage, after a build: `node bench/fit.mjs [epochs] [onNonFinite]`.
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
/** Microseconds a step, an epoch each. */
const times = { bare: [], fit: [] };
const iterate = data[Symbol.asyncIterator];
let begun = null;
// `fit` asks for its data at the begin of an epoch: an epoch of the bare loop comes before.
data[Symbol.asyncIterator] = () => {
  const asked = performance.now();
  if (begun !== null) times.fit.push(((asked - begun) / BATCHES) * 1000);
  for (const [x, y] of bare.data) bare.step(x, y).item();
  begun = performance.now();
  times.bare.push(((begun - asked) / BATCHES) * 1000);
  return iterate.call(data);
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
