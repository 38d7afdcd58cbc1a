/** @file Metrics for text: perplexity of a language model, BLEU of translations. */
import { ChainruleError, defineOptions, kinds, ShapeError, passes } from '@chainrule/autograd';
import { scoresOf, startOf } from './labels.js';
import { SumMetric } from './metric.js';
import { checkLabel, valuesOf, type Numbers } from './read.js';

/** Options of `Perplexity`. */
export interface PerplexityOptions {
  /** Targets with this label, such as padding, are left out. */
  readonly ignoreIndex?: number | null;
}

const perplexityOptions = defineOptions<PerplexityOptions>({
  ignoreIndex: kinds.orNull(kinds.whole),
});

/**
 * `exp` of the mean negative log-likelihood of the right tokens: the number of equally likely tokens that would
 * leave a model as uncertain. Logits `[n, classes, …]` for labels `[n, …]`, as for `crossEntropy`. torchmetrics:
 * `Perplexity`.
 *
 * @example
 * const perplexity = new Perplexity();
 * perplexity.update(zeros([2, 8]), tensor([3, 5], { dtype: 'int32' }));
 * perplexity.compute(); // 8
 */
export class Perplexity extends SumMetric<number, Numbers, Numbers> {
  private readonly ignoreIndex: number | null;

  constructor(options?: PerplexityOptions) {
    super(2);
    this.ignoreIndex = perplexityOptions('Perplexity', options).ignoreIndex ?? null;
  }

  update(logits: Numbers, target: Numbers): void {
    const [p, t] = [
      valuesOf('Perplexity', 'logits', logits),
      valuesOf('Perplexity', 'target', target),
    ];
    const form = scoresOf('Perplexity', p.shape, t.shape);
    if (form === null)
      throw new ShapeError(
        `Perplexity: logits must be [n, classes, …] for a target [n, …], got [${p.shape.join(', ')}]`,
      );
    const { classes, inner } = form;
    for (let i = 0; i < t.data.length; i++) {
      if (t.data[i] !== this.ignoreIndex)
        checkLabel('Perplexity', 'target', t.data[i]!, i, classes);
    }
    for (let i = 0; i < t.data.length; i++) {
      const label = t.data[i]!;
      if (label === this.ignoreIndex) continue;
      const start = startOf(i, classes, inner);
      let [most, sum] = [-Infinity, 0];
      for (let c = 0; c < classes; c++) most = Math.max(most, p.data[start + c * inner]!);
      for (let c = 0; c < classes; c++) sum += Math.exp(p.data[start + c * inner]! - most);
      this.sums[0]! += most + Math.log(sum) - p.data[start + label * inner]!;
      this.sums[1]!++;
    }
  }

  compute(): number {
    const [loss = 0, count = 0] = this.sums;
    if (count === 0) throw this.nothing();
    return Math.exp(loss / count);
  }
}

/** Options of `BleuScore`. */
export interface BleuOptions {
  /** The length of the longest n-grams that are compared. Default 4. */
  readonly maxN?: number;
  /**
   * What to do about lengths without a match: nothing, so that the score is 0 (`'none'`, the default); add 1 to
   * matches and n-grams from length 2 on (`'add-one'`, Lin & Och 2004); or halve the count at each such length
   * (`'exp'`, as sacrebleu does).
   */
  readonly smooth?: 'none' | 'add-one' | 'exp';
}

/** A text, which is split at spaces, or a list of tokens. */
export type Tokens = string | readonly (string | number)[];

const bleuOptions = defineOptions<BleuOptions>({
  maxN: kinds.wholeBetween(1, 20),
  smooth: kinds.oneOf('none', 'add-one', 'exp'),
});

/**
 * The BLEU score of a corpus, from 0 to 1 (Papineni et al. 2002): the geometric mean of the shares of n-grams of 1
 * to `maxN` tokens that occur in a reference, times a penalty for translations that are shorter than their
 * references. `update` takes translations and, for each, one reference or an array of them. torchmetrics:
 * `BLEUScore`.
 *
 * @example
 * const bleu = new BleuScore();
 * bleu.update(['the cat sat on the mat'], [['the cat sat on a mat', 'a cat was on the mat']]);
 * bleu.compute(); // 0.6756
 */
