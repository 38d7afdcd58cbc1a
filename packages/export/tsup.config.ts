import { library } from '../../tools/tsup.js';

export default library({ index: 'src/index.ts', cli: 'src/cli/main.ts' });
