/** @file Writes docs/accuracy.md: the largest error of each element function and its derivatives. Run: npx ts-node tools/accuracy.ts */
import { mkdirSync, writeFileSync } from 'node:fs';
import {
  exceptions,
  measure,
  type Accuracy,
} from '../packages/autograd/test/operations/accuracy.js';
import {
  binaryNames,
  measureBinary,
  measureReduction,
  reductionNames,
  type FurtherAccuracy,
} from '../packages/autograd/test/operations/accuracyFurther.js';

const figure = ({ worst, name, dtype, bounds }: Accuracy, order: number): string => {
  const { units, at } = worst[order] as Accuracy['worst'][number];
  const over = units > (bounds[order] as number);
  const why = exceptions[`${name} ${dtype} ${order}`]?.why;
  const text = `${units.toFixed(2)} at ${Number(at.toPrecision(3))}`;
  return over ? `**${text}**${why === undefined ? '' : ` (${why})`}` : text;
};

const rows = measure('float32').map((single) => {
  const double = measure('float64', [single.name])[0] as Accuracy;
  const cells = [single, double].flatMap((a) => [0, 1, 2].map((order) => figure(a, order)));
  return `| \`${single.name}\` | ${cells.join(' | ')} |`;
});

const further = (
  names: readonly string[],
  of: (name: string, dtype: 'float32' | 'float64') => FurtherAccuracy,
): string =>
  names
    .map((name) => {
      const cells = (['float32', 'float64'] as const).flatMap((dtype) =>
        of(name, dtype).worst.map(({ units }) => units.toFixed(2)),
      );
      return `| \`${name}\` | ${cells.join(' | ')} |`;
    })
    .join('\n');
const head = `| --- | --- | --- | --- | --- | --- | --- |`;

const page = `# Accuracy

The largest error of each element function and of its first and second derivative, in units in the last place of the exact
result, over all exponents of its domain, and where it was found. The exact results are in multiple precision
(\`packages/autograd/test/fixtures/accuracy.py\`). Bounds: 2 units for the value, 4 and 16 for the derivatives; 4, 8 and 32 for
\`lgamma\` and \`digamma\`. A test holds them on every backend. Near a zero away from x = 0, where terms cancel, a unit is one
of the largest term. What is above its bound is bold, with the reason.

Made by \`npx ts-node tools/accuracy.ts\` on WebAssembly.

| function | float32 | first | second | float64 | first | second |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

## Functions of two numbers

The same bounds (2, 4, 16), for both first derivatives and all three second ones
(\`packages/autograd/test/fixtures/accuracyFurther.py\`).

| function | float32 | first | second | float64 | first | second |
${head}
${further(binaryNames, measureBinary)}

## Reductions

Of rows of 2 to 64 elements, among them huge and tiny ones, and logits of which one has nearly all of the sum. Bounds: 3, 6
and 16, as a sum of many elements rounds several times, and 16 for products, which round as often as they multiply. Each element of a gradient, and of a row of the matrix of second
derivatives, is measured by itself. An exponential feels the rounding of the difference it is given: of softmax and its kin,
all but the values of logarithms, the unit is that of the result times half the largest difference of the row.

| reduction | float32 | first | second | float64 | first | second |
${head}
${further(reductionNames, measureReduction)}
`;

mkdirSync(new URL('../docs/', import.meta.url), { recursive: true });
writeFileSync(new URL('../docs/accuracy.md', import.meta.url), page);
