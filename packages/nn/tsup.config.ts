import { library } from '../../tools/build/tsup.js';

export default library(
  {
    index: 'src/index.ts',
    data: 'src/data/index.ts',
    distributions: 'src/distributions/index.ts',
    metrics: 'src/metrics/index.ts',
    train: 'src/train/index.ts',
  },
  {
    namespaces: {
      functional: 'src/functional.ts',
      init: 'src/init/index.ts',
      utils: 'src/utils/index.ts',
    },
    together: [
      'src/broadcast.ts',
      'src/copy.ts',
      'src/functional.ts',
      'src/init/index.ts',
      'src/utils/index.ts',
    ],
  },
);
