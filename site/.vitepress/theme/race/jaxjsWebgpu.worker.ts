/** @file jax-js on WebGPU. */
import { prepare } from './jaxjs';
import { serve } from './task';

serve((task) => prepare(task, 'webgpu'));
