/** @file The public surface of `@chainrule/nn/data`. */
export { collate, type Collated } from './collate.js';
export { DataLoader, type DataLoaderOptions, type LoaderState } from './dataLoader.js';
export type { DataSource, ItemOf, ShapedArray } from './dataSource.js';
export { randomSplit, Subset, TensorDataset, type Dataset, type RowDataset } from './datasets.js';
