/**
 * @file Which modules may import which others: no cycles, and in one direction only. Imports of types are ignored, because
 * they do not exist at run time.
 */

// In autograd: graph <- ops <- transforms, and graph <- engine <- backends; all of them check arguments. Records of
// primitives refer to their kernels: ops -> kernels -> engine, backends.
const mayNotImport = {
  arguments: ['ops', 'transforms', 'engine', 'backends', 'debug', 'io', 'testing'],
  graph: ['ops', 'transforms', 'engine', 'backends', 'debug', 'io', 'testing'],
  ops: ['transforms', 'engine', 'backends', 'debug', 'io', 'testing'],
  kernels: ['ops', 'transforms', 'debug', 'io', 'testing'],
  engine: ['ops', 'transforms', 'backends', 'debug', 'io', 'testing'],
  transforms: ['backends', 'debug', 'io', 'testing'],
  backends: ['transforms', 'io', 'testing'],
  debug: ['testing'],
  io: ['transforms', 'backends', 'testing'],
};
const autograd = '^packages/autograd/src/';
const tests = '\\.test(-d)?\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A module that needs itself through another may see it half made.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: {},
      // Found at run time, if they are installed.
      to: { couldNotResolve: true, pathNot: '^(koffi|webgpu|@tensorflow/.*|@jax-js/.*)$' },
    },
    ...Object.entries(mayNotImport).map(([from, to]) => ({
      name: `direction-of-${from}`,
      comment: `${from}/ may not import ${to.join(', ')}.`,
      severity: 'error',
      from: { path: `${autograd}${from}/`, pathNot: tests },
      to: { path: `${autograd}(${to.join('|')})/` },
    })),
    {
      name: 'public-entry-points-only',
      comment: 'nn, optim, export and the examples are written as a user would.',
      severity: 'error',
      from: {
        path: '^(packages/(nn|optim|export)/src|examples)/',
        pathNot: [tests, '^packages/export/src/module/', '^packages/export/src/cli/files\\.ts$'],
      },
      to: {
        path: '^packages/autograd/',
        pathNot: `${autograd}(index|io/index|testing/index|recorder/index)\\.ts$`,
      },
    },
    {
      name: 'modules-are-made-of-kernels',
      comment:
        'What exports modules reads the kernels themselves, and the command line writes files as checkpoints are written: ' +
        'by the entry for internals.',
      severity: 'error',
      from: { path: '^packages/export/src/(module/|cli/files\\.ts$)', pathNot: tests },
      to: {
        path: '^packages/autograd/',
        pathNot: `${autograd}(index|io/index|recorder/index|internal)\\.ts$`,
      },
    },
    {
      name: 'distributed-and-autograd',
      comment: 'distributed adds primitives of its own, and is otherwise written as a user would.',
      severity: 'error',
      from: { path: '^packages/distributed/src/', pathNot: tests },
      to: {
        path: '^packages/(autograd|nn|optim)/',
        pathNot: `^packages/(autograd/src/(index|io/index|internal)|nn/src/(index|data/index))\\.ts$`,
      },
    },
    {
      name: 'autograd-stands-alone',
      severity: 'error',
      from: { path: '^packages/autograd/', pathNot: tests },
      to: { path: '^packages/(nn|optim|distributed|export)/' },
    },
    {
      name: 'nothing-needs-the-exporters',
      severity: 'error',
      from: { path: '^packages/(nn|optim)/', pathNot: tests },
      to: { path: '^packages/export/' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|out|node_modules|\.data)/' },
    enhancedResolveOptions: {
      conditionNames: ['import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
