/** @file The public surface of `@chainrule/nn/data`. */
export { collate, type Collated } from './collate.js';
export { DataLoader, type DataLoaderOptions, type LoaderState } from './dataLoader.js';
export type { DataSource, ItemOf, ShapedArray } from './dataSource.js';
export { ConcatDataset, StackDataset, type Indexed, type StackedItem } from './combined.js';
export { randomSplit, Subset, TensorDataset, type Dataset, type RowDataset } from './datasets.js';
export { BatchSampler, type BatchSamplerOptions } from './batchSampler.js';
export { DistributedSampler, type DistributedSamplerOptions } from './distributedSampler.js';
export type { BatchChooser, Pass, Sampler } from './sampler.js';
export * from './samplers.js';
