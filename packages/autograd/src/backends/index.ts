/** @file Chooses the backend that runs plans. */
import { engine } from '../engine/evaluate.js';
import { interpreter } from './interpreter/interpreter.js';

engine.backend = interpreter;
