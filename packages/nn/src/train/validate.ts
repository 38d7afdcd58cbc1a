/** @file Evaluates a model on data that it is not trained on. */
import { checkArgument, noGrad, Tensor, type Parameter } from '@chainrule/autograd';
import { Mean, type Metric } from '../metrics/index.js';
import type { Module } from '../module/module.js';
import { breathe } from '../breathe.js';
import { addPlace, nothingIn } from './batches.js';
import type { Figures } from './events.js';
import { aModule, validateOptions, type FitOptions } from './options.js';
import { judgeOf, numberIn } from './trainer.js';

/** The options of `validate`: those options of `fit` that concern validation. */
export type ValidateOptions<B> = Pick<FitOptions<B>, 'data' | 'loss' | 'step' | 'metrics'>;

/**
 * The mean loss and the metrics of a model on some data, without gradients and in `eval` mode; the model's mode is restored
 * afterwards. Each batch is weighted by its number of examples.
 *
 * @example
 * const { loss, accuracy } = await validate(model, {
 *   data: loader,
 *   loss: nn.functional.crossEntropy,
 *   metrics: { accuracy: new Accuracy() },
 * });
 */
export async function validate<B>(model: Module, given: ValidateOptions<B>): Promise<Figures> {
  checkArgument('validate', 'model', model, aModule);
  const options = validateOptions(
    'validate',
    given as ValidateOptions<unknown>,
  ) as ValidateOptions<B>;
  const judge = judgeOf(model, options);
  const metrics = Object.entries(options.metrics ?? {});
  const mean = new Mean();
  for (const [, metric] of metrics) metric.reset();
  const wasTraining = model.training;
  model.eval();
  let at = 0;
  let total = 0;
  try {
    for await (const batch of options.data) {
      const { loss, prediction, target } = noGrad(() => judge(batch));
      const examples = examplesOf(batch);
      // The mean of nothing is NaN, and has no weight.
      if (examples > 0) mean.update(await numberIn(loss), examples);
      total += examples;
      for (const [, metric] of metrics) feed(metric, prediction, target);
      await breathe();
      at++;
    }
  } catch (error) {
    addPlace(error, `in batch ${at} of the validation data`);
    throw error;
  } finally {
    if (wasTraining) model.train();
  }
  if (total === 0) throw nothingIn('validate', options.data, 'examples');
  return { loss: mean.compute(), ...figuresOf(metrics) };
}

/** Updates a metric with a prediction and a target. */
export function feed(
  metric: Metric<unknown, never, never>,
  prediction: unknown,
  target: unknown,
): void {
  metric.update(prediction as never, target as never);
}

/** The results of metrics by name. */
export function figuresOf(
  metrics: readonly (readonly [string, Metric<unknown, never, never>])[],
): Record<string, unknown> {
  return Object.fromEntries(metrics.map(([name, metric]) => [name, metric.compute()]));
}

/** The number of examples in a batch: the first size of the first tensor in it. */
export function examplesOf(batch: unknown): number {
  const first = firstTensor(batch);
  return first === null || first.ndim === 0 ? 1 : (first.shape[0] as number);
}

function firstTensor(tree: unknown): Tensor | Parameter | null {
  if (tree instanceof Tensor) return tree;
  if (typeof tree !== 'object' || tree === null || ArrayBuffer.isView(tree)) return null;
  for (const part of Array.isArray(tree) ? (tree as unknown[]) : Object.values(tree)) {
    const found = firstTensor(part);
    if (found !== null) return found;
  }
  return null;
}
