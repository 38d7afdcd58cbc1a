/** @file Attention with several heads. */
import {
  amax,
  checkArgument,
  defineOptions,
  kinds,
  cat,
  ChainruleError,
  dropout as drop,
  linear,
  matmul,
  type Parameter,
  scaledDotProductAttention,
  ShapeError,
  softmax,
  type Tensor,
  where,
  zeros,
} from '@chainrule/autograd';
import * as init from '../../init/index.js';
import { countedInputs } from '../../module/counted.js';
import { Module } from '../../module/module.js';
import { zerosParameter, type ParameterOptions } from '../create.js';
import { Linear } from '../linear/linear.js';
import { maskOf } from './attentionMask.js';

/** Options of `MultiheadAttention`. */
export interface MultiheadAttentionOptions extends ParameterOptions {
  /** The dropout probability of the attention weights, in training mode. Default 0. */
  readonly dropout?: number;
  /** Whether projections have a bias. Default true. */
  readonly bias?: boolean;
  /** Whether a learned key and value are added to each sequence. Default false. */
  readonly addBiasKv?: boolean;
  /** Whether a key and a value of zeros are added to each sequence. Default false. */
  readonly addZeroAttn?: boolean;
  /** The number of features of keys, and of values unless `vdim` is given. Default `embedDim`. */
  readonly kdim?: number;
  /** The number of features of values. Default `kdim`. */
  readonly vdim?: number;
  /** Whether sequences are `[batch, time, features]` instead of `[time, batch, features]`. Default false. */
  readonly batchFirst?: boolean;
}

/** Options of a call of `MultiheadAttention`. */
export interface AttentionCallOptions {
  /** `[batch, keys]`: true at keys to ignore, or numbers to add to the scores. */
  readonly keyPaddingMask?: Tensor | null | undefined;
  /** Whether the attention weights are returned. Default true; it is faster without. */
  readonly needWeights?: boolean;
  /**
   * `[queries, keys]` or `[batch · heads, queries, keys]`: true where a query must not attend, or numbers to add to
   * the scores.
   */
  readonly attnMask?: Tensor | null | undefined;
  /** Whether the weights are averaged over the heads. Default true. */
  readonly averageAttnWeights?: boolean;
  /** Whether queries attend to no later keys; then no `attnMask` is needed. Default false. */
  readonly isCausal?: boolean;
}

const attentionOptions = defineOptions<MultiheadAttentionOptions>({
  dropout: kinds.fraction,
  bias: kinds.flag,
  addBiasKv: kinds.flag,
  addZeroAttn: kinds.flag,
  kdim: kinds.count,
  vdim: kinds.count,
  batchFirst: kinds.flag,
  dtype: kinds.dtype,
});
const attentionCall = defineOptions<AttentionCallOptions>({
  keyPaddingMask: kinds.orNull(kinds.tensor),
  needWeights: kinds.flag,
  attnMask: kinds.orNull(kinds.tensor),
  averageAttnWeights: kinds.flag,
  isCausal: kinds.flag,
});

/**
 * Attention with several heads (Vaswani et al. 2017): `softmax(Q Kᵀ / √d + mask) V` for each head, with projections
 * of query, key and value, and a projection of the concatenated heads. `[queries, batch, embed] → [output,
 * weights]`; the weights are `[batch, queries, keys]`, `[batch, heads, queries, keys]` or null. The batch may be
 * missing.
 *
 * A query that may attend to nothing has weights of 0, so a padded sequence leaves all gradients finite. PyTorch:
 * `nn.MultiheadAttention`, where these weights are NaN with `need_weights`.
 *
 * @example const [output] = new MultiheadAttention(64, 4, { batchFirst: true }).forward(x, x, x, { isCausal: true, needWeights: false });
 */
export class MultiheadAttention extends Module {
  static override readonly inputs: readonly string[] = ['query', 'key', 'value'];

  static override readonly stateKeys: Readonly<Record<string, string>> = {
    inProjWeight: 'in_proj_weight',
    qProjWeight: 'q_proj_weight',
    kProjWeight: 'k_proj_weight',
    vProjWeight: 'v_proj_weight',
    inProjBias: 'in_proj_bias',
    outProj: 'out_proj',
    biasK: 'bias_k',
    biasV: 'bias_v',
  };

