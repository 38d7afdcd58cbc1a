/** @file TensorFlow.js on WebGL. */
import { serve } from './task';
import { prepare } from './tensorflow';

serve((task) => prepare(task, 'webgl'));
