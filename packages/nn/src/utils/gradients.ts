/** @file Limits the size of gradients. */
import {
  borrowGrad,
  checkArgument,
  type Kind,
  ChainruleError,
  type Cell,
  defineOptions,
  kinds,
  noGrad,
  norm,
  scalar,
  stack,
  Tensor,
  readList,
} from '@chainrule/autograd';

/** Parameters, or one. */
export type Parameters = Cell | Iterable<Cell>;

/** Options of `clipGradNorm` and `getTotalNorm`. */
export interface ClipOptions {
  /** Which norm: 2, 1, Infinity … */
  readonly normType?: number | undefined;
  /** Whether a total norm of NaN or infinity is an error; it is read at the call then. */
  readonly errorIfNonfinite?: boolean | undefined;
}

function withGradients(op: string, parameters: Parameters): [parameter: Cell, gradient: Tensor][] {
  // A tensor is iterable too, over its rows.
  const list =
    parameters instanceof Tensor
      ? [parameters]
      : readList(op, 'parameters', parameters, kinds.tensor as Kind<Cell>);
  return list.flatMap((p): [Cell, Tensor][] => {
    const g = borrowGrad(p);
    return g === null ? [] : [[p, g]];
  });
}

/**
 * Scales all gradients together so that the norm of all their elements is at most `maxNorm`; smaller ones do not
 * change. Returns the norm before clipping. Nothing is evaluated until the optimizer's step. PyTorch:
 * `nn.utils.clip_grad_norm_`.
 *
 * @example clipGradNorm(model.parameters(), 1)
 */
export function clipGradNorm(
  parameters: Parameters,
  maxNorm: number,
  options?: ClipOptions,
): Tensor {
  const given = readNorm('clipGradNorm', options);
  checkArgument('clipGradNorm', 'maxNorm', maxNorm, BOUND);
  return noGrad(() => {
    const pairs = withGradients('clipGradNorm', parameters);
    const total = totalNorm(
      'clipGradNorm',
      pairs.map(([, g]) => g),
      given,
    );
    scaleGradients(pairs, maxNorm, total);
    return total;
  });
}

/** The bound of the gradients; Infinity leaves them unchanged. */
const BOUND = kinds.kind<number>('be a number ≥ 0', (x) => typeof x === 'number' && x >= 0);

/**
 * The norm of all elements of the tensors together; 0 for none. PyTorch: `nn.utils.get_total_norm`.
 *
 * @throws {ChainruleError} with `errorIfNonfinite`, if it is NaN or infinite.
 * @example getTotalNorm([tensor([3]), tensor([4])]) // 5
 */
export function getTotalNorm(tensors: Tensor | Iterable<Tensor>, options?: ClipOptions): Tensor {
  const list = kinds.tensor.test(tensors)
    ? [tensors]
    : readList('getTotalNorm', 'tensors', tensors, kinds.tensor);
  return totalNorm('getTotalNorm', list, readNorm('getTotalNorm', options));
}

/**
 * Scales all gradients so that a total norm computed before would be at most `maxNorm`; smaller ones do not change.
 * PyTorch: `nn.utils.clip_grads_with_norm_`.
 * @example
 * const total = getTotalNorm(model.parameters().map((p) => p.grad));
 * clipGradsWithNorm(model.parameters(), 1, total);
 */
export function clipGradsWithNorm(
  parameters: Parameters,
  maxNorm: number,
  total: Tensor | number,
): void {
  checkArgument('clipGradsWithNorm', 'maxNorm', maxNorm, BOUND);
  checkArgument('clipGradsWithNorm', 'total', total, kinds.operand);
  noGrad(() => {
    const norm = total instanceof Tensor ? total : scalar(total);
    scaleGradients(withGradients('clipGradsWithNorm', parameters), maxNorm, norm);
  });
}

const readNorm = defineOptions<ClipOptions>({
  normType: kinds.number,
  errorIfNonfinite: kinds.flag,
});

const noOptions = defineOptions<Record<never, never>>({});

function totalNorm(
  op: string,
  tensors: readonly Tensor[],
  { normType = 2, errorIfNonfinite = false }: ClipOptions,
): Tensor {
  if (tensors.length === 0) return scalar(0);
  const norms = tensors.map((t) => norm(t, { p: normType }));
  const dtype = norms.some((n) => n.dtype === 'float64') ? 'float64' : 'float32';
  const total = norm(stack(norms.map((n) => n.cast(dtype))), { p: normType });
  if (errorIfNonfinite && !Number.isFinite(total.item())) {
    throw new ChainruleError(
      `${op}: the total norm of the gradients is ${total.item()}; nothing was scaled`,
    );
  }
  return total;
}

function scaleGradients(
  pairs: readonly (readonly [parameter: Cell, gradient: Tensor])[],
  maxNorm: number,
  total: Tensor,
): void {
  const factor = total.add(1e-6).reciprocal().mul(maxNorm).clamp(null, 1);
  for (const [p, g] of pairs) p.grad = g.mul(factor.cast(g.dtype));
}

/**
 * Clamps every element of the gradients to ±`clipValue`. PyTorch: `nn.utils.clip_grad_value_`.
 * @example clipGradValue(model.parameters(), 0.5);
 */
export function clipGradValue(parameters: Parameters, clipValue: number): void;
export function clipGradValue(
  parameters: Parameters,
  clipValue: number,
  options?: Record<never, never>,
): void {
  noOptions('clipGradValue', options);
  checkArgument('clipGradValue', 'clipValue', clipValue, BOUND);
  noGrad(() => {
    for (const [p, g] of withGradients('clipGradValue', parameters))
      p.grad = g.clamp(-clipValue, clipValue);
  });
}
