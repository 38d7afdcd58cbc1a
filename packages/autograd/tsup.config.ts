import { library } from '../../tools/tsup.js';

export default library(
  {
    index: 'src/index.ts',
    functions: 'src/functions.ts',
    wasm: 'src/wasm.ts',
    io: 'src/io/index.ts',
    graph: 'src/recorder/index.ts',
    testing: 'src/testing/index.ts',
    internal: 'src/internal.ts',
    blas: 'src/backends/blas/node.ts',
    noBlas: 'src/backends/blas/none.ts',
    verify: 'src/engine/compile/verify.ts',
    noVerify: 'src/engine/compile/noVerify.ts',
  },
  { '#blas': 'src/backends/blas/node.ts', '#verify': 'src/engine/compile/verify.ts' },
);
