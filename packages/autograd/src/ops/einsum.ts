/** @file (to be written) */
export {};
