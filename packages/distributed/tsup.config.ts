import { library } from '../../tools/build/tsup.js';

export default library({ index: 'src/index.ts', launch: 'src/launch.ts' });
