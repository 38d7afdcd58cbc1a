import { library } from '../../tools/tsup.js';

export default library({ index: 'src/index.ts', launch: 'src/launch.ts' });