  /** The three projections together, `[3 · embed, embed]`; null where keys or values have another size. */
  readonly inProjWeight: Parameter | null;
  /** The projection of queries, where keys or values have another size; else null. */
  readonly qProjWeight: Parameter | null;
  /** The projection of keys, where keys or values have another size; else null. */
  readonly kProjWeight: Parameter | null;
  /** The projection of values, where keys or values have another size; else null. */
  readonly vProjWeight: Parameter | null;
  /** The biases of the three projections together, `[3 · embed]`; null without `bias`. */
  readonly inProjBias: Parameter | null;
  /** The projection of the concatenated heads. */
  readonly outProj: Linear;
  /** The key that is added to each sequence; null without `addBiasKv`. */
  readonly biasK: Parameter | null;
  /** The value that is added to each sequence; null without `addBiasKv`. */
  readonly biasV: Parameter | null;
  /** The number of features of a query. */
  readonly embedDim: number;
  /** The number of heads, which share the features evenly. */
  readonly numHeads: number;
  private readonly options: MultiheadAttentionOptions;

  constructor(embedDim: number, numHeads: number, given?: MultiheadAttentionOptions) {
    super();
    const options = attentionOptions('MultiheadAttention', given);
    checkArgument('MultiheadAttention', 'embedDim', embedDim, kinds.count);
    checkArgument('MultiheadAttention', 'numHeads', numHeads, kinds.count);
    if (embedDim % numHeads !== 0) {
      throw new ChainruleError(
        `MultiheadAttention: ${embedDim} features do not divide into ${numHeads} heads`,
      );
    }
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.options = options;
    const { bias = true, addBiasKv = false, kdim = embedDim, vdim = embedDim, dtype } = options;
    const xavier = (...shape: number[]): Parameter =>
      init.xavierUniform(zerosParameter(shape, dtype));
    const same = kdim === embedDim && vdim === embedDim;
    this.inProjWeight = same ? xavier(3 * embedDim, embedDim) : null;
    this.qProjWeight = same ? null : xavier(embedDim, embedDim);
    this.kProjWeight = same ? null : xavier(embedDim, kdim);
    this.vProjWeight = same ? null : xavier(embedDim, vdim);
    this.inProjBias = bias ? zerosParameter([3 * embedDim], dtype) : null;
    this.outProj = new Linear(embedDim, embedDim, { bias, ...(dtype && { dtype }) });
    if (this.outProj.bias !== null) init.zeros(this.outProj.bias);
    this.biasK = addBiasKv ? init.xavierNormal(zerosParameter([1, 1, embedDim], dtype)) : null;
    this.biasV = addBiasKv ? init.xavierNormal(zerosParameter([1, 1, embedDim], dtype)) : null;
  }

