import { library } from '../../tools/tsup.js';

export default library({
  index: 'src/index.ts',
  functions: 'src/functions.ts',
  wasm: 'src/wasm.ts',
  io: 'src/io/index.ts',
  graph: 'src/recorder/index.ts',
  testing: 'src/testing/index.ts',
  internal: 'src/internal.ts',
});
