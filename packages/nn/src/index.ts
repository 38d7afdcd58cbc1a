/** @file `@chainrule/nn`: layers, losses, and the modules that models are made of. */
export { Parameter } from '@chainrule/autograd';
export { Module } from './module/module.js';
export type { ForwardHook, ForwardPreHook } from './module/hooks.js';
export { functionalCall } from './module/functionalCall.js';
export { stackModuleState } from './module/stackModuleState.js';
export type { StateDict } from './module/state.js';
export * from './layers/index.js';
export * from './losses/index.js';
export * as functional from './functional.js';
export * as init from './init/index.js';
export * as utils from './utils/index.js';
