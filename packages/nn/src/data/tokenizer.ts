/** @file Texts to tensors and back, with a Hugging Face tokenizer. */
import {
  checkArgument,
  ChainruleError,
  defineOptions,
  display,
  kinds,
  passes,
  ShapeError,
  Tensor,
  tensor,
} from '@chainrule/autograd';
import { optional } from './optional.js';

/** A tokenizer: the `Tokenizer` of `@huggingface/tokenizers`, or your own. */
export interface TokenizerLike {
  /** The ids of a text's tokens. */
  encode(text: string, options?: { add_special_tokens?: boolean }): { readonly ids: number[] };
  /** The text for ids. */
  decode(ids: number[], options?: { skip_special_tokens?: boolean }): string;
  /** The id of a token. */
  token_to_id?(token: string): number | undefined;
}

/** Options of `TextTokenizer`. */
export interface TextTokenizerOptions {
  /** The id that pads short texts. Default 0. */
  readonly padId?: number;
  /** Longer texts are cut to this number of tokens. Default: they are not cut. */
  readonly maxLength?: number;
  /** Where short texts are padded: at the end (the default), or at the start, for models that continue a text. */
  readonly padSide?: 'right' | 'left';
  /** Whether the tokens that the model expects around a text are added. Default true. */
  readonly addSpecialTokens?: boolean;
}

/** Options of `batch`. */
export interface TextBatchOptions {
  /** The length of all batches, so that one compiled program serves them all. Default: that of the longest text. */
  readonly length?: number;
}

/** Texts in one tensor. */
export interface TextBatch {
  /** int32 `[texts, tokens]`. */
  readonly ids: Tensor;
  /**
   * bool `[texts, tokens]`: true for tokens, false for padding. Attention's `keyPaddingMask` is `mask.logicalNot()`.
   */
  readonly mask: Tensor;
}

const tokenizerOptions = defineOptions<TextTokenizerOptions>({
  padId: kinds.size,
  maxLength: kinds.count,
  padSide: kinds.oneOf('right', 'left'),
  addSpecialTokens: kinds.flag,
});
const batchOptions = defineOptions<TextBatchOptions>({ length: kinds.count });
const idOptions = defineOptions<{ readonly skipSpecialTokens?: boolean }>({
  skipSpecialTokens: kinds.flag,
});
const isTokenizer = kinds.kind<TokenizerLike>('have encode() and decode()', (x) => {
  const { encode, decode } = x as Partial<TokenizerLike>;
  return typeof encode === 'function' && typeof decode === 'function';
});
const someTexts = kinds.listOf(kinds.text);
const someIds = kinds.listOf(kinds.size);

interface Library {
  readonly Tokenizer: new (tokenizer: object, config: object) => TokenizerLike;
}

/**
 * A tokenizer for batches: texts to int32 tensors of equal length with a mask, and back. Hugging Face: the call of a
 * tokenizer with `padding` and `truncation`.
 *
 * @example
 * const tokenizer = await TextTokenizer.from(tokenizerJson, tokenizerConfig, { maxLength: 128 });
 * const loader = new DataLoader(texts, { batchSize: 16, collate: (some) => tokenizer.batch(some) });
 * for (const { ids, mask } of loader) { … }
 */
export class TextTokenizer {
  /** The underlying tokenizer. */
  readonly tokenizer: TokenizerLike;
  private readonly options: Required<Omit<TextTokenizerOptions, 'maxLength'>>;
  private readonly maxLength: number;

  /** @throws {ChainruleError} unless the tokenizer has `encode()` and `decode()`. */
  constructor(tokenizer: TokenizerLike, options?: TextTokenizerOptions) {
    this.tokenizer = checkArgument('TextTokenizer', 'tokenizer', tokenizer, isTokenizer);
    const { maxLength = Infinity, ...rest } = tokenizerOptions('TextTokenizer', options);
    this.options = { padId: 0, padSide: 'right', addSpecialTokens: true, ...rest };
    this.maxLength = maxLength;
  }

  /**
   * The tokenizer described by the files `tokenizer.json` and `tokenizer_config.json` of a model on the Hugging Face
   * hub, as objects. `padId` is by default that of the `pad_token` there. Needs the package
   * `@huggingface/tokenizers`.
   *
   * @throws {ChainruleError} if it is not installed, or cannot read the description.
   */
  static async from(
    json: object,
    config: object = {},
    options?: TextTokenizerOptions,
  ): Promise<TextTokenizer> {
    checkArgument('TextTokenizer.from', 'json', json, kinds.object);
    checkArgument('TextTokenizer.from', 'config', config, kinds.object);
    const { Tokenizer } = await optional<Library>('TextTokenizer.from', '@huggingface/tokenizers');
    let tokenizer: TokenizerLike;
    try {
      tokenizer = new Tokenizer(json, config);
    } catch (cause) {
      throw new ChainruleError(`TextTokenizer.from: ${(cause as Error).message}`, { cause });
    }
    const { pad_token: pad } = config as { pad_token?: string | { content: string } | null };
    const padId =
      pad == null
        ? undefined
        : tokenizer.token_to_id?.(typeof pad === 'string' ? pad : pad.content);
    return new TextTokenizer(tokenizer, { ...(padId === undefined ? {} : { padId }), ...options });
  }

