/** @file `@chainrule/nn/data`: data sets and batches; images, sound, text and tables as tensors. */
export { collate, type Collated } from './collate.js';
export { DataLoader, type BatchOf } from './dataLoader.js';
export type { DataLoaderOptions, LoaderState } from './loaderOptions.js';
export type { DataSource, ItemOf, ShapedArray } from './dataSource.js';
export { ConcatDataset, StackDataset, type Indexed, type StackedItem } from './combined.js';
export { randomSplit, Subset, TensorDataset, type Dataset, type RowDataset } from './datasets.js';
export { BatchSampler, type BatchSamplerOptions } from './batchSampler.js';
export { DistributedSampler, type DistributedSamplerOptions } from './distributedSampler.js';
export type { BatchChooser, BatchContext, Pass, Sampler } from './sampler.js';
export * from './samplers.js';
export { MapDataset } from './mapDataset.js';
export {
  SlidingWindows,
  TokenWindows,
  type SlidingWindowsOptions,
  type TokenWindowsOptions,
} from './windows.js';
export { serveDataset, type ServeDatasetOptions } from './workers/serveDataset.js';
export { WorkerDataset } from './workers/workerDataset.js';
export {
  type Canvas,
  draw,
  fromPixels,
  toPixels,
  type FromPixelsOptions,
  type PixelData,
} from './images/pixels.js';
export type { Interpolation } from './images/sample.js';
export * from './images/transforms.js';
export { colorJitter, type ColorJitterOptions } from './images/colorJitter.js';
export {
  videoFrames,
  type VideoElementLike,
  type VideoFrameLike,
  type VideoFramesOptions,
  type VideoImage,
  type VideoStreamLike,
} from './images/frames.js';
export { fromRows, parseCsv, toRows, type CsvOptions, type Row } from './tables.js';
export { readParquet, writeParquet, type ParquetOptions } from './parquet.js';
export {
  fromAudioBuffer,
  readWav,
  toAudioBuffer,
  writeWav,
  type AudioBufferLike,
  type Sound,
  type WriteWavOptions,
} from './audio.js';
export {
  TextTokenizer,
  type TextBatch,
  type TextBatchOptions,
  type TextTokenizerOptions,
  type TokenizerLike,
} from './tokenizer.js';