export class BleuScore extends SumMetric<
  number,
  readonly Tokens[],
  readonly (Tokens | readonly Tokens[])[]
> {
  private readonly maxN: number;
  private readonly smooth: 'none' | 'add-one' | 'exp';

  constructor(options?: BleuOptions) {
    const { maxN = 4, smooth = 'none' } = bleuOptions('BleuScore', options);
    // The numbers of matches and of n-grams of each length, then the numbers of tokens in translations and references.
    super(2 * maxN + 2);
    this.maxN = maxN;
    this.smooth = smooth;
  }

  update(
    translations: readonly Tokens[],
    references: readonly (Tokens | readonly Tokens[])[],
  ): void {
    if (
      !passes(someTexts, translations) ||
      !passes(someTexts, references) ||
      translations.length !== references.length
    )
      throw new ChainruleError(
        `BleuScore: needs references for each translation, got ${lengthOf(references)} for ${lengthOf(translations)}`,
      );
    const all = translations.map((text, i) => ({
      own: tokensOf(text),
      others: severalOf(references[i] as Tokens | readonly Tokens[]).map(tokensOf),
    }));
    for (const { own, others } of all) this.add(own, others);
  }

  private add(own: readonly string[], others: readonly (readonly string[])[]): void {
    const { maxN, sums } = this;
    for (let n = 1; n <= maxN; n++) {
      const most = new Map<string, number>();
      for (const other of others)
        for (const [run, count] of runsOf(other, n))
          most.set(run, Math.max(most.get(run) ?? 0, count));
      for (const [run, count] of runsOf(own, n)) {
        sums[2 * n - 2]! += Math.min(count, most.get(run) ?? 0);
        sums[2 * n - 1]! += count;
      }
    }
    const lengths = others.map((other) => other.length);
    // The length of the reference that is closest; of two equally close, the shorter.
    const nearest = lengths.sort(
      (a, b) => Math.abs(a - own.length) - Math.abs(b - own.length) || a - b,
    )[0];
    sums[2 * maxN]! += own.length;
    sums[2 * maxN + 1]! += nearest ?? 0;
  }

  compute(): number {
    const { maxN, sums, smooth } = this;
    const [length, reference] = sums.subarray(2 * maxN) as unknown as [number, number];
    if (length === 0 && reference === 0) throw this.nothing();
    let [logs, floor] = [0, 1];
    for (let n = 1; n <= maxN; n++) {
      let [matches, runs] = sums.subarray(2 * n - 2, 2 * n) as unknown as [number, number];
      if (smooth === 'add-one' && n > 1) [matches, runs] = [matches + 1, runs + 1];
      if (smooth === 'exp' && matches === 0 && runs > 0) matches = floor /= 2;
      if (matches === 0 || runs === 0) return 0;
      logs += Math.log(matches / runs) / maxN;
    }
    return Math.min(1, Math.exp(1 - reference / length)) * Math.exp(logs);
  }
}

const tokens = kinds.either(kinds.text, kinds.listOf(kinds.text));
/** Translations and their references: one or several for each. */
const someTexts = kinds.listOf(kinds.either(tokens, kinds.listOf(tokens)));

const lengthOf = (x: unknown): string => (kinds.array.test(x) ? String(x.length) : 'no array');

function tokensOf(text: Tokens): string[] {
  if (typeof text === 'string') return text.split(/\s+/).filter((token) => token !== '');
  if (Array.isArray(text)) return text.map(String);
  throw new ChainruleError('BleuScore: a text must be a string or an array of tokens');
}

/** One reference, or several: an array of arrays, or of strings with spaces in them. */
function severalOf(references: Tokens | readonly Tokens[]): readonly Tokens[] {
  if (typeof references === 'string') return [references];
  const nested = references.some(
    (r) => Array.isArray(r) || (typeof r === 'string' && /\s/.test(r)),
  );
  return nested ? (references as readonly Tokens[]) : [references as Tokens];
}

function runsOf(tokens: readonly string[], n: number): Map<string, number> {
  const runs = new Map<string, number>();
  for (let i = 0; i + n <= tokens.length; i++) {
    const run = JSON.stringify(tokens.slice(i, i + n));
    runs.set(run, (runs.get(run) ?? 0) + 1);
  }
  return runs;
}