  /**
   * The ids of a text's tokens, int32 `[tokens]`: an item of a dataset. @example new MapDataset(texts, (text) =>
   * tokenizer.encode(text))
   */
  encode(text: string): Tensor {
    return tensor(Int32Array.from(this.idsOf('encode', text)));
  }

  /**
   * Texts in one tensor with its mask. @throws {ShapeError} if a text has more tokens than `length`: give
   * `maxLength` to cut it.
   */
  batch(texts: readonly string[], options?: TextBatchOptions): TextBatch {
    checkArgument('TextTokenizer.batch', 'texts', texts, someTexts);
    const lists = texts.map((text) => this.idsOf('batch', text));
    const longest = lists.reduce((most, ids) => Math.max(most, ids.length), 0);
    const { length = longest } = batchOptions('TextTokenizer.batch', options);
    if (longest > length) {
      throw new ShapeError(
        `TextTokenizer.batch: a text has ${longest} tokens, more than length ${length}; maxLength cuts it`,
      );
    }
    const { padId, padSide } = this.options;
    const ids = new Int32Array(lists.length * length).fill(padId);
    const mask = new Uint8Array(ids.length);
    lists.forEach((list, i) => {
      const start = i * length + (padSide === 'left' ? length - list.length : 0);
      ids.set(list, start);
      mask.fill(1, start, start + list.length);
    });
    const shape = [lists.length, length];
    return { ids: tensor(ids, { shape }), mask: tensor(mask, { shape, dtype: 'bool' }) };
  }

  /** The text of tokens `[tokens]`; the tokens that the model expects around a text are left out unless asked for. */
  decode(
    ids: Tensor | readonly number[],
    options?: { readonly skipSpecialTokens?: boolean },
  ): string {
    const { skipSpecialTokens = true } = idOptions('TextTokenizer.decode', options);
    const list = checkArgument('TextTokenizer.decode', 'ids', listOf(ids), someIds);
    return this.tokenizer.decode([...list], { skip_special_tokens: skipSpecialTokens });
  }

  /**
   * The texts of tokens `[texts, tokens]`, without those that a mask leaves out. @throws {ShapeError} for other
   * shapes.
   */
  decodeBatch(ids: Tensor, mask?: Tensor): string[] {
    checkArgument('TextTokenizer.decodeBatch', 'ids', ids, kinds.tensor);
    if (mask !== undefined) checkArgument('TextTokenizer.decodeBatch', 'mask', mask, kinds.tensor);
    if (ids.ndim !== 2 || (mask !== undefined && String(mask.shape) !== String(ids.shape))) {
      throw new ShapeError(
        `TextTokenizer.decodeBatch: expected ids [texts, tokens] and a mask of that shape, got [${ids.shape.join(', ')}]${mask === undefined ? '' : ` and [${mask.shape.join(', ')}]`}`,
      );
    }
    const kept = mask?.toArray() as boolean[][] | undefined;
    return (ids.toArray() as number[][]).map((row, i) =>
      this.decode(row.filter((_, j) => kept?.[i]?.[j] ?? true)),
    );
  }

  private idsOf(op: string, text: string): number[] {
    checkArgument(`TextTokenizer.${op}`, 'text', text, kinds.text);
    const options = { add_special_tokens: this.options.addSpecialTokens };
    const encoded: unknown = this.tokenizer.encode(text, options);
    const { ids } = (encoded ?? {}) as { ids?: unknown };
    if (!passes(someIds, ids))
      throw new ChainruleError(
        `TextTokenizer.${op}: the tokenizer must give { ids }, a list of numbers, got ${display(encoded)}`,
      );
    return ids.length > this.maxLength ? this.shortened(ids, text) : [...ids];
  }

  /** Keeps the first tokens, and the special tokens that surround every text. */
  private shortened(ids: readonly number[], text: string): number[] {
    const { maxLength } = this;
    if (!this.options.addSpecialTokens) return ids.slice(0, maxLength);
    const bare = this.tokenizer.encode(text, { add_special_tokens: false }).ids;
    const front = before(ids, bare);
    const tail = Math.max(0, ids.length - bare.length - front);
    const back = Math.min(tail, maxLength);
    return [...ids.slice(0, maxLength - back), ...ids.slice(ids.length - back)];
  }
}

/** The number of elements before the first occurrence of `part` in `whole`; 0 if there is none. */
function before(whole: readonly number[], part: readonly number[]): number {
  for (let at = 0; at + part.length <= whole.length; at++)
    if (part.every((id, i) => whole[at + i] === id)) return at;
  return 0;
}

function listOf(ids: Tensor | readonly number[]): unknown[] {
  return (ids instanceof Tensor ? ids.toArray() : ids) as unknown[];
}
