/** @file Functions as modules that need no framework. */
export {
  exportModule,
  type ExportedModule,
  type ExportModuleOptions,
  type ModuleOptimizer,
  type ModuleTraining,
} from './exportModule.js';
