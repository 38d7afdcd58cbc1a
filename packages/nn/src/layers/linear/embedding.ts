/** @file Tables of vectors, looked up by index. */
import {
  checkArgument,
  defineOptions,
  kinds,
  eq,
  indexAdd,
  IndexError,
  noGrad,
  Parameter,
  randn,
  type Tensor,
  where,
  zeros,
  type DType,
} from '@chainrule/autograd';
import * as f from '@chainrule/autograd';
import { Module } from '../../module/module.js';
import { options as show } from '../../module/repr.js';
import { lookedUp, reduceBags, type BagMode } from './embeddingBag.js';

/** Options of `Embedding`. */
export interface EmbeddingOptions {
  /** An index whose vector starts at zero and gets no gradient. */
  readonly paddingIdx?: number | null;
  /** The largest norm: longer vectors are scaled down in place when they are looked up. */
  readonly maxNorm?: number | null;
  /** The order of the norm of `maxNorm`. Default 2. */
  readonly normType?: number;
  /** Whether a vector's gradient is divided by how often the call looks it up. Default false. */
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
abstract class Table<N extends number, D extends number> extends Module {
  static override readonly inputs: readonly string[] = ['indices'];

  /** The number of vectors. */
  readonly numEmbeddings: N;
  /** The size of a vector. */
  readonly embeddingDim: D;
  static override readonly learned: readonly string[] = ['weight'];

  /** `[numEmbeddings, embeddingDim]`. */
  weight: Parameter<[N, D]>;
  protected readonly paddingIdx: number | null;
  protected readonly options: EmbeddingOptions;

  constructor(numEmbeddings: N, embeddingDim: D, options: EmbeddingOptions) {
    super();
    const { name } = new.target;
    this.numEmbeddings = checkArgument(name, 'numEmbeddings', numEmbeddings, kinds.count) as N;
    this.embeddingDim = checkArgument(name, 'embeddingDim', embeddingDim, kinds.count) as D;
    this.options = options;
    const { paddingIdx: padding = null, dtype = 'float32' } = options;
    if (padding !== null && (padding < -numEmbeddings || padding >= numEmbeddings)) {
      throw new IndexError(
        `${new.target.name}: paddingIdx ${padding} is outside of ${numEmbeddings} embeddings`,
      );
    }
    this.paddingIdx = padding === null ? null : padding < 0 ? padding + numEmbeddings : padding;
    const values: Tensor = randn([numEmbeddings, embeddingDim], { dtype });
    this.weight = new Parameter(
      this.paddingIdx === null ? values : where(this.rows(this.paddingIdx), 0, values),
    ) as Parameter<[N, D]>;
  }

  /** True in the row of one index: `[count, 1]`. */
  private rows(index: number): Tensor {
    return eq(f.arange(this.numEmbeddings), index).unsqueeze(1);
  }

  /** The vectors at `indices`, with the options for norms and gradients applied. */
  protected lookUp(indices: Tensor): Tensor {
    const { maxNorm = null, normType = 2, scaleGradByFreq = false } = this.options;
    if (maxNorm !== null) this.renormalize(indices, maxNorm, normType);
    return lookedUp(indices, this.weight, this.paddingIdx, scaleGradByFreq);
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
      const norms: Tensor = f.norm(weight, 1, { p: normType, keepdim: true });
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
 * A table of vectors: the rows of `weight` at int32 indices, `[…] → […, size]`. Vectors start from N(0, 1). PyTorch:
 * `nn.Embedding`, without `sparse`.
 *
 * @throws {IndexError} for an index out of range.
 * @example new Embedding(1000, 64).forward(tensor([[1, 5], [7, 0]], { dtype: 'int32' })) // [2, 2] → [2, 2, 64]
 */
export class Embedding<
  const N extends number = number,
  const D extends number = number,
> extends Table<N, D> {
  constructor(numEmbeddings: N, embeddingDim: D, options?: EmbeddingOptions) {
    super(numEmbeddings, embeddingDim, embeddingOptions('Embedding', options));
  }

  override forward(indices: Tensor): Tensor {
    return this.lookUp(indices);
  }
}

/** Options of `EmbeddingBag`. */
export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** How the vectors of a bag are combined. Default `'mean'`. */
  readonly mode?: BagMode;
  /** Whether the last offset is the end of the last bag. Default false. */
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
 * The sum, mean or maximum of the vectors in each bag: `[bags, n] → [bags, size]`, or all indices in a row with the
 * offset at which each bag starts. Indices equal to `paddingIdx` do not count; an empty bag gives zeros. Offsets are
 * read at the call. PyTorch: `nn.EmbeddingBag`, without `sparse`.
 *
 * @throws {IndexError} for an index out of range, or offsets that decrease.
 * @example new EmbeddingBag(10, 3).forward(tensor([[1, 2], [4, 5]], { dtype: 'int32' })).shape // [2, 3]
 */
export class EmbeddingBag<
  const N extends number = number,
  const D extends number = number,
> extends Table<N, D> {
  /** How the vectors of a bag are combined. */
  readonly mode: BagMode;
  private readonly includeLastOffset: boolean;

  constructor(numEmbeddings: N, embeddingDim: D, options?: EmbeddingBagOptions) {
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
    return reduceBags('EmbeddingBag', indices, offsets ?? null, (ids) => this.lookUp(ids), {
      mode: this.mode,
      includeLastOffset: this.includeLastOffset,
      paddingIdx: this.paddingIdx,
      perSampleWeights,
    });
  }
}
