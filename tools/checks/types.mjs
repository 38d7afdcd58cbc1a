/**
 * @file Compiles the declarations as a user's compiler does: with old libraries, with and without browser types, with
 * everything checked; and measures their cost, in instantiated types. Builds nothing: run `npm run build` first.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

// What is there and about a tenth: a change that makes everybody's editor slower is to be seen.
const budgets = { use: 31_000, node: 49_500, tests: 205_500 };

const entries = readdirSync(join(root, 'packages')).flatMap((name) => {
  const { exports } = JSON.parse(
    readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'),
  );
  return Object.keys(exports ?? {})
    .filter((path) => path !== './package.json' && !path.endsWith('internal'))
    .map((path) => `@chainrule/${name}${path.slice(1)}`);
});

const program = `${entries.map((entry, i) => `import * as entry${i} from '${entry}';`).join('\n')}
import { grad, tensor } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';
import { Adam } from '@chainrule/optim';

export const all = [${entries.map((_entry, i) => `entry${i}`).join(', ')}];
const slope: number[] = grad((x) => x.square().sum())(tensor([1, 2])).toArray() as number[];
const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1));
const optimizer = new Adam(model.parameters(), { lr: 0.01 });
for (let step = 0; step < 100; step++) {
  const loss = nn.functional.mseLoss(model.forward(tensor([[1, 2]])), tensor([[3]]));
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
}
export { slope };
`;

// Browsers accept only arrays whose memory is not shared.
const page = `import { tensor } from '@chainrule/autograd';
import { encodeSafetensors } from '@chainrule/autograd/io';
const x = tensor([1, 2]);
export const blob = new Blob([encodeSafetensors({ x }), x.dataSync()]);
export const sent = fetch('/x', { method: 'POST', body: encodeSafetensors({ x }) });
export const later = x.data().then((values) => new Blob([values]));
`;

// TypeScript before 5.7 has no type arguments for typed arrays; tools/build/declarations.mjs writes them in another way.
for (const name of readdirSync(join(root, 'packages'))) {
  const types = join(root, 'packages', name, 'dist', 'types');
  if (!existsSync(types)) continue;
  for (const path of readdirSync(types, { recursive: true })) {
    if (!path.endsWith('.ts')) continue;
    const [found] =
      /\b\w+Array<ArrayBuffer\w*>/.exec(readFileSync(join(types, path), 'utf8')) ?? [];
    if (found === undefined) continue;
    console.error(`${name}/dist/types/${path}: ${found}, which TypeScript before 5.7 cannot read`);
    process.exitCode = 1;
  }
}

function check(title, files, options, budget) {
  const made = ts.createProgram(files, {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: ts.ScriptTarget.ES2020,
    types: [],
    ...options,
  });
  const errors = ts.getPreEmitDiagnostics(made);
  const count = made.getInstantiationCount();
  console.log(`${title}: ${errors.length} errors, ${count} instantiations (at most ${budget})`);
  if (errors.length > 0) {
    const host = {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => root,
      getNewLine: () => '\n',
    };
    console.error(ts.formatDiagnostics(errors.slice(0, 20), host));
  }
  if (errors.length > 0 || count > budget) process.exitCode = 1;
}

// Inside examples/, where the packages resolve as in a user's program.
const folder = mkdtempSync(join(root, 'examples', '.types-'));
try {
  const file = join(folder, 'use.ts');
  writeFileSync(file, program);
  const esnext = {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const node = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  check(
    'ES2020 and a browser',
    [file],
    { ...esnext, lib: ['lib.es2020.d.ts', 'lib.dom.d.ts'] },
    budgets.use,
  );
  const inPage = join(folder, 'page.ts');
  writeFileSync(inPage, page);
  check(
    'Values in a page',
    [inPage],
    { ...esnext, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'] },
    budgets.use,
  );
  check('ES2020 alone', [file], { ...esnext, lib: ['lib.es2020.d.ts'] }, budgets.use);
  check('Node', [file], { ...node, lib: ['lib.es2022.d.ts'], types: ['node'] }, budgets.node);
} finally {
  rmSync(folder, { recursive: true });
}

const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config,
  ts.sys,
  root,
);
const tests = readdirSync(join(root, 'packages/autograd/test-types'))
  .filter((name) => name.endsWith('.test-d.ts'))
  .map((name) => join(root, 'packages/autograd/test-types', name));
check('Literal shapes', tests, options, budgets.tests);
