/**
 * @file Filling parameters. Every function writes into the parameter it is given and returns it; numbers come from
 * autograd's generator, so `manualSeed` governs them. PyTorch: `torch.nn.init`.
 */
export * from './distributions.js';
export * from './variance.js';
