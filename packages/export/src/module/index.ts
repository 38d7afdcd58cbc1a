/** @file Functions as modules that need no framework. */
export { exportModule, type ExportedModule } from './exportModule.js';
export type { ExportModuleOptions, ModuleOptimizer, ModuleTraining } from './options.js';
