/** @file Writes tfjs.listed.json: the public names of TensorFlow.js, which the site installs. `node tools/names/list.mjs`. */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../site/package.json', import.meta.url));
const log = console.log;
console.log = () => undefined; // suppresses its greeting
const tf = require('@tensorflow/tfjs');
console.log = log;

const functions = (owner) =>
  Object.keys(owner)
    .filter((name) => typeof owner[name] === 'function' && /^[a-zA-Z]/.test(name))
    .filter((name) => !/^[A-Z]/.test(name))
    .sort();
/** The interfaces between its own parts: backends, kernels, platforms. */
const inner =
  /(?<!^[gs]et)[bB]ackend|[kK]ernel|Platform|^register|^deregister|^upcast|^assert|^copyRegistered|^unregister|^device_util/;

const groups = {
  tf: functions(tf).filter((name) => !inner.test(name)),
};
for (const name of [
  'train',
  'linalg',
  'losses',
  'metrics',
  'initializers',
  'layers',
  'image',
  'signal',
  'spectral',
])
  groups[`tf.${name}`] = functions(tf[name]);
const source = `TensorFlow.js ${require('@tensorflow/tfjs/package.json').version}`;
writeFileSync(
  new URL('tfjs.listed.json', import.meta.url),
  `${JSON.stringify({ source, groups }, null, 1)}\n`,
);
