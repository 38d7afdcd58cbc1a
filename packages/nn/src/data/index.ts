/** @file The public surface of `@chainrule/nn/data`. */
export { collate, type Collated } from './collate.js';
export {
  DataLoader,
  type DataLoaderOptions,
  type DataSource,
  type ItemOf,
  type ShapedArray,
} from './dataLoader.js';
export { randomSplit, Subset, TensorDataset, type Dataset, type RowDataset } from './datasets.js';
