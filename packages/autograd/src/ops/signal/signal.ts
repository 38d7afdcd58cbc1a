/** @file Signals: `signal.windows`. */
export * as windows from './windows.js';
