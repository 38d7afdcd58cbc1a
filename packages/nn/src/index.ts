/** @file `@chainrule/nn`: layers, losses, and the modules that models are made of. */
export { Parameter } from '@chainrule/autograd';
export { Module, type ForwardHook, type ForwardPreHook } from './module/module.js';
export { functionalCall } from './module/functionalCall.js';
export type { StateDict } from './module/state.js';
export * from './layers/index.js';
export * from './losses/index.js';
export * as functional from './functional.js';
export * as init from './init.js';
export * as utils from './utils/index.js';