  override forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    given?: AttentionCallOptions,
  ): [output: Tensor, weights: Tensor | null] {
    const call = attentionCall('MultiheadAttention', given);
    const { needWeights = true, averageAttnWeights = true } = call;
    const batched = query.ndim === 3;
    const first = this.options.batchFirst === true;
    // From here on sequences are [batch, time, features].
    const inward = (x: Tensor): Tensor =>
      !batched ? x.unsqueeze(0) : first ? x : x.transpose(0, 1);
    this.check(query, key, value);
    const [q, k, v] = this.heads(
      inward(query),
      key === query ? null : inward(key),
      value === key ? null : inward(value),
    );
    const added = (this.biasK === null ? 0 : 1) + (this.options.addZeroAttn === true ? 1 : 0);
    const mask = maskOf(q, k, call, { added, batched });
    const p = this.training ? (this.options.dropout ?? 0) : 0;
    let weights: Tensor | null = null;
    let mixed: Tensor;
    if (needWeights) {
      const scores = matmul(q.mul(1 / Math.sqrt(q.shape.at(-1) as number)), k.transpose(-2, -1));
      weights = drop(mask === null ? softmax(scores, -1) : maskedWeights(scores.add(mask)), p);
      mixed = matmul(weights, v);
    } else {
      mixed = scaledDotProductAttention(q, k, v, mask, { dropoutP: p });
    }
    const [n = 0, , l = 0] = q.shape;
    const output = this.outProj.forward(mixed.transpose(1, 2).reshape([n, l, this.embedDim]));
    const returnedWeights = weights !== null && averageAttnWeights ? weights.mean(1) : weights;
    return [
      !batched ? output.squeeze(0) : first ? output : output.transpose(0, 1),
      returnedWeights === null || batched ? returnedWeights : returnedWeights.squeeze(0),
    ];
  }

  /** Projections split into heads, `[batch, heads, time, size]`. A null key is the query, a null value the key. */
  private heads(
    query: Tensor,
    key: Tensor | null,
    value: Tensor | null,
  ): [q: Tensor, k: Tensor, v: Tensor] {
    const { embedDim: e, inProjWeight: w, inProjBias: b } = this;
    const part = (i: number): Tensor | null => (b === null ? null : b.narrow(0, i * e, e));
    const project = (x: Tensor, i: number, own: Tensor | null): Tensor =>
      linear(x, own ?? (w as Tensor).narrow(0, i * e, e), part(i));
    const [q, k, v] =
      w !== null && key === null && value === null
        ? (linear(query, w, b).chunk(3, -1) as [Tensor, Tensor, Tensor])
        : [
            project(query, 0, this.qProjWeight),
            project(key ?? query, 1, this.kProjWeight),
            project(value ?? key ?? query, 2, this.vProjWeight),
          ];
    return [
      this.split(q),
      this.split(this.extend(k, this.biasK)),
      this.split(this.extend(v, this.biasV)),
    ];
  }

  /** Adds the learned entry and the one of zeros at the end of keys or values. */
  private extend(x: Tensor, learned: Tensor | null): Tensor {
    const [n = 0, , e = 0] = x.shape;
    const more = learned === null ? x : cat([x, learned.expand([n, 1, e])], 1);
    return this.options.addZeroAttn === true
      ? cat([more, zeros([n, 1, e], { dtype: x.dtype })], 1)
      : more;
  }

  private split(x: Tensor): Tensor {
    const [n = 0, l = 0] = x.shape;
    return x.reshape([n, l, this.numHeads, this.embedDim / this.numHeads]).transpose(1, 2);
  }

  private check(query: Tensor, key: Tensor, value: Tensor): void {
    const { embedDim, options } = this;
    const features = [embedDim, options.kdim ?? embedDim, options.vdim ?? embedDim];
    const inputs = [query, key, value];
    if (
      (query.ndim !== 2 && query.ndim !== 3) ||
      inputs.some((x, i) => x.ndim !== query.ndim || x.shape.at(-1) !== features[i]) ||
      String(key.shape.slice(0, -1)) !== String(value.shape.slice(0, -1))
    ) {
      throw new ShapeError(
        `MultiheadAttention: expected query, key and value of 2 or 3 dimensions with ${features.join(', ')} features, ` +
          `key and value of the same length; got ${inputs.map((x) => `[${x.shape.join(', ')}]`).join(', ')}`,
      );
    }
  }

  override multiplyAdds(inputs: readonly Tensor[]): number {
    const { embedDim: e, options } = this;
    const [query, key = query] = countedInputs(inputs) as readonly [Tensor, Tensor?];
    const [k, v] = [options.kdim ?? e, options.vdim ?? e];
    const [tokens, keys] = [query.size / e, key.size / k];
    const batch =
      query.ndim === 3 ? (query.shape[options.batchFirst === true ? 0 : 1] as number) : 1;
    return tokens * e * e + keys * e * (k + v) + (2 * tokens * keys * e) / Math.max(1, batch);
  }
}

/** The softmax of each row; 0 for a row of −∞. */
function maskedWeights(scores: Tensor): Tensor {
  const none = amax(scores, -1, { keepdim: true }).eq(-Infinity);
  return where(none, 0, softmax(scores, -1));
}
