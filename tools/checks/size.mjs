/** @file The sizes of the packages in a page, minified and gzipped, against a budget. After a build. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const kB = 1000;

const all = (entry) => `export * as ${entry} from '@chainrule/${entry}';`;
const few = `import { tensor, Parameter, compile } from '@chainrule/autograd';
console.log(tensor, Parameter, compile);`;

/**
 * `external` is what the page is assumed to have already. The engine compiles its kernels itself, and the operations that
 * most programs need are methods of a tensor, so a page that imports three names has much of it. Budgets are the current
 * sizes.
 */
const budgets = [
  { name: 'autograd', contents: [all('autograd')], external: [], budget: 261.6 * kB },
  { name: '3 names of it', contents: [few], external: [], budget: 112.3 * kB },
  {
    name: 'nn + optim',
    contents: ['nn', 'optim'].map(all),
    external: ['autograd'],
    budget: 64.2 * kB,
  },
  {
    name: 'optim/solve',
    contents: [`export * as solve from '@chainrule/optim/solve';`],
    external: ['autograd'],
    budget: 18 * kB,
  },
  {
    name: 'all three',
    contents: ['autograd', 'nn', 'optim'].map(all),
    external: [],
    budget: 318.9 * kB,
  },
];

/** The sizes of small programs, with everything they need. */
const squared = (path, square) =>
  `import { grad, square, tensor } from '@chainrule/autograd${path}'; console.log(grad((x) => ${square})(tensor(3)).item());`;
const programs = [
  { name: 'x², functions', contents: [squared('/functions', 'square(x)')], budget: 28.9 * kB },
  { name: 'x², default', contents: [squared('', 'x.square()')], budget: 105.7 * kB },
  {
    name: 'Linear + Adam',
    contents: [
      `import { tensor } from '@chainrule/autograd'; import { Linear } from '@chainrule/nn';
      import { Adam } from '@chainrule/optim'; const model = new Linear(2, 1); const adam = new Adam(model.parameters());
      model.forward(tensor([[1, 2]])).sum().backward(); adam.step(); console.log(String(model));`,
    ],
    budget: 130.4 * kB,
  },
  {
    name: 'CNN',
    contents: [
      `import { randn } from '@chainrule/autograd'; import { Adam } from '@chainrule/optim';
      import { Conv2d, CrossEntropyLoss, Flatten, Linear, MaxPool2d, ReLU, Sequential } from '@chainrule/nn';
      const model = new Sequential(new Conv2d(1, 8, 3), new ReLU(), new MaxPool2d(2), new Flatten(), new Linear(1352, 10));
      const adam = new Adam(model.parameters());
      new CrossEntropyLoss().forward(model.forward(randn([2, 1, 28, 28])), [1, 2]).backward(); adam.step();`,
    ],
    budget: 145.2 * kB,
  },
  // Of the file of the namespace, which esbuild keeps whole where it is imported from elsewhere.
  {
    name: 'one loss',
    contents: [
      `import { tensor } from '@chainrule/autograd'; import { mseLoss } from '@chainrule/nn/functional';
      console.log(mseLoss(tensor([1]), tensor([2])).item());`,
    ],
    budget: 104.8 * kB,
  },
  {
    name: 'Vite template',
    contents: [`import '../packages/create-chainrule/templates/vite/main.ts';`],
    budget: 131.6 * kB,
  },
];
budgets.push(...programs.map((program) => ({ ...program, external: [] })));

/** The files that a page loads before anything runs. */
function loadedAtOnce(outputs) {
  const found = new Set(
    Object.keys(outputs).filter((path) => outputs[path].entryPoint === '<stdin>'),
  );
  for (const path of found) {
    for (const { path: other, kind, external } of outputs[path].imports)
      if (kind === 'import-statement' && !external) found.add(other);
  }
  return found;
}

for (const { name, contents, external, budget } of budgets) {
  const { outputFiles, metafile } = await build({
    // Resolved from the examples, which depend on all three.
    stdin: { contents: contents.join('\n'), resolveDir: examples },
    external: [...external.map((entry) => `@chainrule/${entry}`), 'koffi', 'webgpu', 'node:*'],
    bundle: true,
    // A device that is loaded on demand is a chunk of its own.
    splitting: true,
    outdir: 'out',
    absWorkingDir: examples,
    metafile: true,
    // The built files, not the sources that "paths" in tsconfig points to.
    tsconfigRaw: '{}',
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  });
  const code = Buffer.concat(
    outputFiles
      .filter(({ path }) => loadedAtOnce(metafile.outputs).has(relative(examples, path)))
      .map((file) => file.contents),
  );
  const gzipped = gzipSync(code, { level: 9 }).length;
  const over = gzipped > budget;
  const figure = (bytes) => `${(bytes / kB).toFixed(1).padStart(6)} kB`;
  console.log(
    `${name.padEnd(13)} ${figure(code.length)} minified, ${figure(gzipped)} gzipped` +
      ` of ${figure(budget)}${over ? '  OVER BUDGET' : ''}`,
  );
  if (over) process.exitCode = 1;
}
