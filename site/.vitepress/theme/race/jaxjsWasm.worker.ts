/** @file jax-js on WebAssembly. */
import { prepare } from './jaxjs';
import { serve } from './task';

serve((task) => prepare(task, 'wasm'));
