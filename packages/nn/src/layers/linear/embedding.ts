/** @file Tables of vectors, looked up by index. */
import {
  checkArgument,
  defineOptions,
  kinds,
  ChainruleError,
  embedding,
  eq,
  indexAdd,
  IndexError,
  noGrad,
  Parameter,
  randn,
  ShapeError,
  tensor,
  type Tensor,
  where,
  zeros,
  type DType,
} from '@chainrule/autograd';
import * as f from '@chainrule/autograd';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';

/** Options of `Embedding`. */
export interface EmbeddingOptions {
  /** The index whose vector starts at zero and gets no gradient. */
  readonly paddingIdx?: number | null;
  /** Vectors that are looked up are first scaled down to this norm, in place. */
  readonly maxNorm?: number | null;
  /** The order of the norm of `maxNorm`. Default 2. */
  readonly normType?: number;
  /** Whether a vector's gradient is divided by the number of times it is looked up in a call. */
  readonly scaleGradByFreq?: boolean;
  /** The dtype of the parameters. Default float32. */
  readonly dtype?: DType;
}

const embeddingOptions = defineOptions<EmbeddingOptions>({
  paddingIdx: kinds.orNull(kinds.whole),
  maxNorm: kinds.orNull(kinds.positive),
  normType: kinds.real,
  scaleGradByFreq: kinds.flag,
  dtype: kinds.dtype,
});

/** `weight: [count, size]`, drawn from N(0, 1). */
abstract class Table extends Module {
  static override readonly inputs: readonly string[] = ['indices'];

  /** How many vectors there are. */
  readonly numEmbeddings: number;
  /** The size of a vector. */
  readonly embeddingDim: number;
  /** `[numEmbeddings, embeddingDim]`. */
  readonly weight: Parameter;
  protected readonly paddingIdx: number | null;
  protected readonly options: EmbeddingOptions;

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions) {
    super();
    const { name } = new.target;
    this.numEmbeddings = checkArgument(name, 'numEmbeddings', numEmbeddings, kinds.count);
    this.embeddingDim = checkArgument(name, 'embeddingDim', embeddingDim, kinds.count);
    this.options = options;
    const { paddingIdx: padding = null, dtype = 'float32' } = options;
    if (padding !== null && (padding < -numEmbeddings || padding >= numEmbeddings)) {
      throw new IndexError(
        `${new.target.name}: paddingIdx ${padding} is outside of ${numEmbeddings} embeddings`,
      );
    }
    this.paddingIdx = padding === null ? null : padding < 0 ? padding + numEmbeddings : padding;
    const values = randn([numEmbeddings, embeddingDim], { dtype });
    this.weight = new Parameter(
      this.paddingIdx === null ? values : where(this.rows(this.paddingIdx), 0, values),
    );
  }

  /** True in the row of one index: `[count, 1]`. */
  private rows(index: number): Tensor {
    return eq(f.arange(this.numEmbeddings), index).unsqueeze(1);
  }

  /** The vectors of `indices`, with the options for norms and gradients. */
  protected lookUp(indices: Tensor): Tensor {
    const { maxNorm = null, normType = 2, scaleGradByFreq = false } = this.options;
    if (maxNorm !== null) this.renormalize(indices, maxNorm, normType);
    const vectors = embedding(
      indices,
      this.weight,
      this.paddingIdx === null ? {} : { paddingIdx: this.paddingIdx },
    );
    if (!scaleGradByFreq) return vectors;
    // The value stays, the gradient is divided by how often the index occurs.
    const flat = indices.flatten();
    const ones = f.ones([flat.size], { dtype: this.weight.dtype });
    const counts = indexAdd(
      zeros([this.numEmbeddings], { dtype: this.weight.dtype }),
      0,
      flat,
      ones,
    );
    const share = f.take(counts, indices).reciprocal().unsqueeze(-1);
    return vectors.detach().add(vectors.sub(vectors.detach()).mul(share));
  }

  private renormalize(indices: Tensor, maxNorm: number, normType: number): void {
    noGrad(() => {
      const { weight } = this;
      const used = indexAdd(
        zeros([this.numEmbeddings]),
        0,
        indices.flatten(),
        f.ones([indices.size]),
      )
        .gt(0)
        .unsqueeze(1);
      const norms = f.norm(weight, 1, { p: normType, keepdim: true });
      const scaled = weight.mul(norms.add(1e-7).reciprocal().mul(maxNorm));
      weight.assign(where(used.logicalAnd(norms.gt(maxNorm)), scaled, weight));
    });
  }

  override extraRepr(): string {
    const { dtype: _, ...rest } = this.options;
    const more = show(rest);
    return `${this.numEmbeddings}, ${this.embeddingDim}${more === '' ? '' : `, ${more}`}`;
  }
}

/**
 * The rows of `weight` at int32 indices: `[…] → […, size]`. PyTorch: `nn.Embedding`, without `sparse`.
 * @throws {IndexError} for an index out of range.
 */
export class Embedding extends Table {
  constructor(numEmbeddings: number, embeddingDim: number, options?: EmbeddingOptions) {
    super(numEmbeddings, embeddingDim, embeddingOptions('Embedding', options));
  }

