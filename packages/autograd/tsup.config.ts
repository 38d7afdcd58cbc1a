import { library } from '../../tools/build/tsup.js';

export default library(
  {
    index: 'src/index.ts',
    functions: 'src/functions.ts',
    wasm: 'src/wasm.ts',
    methods: 'src/methods.ts',
    io: 'src/io/index.ts',
    graph: 'src/recorder/index.ts',
    testing: 'src/testing/index.ts',
    internal: 'src/internal.ts',
    node: 'src/backends/node.ts',
    noNode: 'src/backends/noNode.ts',
  },
  {
    namespaces: {
      linalg: 'src/ops/linalg/linalg.ts',
      fft: 'src/ops/fourier/fft.ts',
      signal: 'src/ops/signal/signal.ts',
      special: 'src/ops/special/special.ts',
      einops: 'src/ops/einops/einops.ts',
    },
    namespacesOf: ['index', 'functions'],
    conditional: { '#node': 'src/backends/node.ts' },
    together: [
      'src/functions.ts',
      'src/backends/wasm/backend.ts',
      'src/backends/wasm/run/arrays.ts',
      'src/backends/wasm/threads/threads.ts',
      // What `node.ts` shares with `internal.ts`.
      'src/backends/wasm/run/preludeFile.ts',
      'src/engine/compile/verify.ts',
    ],
    later: ['src/backends/webgpu/backend.ts', 'src/backends/wasm/threads/pool.ts'],
    unnamed: ['src/backends/', 'src/engine/', 'src/arguments/', 'src/graph/pending.ts'],
  },
);
