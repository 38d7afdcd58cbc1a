import { library } from '../../tools/build/tsup.js';

export default library(
  { index: 'src/index.ts', solve: 'src/solve/index.ts' },
  { namespaces: { rules: 'src/rules/index.ts' }, together: ['src/rules/index.ts'] },
);