  override forward(indices: Tensor): Tensor {
    return this.lookUp(indices);
  }
}

/** Options of `EmbeddingBag`. */
export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** How the vectors of a bag are put together. Default `'mean'`. */
  readonly mode?: 'sum' | 'mean' | 'max';
  /** Whether the last offset is the end of the last bag. */
  readonly includeLastOffset?: boolean;
}

const bagOptions = defineOptions<EmbeddingBagOptions>({
  ...embeddingOptions.table,
  mode: kinds.oneOf('sum', 'mean', 'max'),
  includeLastOffset: kinds.flag,
});
const bagCall = defineOptions<{ readonly perSampleWeights?: Tensor | null }>({
  perSampleWeights: kinds.orNull(kinds.tensor),
});

/**
 * The sum, mean or maximum of the vectors of each bag: `[bags, n] → [bags, size]`, or all indices in a row with the
 * offset at which each bag starts. Indices of `paddingIdx` do not count; an empty bag gives zeros. PyTorch:
 * `nn.EmbeddingBag`, without `sparse`. Offsets are read at the call.
 */
export class EmbeddingBag extends Table {
  /** How the vectors of a bag are put together. */
  readonly mode: 'sum' | 'mean' | 'max';
  private readonly includeLastOffset: boolean;

  constructor(numEmbeddings: number, embeddingDim: number, options?: EmbeddingBagOptions) {
    const {
      mode = 'mean',
      includeLastOffset = false,
      ...rest
    } = bagOptions('EmbeddingBag', options);
    super(numEmbeddings, embeddingDim, rest);
    this.mode = mode;
    this.includeLastOffset = includeLastOffset;
  }

  override forward(
    indices: Tensor,
    offsets?: Tensor | null,
    options?: { readonly perSampleWeights?: Tensor | null },
  ): Tensor {
    const { perSampleWeights = null } = bagCall('EmbeddingBag', options);
    checkArgument('EmbeddingBag', 'offsets', offsets ?? null, kinds.orNull(kinds.tensor));
    if (perSampleWeights !== null && this.mode !== 'sum') {
      throw new ChainruleError(
        `EmbeddingBag: perSampleWeights need mode 'sum', this is '${this.mode}'`,
      );
    }
    const { bags, present } = this.bagsOf(indices, offsets ?? null);
    const flat = bags.reshape([bags.size]);
    const ids = f.take(indices.flatten(), flat).reshape(bags.shape);
    const counted =
      this.paddingIdx === null ? present : present.logicalAnd(ids.ne(this.paddingIdx));
    const vectors = this.lookUp(ids);
    const mask = counted.unsqueeze(-1);
    if (this.mode === 'max') {
      const best = f.amax(where(mask, vectors, -Infinity), 1);
      return where(f.any(counted, 1, { keepdim: true }), best, 0);
    }
    const factor =
      perSampleWeights === null
        ? 1
        : f.take(perSampleWeights.flatten(), flat).reshape([...bags.shape, 1]);
    const total = where(mask, vectors.mul(factor), 0).sum(1);
    if (this.mode === 'sum') return total;
    return total.div(f.clamp(counted.cast(total.dtype).sum(1, { keepdim: true }), 1));
  }

  /** The positions of each bag's indices, as a matrix, and which of its places are in use. */
  private bagsOf(indices: Tensor, offsets: Tensor | null): { bags: Tensor; present: Tensor } {
    if (indices.ndim === 2) {
      if (offsets !== null)
        throw new ChainruleError(
          'EmbeddingBag: indices in a matrix take no offsets: each row is a bag',
        );
      const [n = 0, m = 0] = indices.shape;
      return { bags: f.arange(n * m).reshape([n, m]), present: f.full([n, m], true) };
    }
    if (indices.ndim !== 1 || offsets === null) {
      throw new ShapeError(
        `EmbeddingBag: expected [bags, n], or [n] and offsets, got [${indices.shape.join(', ')}]`,
      );
    }
    const starts = [...offsets.dataSync()];
    if (!this.includeLastOffset) starts.push(indices.size);
    if (starts[0] !== 0 || starts.some((s, i) => s > indices.size || s < (starts[i - 1] ?? 0))) {
      throw new IndexError(
        `EmbeddingBag: offsets must rise from 0 to at most ${indices.size}, got [${starts.join(', ')}]`,
      );
    }
    const sizes = starts.slice(1).map((end, i) => end - (starts[i] as number));
    const longest = Math.max(1, ...sizes);
    const place = (i: number, j: number): number =>
      j < (sizes[i] as number) ? (starts[i] as number) + j : 0;
    const rows = sizes.map((_, i) => Array.from({ length: longest }, (_, j) => place(i, j)));
    return {
      bags: tensor(rows, { dtype: 'int32' }).reshape([sizes.length, longest]),
      present: tensor(sizes.map((n) => Array.from({ length: longest }, (_, j) => j < n))).reshape([
        sizes.length,
        longest,
      ]),
    };
  }
}
