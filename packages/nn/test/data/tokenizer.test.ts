/** @file Texts as tensors, by a small WordPiece vocabulary whose tokens are known. */
import { tensor } from '@chainrule/autograd';
import { DataLoader, MapDataset, TextTokenizer } from '@chainrule/nn/data';
import { describe, expect, it } from 'vitest';

const words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'the', 'chain', 'rule', '##s', 'works'];
const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];
const json = {
  version: '1.0',
  added_tokens: special.map((content, id) => ({ id, content, special: true })),
  normalizer: { type: 'BertNormalizer', clean_text: true, strip_accents: null, lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
    },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(words.map((word, id) => [word, id])),
  },
};
const config = { pad_token: '[PAD]', unk_token: '[UNK]' };

describe('TextTokenizer', () => {
  it('makes batches of one length with a mask, and texts of them again', async () => {
    const tokenizer = await TextTokenizer.from(json, config);
    expect(tokenizer.encode('The chain').toArray()).toEqual([2, 4, 5, 3]);
    const { ids, mask } = tokenizer.batch(['The chain rules', 'works']);
    expect([ids.dtype, mask.dtype]).toEqual(['int32', 'bool']);
    expect(ids.toArray()).toEqual([
      [2, 4, 5, 6, 7, 3],
      [2, 8, 3, 0, 0, 0],
    ]);
    expect((mask.toArray() as boolean[][])[1]).toEqual([true, true, true, false, false, false]);
    expect(tokenizer.decodeBatch(ids, mask)).toEqual(['the chain rules', 'works']);
    expect(
      tokenizer.decode(tensor([2, 8, 3], { dtype: 'int32' }), { skipSpecialTokens: false }),
    ).toBe('[CLS] works [SEP]');
    expect(tokenizer.batch(['works'], { length: 5 }).ids.shape).toEqual([1, 5]);
    expect(tokenizer.batch([]).ids.shape).toEqual([0, 0]);
  });

  it('cuts long texts between the tokens that stand around them, and fills at the start where asked', async () => {
    const cut = await TextTokenizer.from(json, config, { maxLength: 4 });
    expect(cut.encode('the chain rules').toArray()).toEqual([2, 4, 5, 3]);
    const left = await TextTokenizer.from(json, config, {
      padSide: 'left',
      addSpecialTokens: false,
      maxLength: 2,
    });
    const { ids, mask } = left.batch(['the chain rule', 'works']);
    expect(ids.toArray()).toEqual([
      [4, 5],
      [0, 8],
    ]);
    expect(mask.toArray()).toEqual([
      [true, true],
      [false, true],
    ]);
  });

  it('feeds data sets and loaders', async () => {
    const tokenizer = await TextTokenizer.from(json, config);
    const texts = ['the rule', 'works', 'the chain rules'];
    const items = new MapDataset(texts, (text) => tokenizer.encode(text));
    expect(items.at(1)).toMatchObject({ shape: [3] });
    const loader = new DataLoader(texts, {
      batchSize: 2,
      collate: (some) => tokenizer.batch(some),
    });
    expect([...loader].map(({ ids }) => ids.shape)).toEqual([
      [2, 4],
      [1, 6],
    ]);
  });

  it('refuses what is not a tokenizer, text or number', async () => {
    expect(() => new TextTokenizer({} as never)).toThrow(
      'tokenizer must have encode() and decode()',
    );
    await expect(TextTokenizer.from({}, {})).rejects.toThrow('TextTokenizer.from: ');
    const own = new TextTokenizer({ encode: () => ({ ids: ['a'] }) as never, decode: String });
    expect(() => own.encode('x')).toThrow('the tokenizer must give { ids }');
    const tokenizer = await TextTokenizer.from(json, config);
    expect(() => tokenizer.batch('works' as never)).toThrow('texts must be');
    expect(() => tokenizer.batch(['the chain'], { length: 2 })).toThrow('more than length 2');
    expect(() => tokenizer.decodeBatch(tensor([1, 2]))).toThrow('expected ids [texts, tokens]');
    expect(() => tokenizer.decode([0.5])).toThrow('ids must be');
  });
});
