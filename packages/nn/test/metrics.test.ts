/** @file Metrics compared with scikit-learn (fixtures/metrics.py), and the laws of updating and merging. */
import { readFileSync } from 'node:fs';
import { ChainruleError, FormatError, IndexError, ShapeError, tensor } from '@chainrule/autograd';
import * as M from '@chainrule/nn/metrics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

type Answers = Record<string, number | number[] | number[][]>;
interface Truth {
  scores: number[][];
  target: number[];
  weight: number[];
  plain: Answers;
  weighted: Answers;
  binary: { target: number[]; scores: number[] } & Record<
    'plain' | 'weighted',
    {
      roc: Record<'fpr' | 'tpr' | 'thresholds', number[]>;
      pr: Record<'precision' | 'recall' | 'thresholds', number[]>;
      auc: number;
      ap: number;
      accuracy: number;
      'f1 binary': number;
    }
  > & { calibration: { true: number[]; pred: number[] } };
  regression: { prediction: number[]; target: number[] } & Record<
    'plain' | 'weighted',
    Record<string, number>
  >;
  perplexity: number;
}
const truth = JSON.parse(
  readFileSync(new URL('fixtures/metrics.json', import.meta.url), 'utf8'),
) as Truth;

const scores = tensor(truth.scores, { dtype: 'float64' });
const target = tensor(truth.target, { dtype: 'int32' });
const weighted = { weight: truth.weight };

/** Feeds a metric in three uneven batches, the last through another metric and a state. */
function gathered<R>(make: () => M.Metric<R, M.Numbers, M.Numbers>, weights: boolean): R {
  const metric = make();
  const other = make();
  const parts = [
    [0, 7],
    [7, 40],
    [40, 60],
  ] as const;
  for (const [k, [from, to]] of parts.entries()) {
    const options = weights ? { weight: truth.weight.slice(from, to) } : {};
    (k < 2 ? metric : other).update(
      scores.narrow(0, from, to - from),
      target.narrow(0, from, to - from),
      options,
    );
  }
  const copy = make();
  copy.loadStateDict(JSON.parse(JSON.stringify(other.stateDict())) as M.MetricState);
  metric.merge(copy);
  return metric.compute();
}

const near = (actual: unknown, expected: unknown): void => {
  const flat = (x: unknown): number[] => (Array.isArray(x) ? x.flatMap(flat) : [x as number]);
  const [a, e] = [flat(actual), flat(expected)];
  expect(a).toHaveLength(e.length);
  a.forEach((x, i) =>
    expect(Math.abs(x - (e[i] as number))).toBeLessThan(
      1e-12 * Math.max(1, Math.abs(e[i] as number)),
    ),
  );
};

describe.each(['plain', 'weighted'] as const)('classification, %s', (kind) => {
  const answers = truth[kind];
  const w = kind === 'weighted';

  it('accuracy and confusion', () => {
    near(
      gathered(() => new M.Accuracy(), w),
      answers['accuracy'],
    );
    near(
      gathered(() => new M.TopKAccuracy(2), w),
      answers['top2'],
    );
    near(
      gathered(() => new M.ConfusionMatrix(), w),
      answers['confusion'],
    );
    near(
      gathered(() => new M.ConfusionMatrix({ normalize: 'true' }), w),
      answers['confusion true'],
    );
    near(
      gathered(() => new M.ConfusionMatrix({ normalize: 'predicted' }), w),
      answers['confusion pred'],
    );
    near(
      gathered(() => new M.ConfusionMatrix({ normalize: 'all', numClasses: 4 }), w),
      answers['confusion all'],
    );
  });

  it.each(['micro', 'macro', 'weighted', 'none'] as const)('figures of classes, %s', (average) => {
    near(
      gathered(() => new M.Precision({ average }), w),
      answers[`precision ${average}`],
    );
    near(
      gathered(() => new M.Recall({ average }), w),
      answers[`recall ${average}`],
    );
    near(
      gathered(() => new M.F1Score({ average }), w),
      answers[`f1 ${average}`],
    );
    near(
      gathered(() => new M.FBetaScore(2, { average }), w),
      answers[`fbeta ${average}`],
    );
    near(
      gathered(() => new M.IoU({ average }), w),
      answers[`iou ${average}`],
    );
  });

  it('curves and areas of two classes', () => {
    const { binary } = truth;
    const fed = <R>(metric: M.Metric<R, M.Numbers, M.Numbers>): R => {
      metric.update(
        binary.scores.slice(0, 20),
        binary.target.slice(0, 20),
        w ? { weight: truth.weight.slice(0, 20) } : {},
      );
      metric.update(
        binary.scores.slice(20),
        binary.target.slice(20),
        w ? { weight: truth.weight.slice(20) } : {},
      );
      return metric.compute();
    };
    const expected = binary[kind];
    const roc = fed(new M.RocCurve());
    near(roc.falsePositiveRate, expected.roc.fpr);
    near(roc.truePositiveRate, expected.roc.tpr);
    near(roc.thresholds.slice(1), expected.roc.thresholds);
    expect(roc.thresholds[0]).toBe(Infinity);
    near(fed(new M.RocAuc()), expected.auc);
    const pr = fed(new M.PrecisionRecallCurve());
    near(pr.precision, expected.pr.precision);
    near(pr.recall, expected.pr.recall);
    near(pr.thresholds, expected.pr.thresholds);
    near(fed(new M.AveragePrecision()), expected.ap);
    near(fed(new M.Accuracy()), expected.accuracy);
    near(fed(new M.F1Score({ average: 'binary' })), expected['f1 binary']);
  });

  it('regression', () => {
    const { prediction, target: y } = truth.regression;
    const expected = truth.regression[kind];
    const options = w ? weighted : {};
    const all = {
      mae: new M.MeanAbsoluteError(),
      mse: new M.MeanSquaredError(),
      rmse: new M.RootMeanSquaredError(),
      r2: new M.R2Score(),
    };
    for (const [name, metric] of Object.entries(all)) {
      metric.update(prediction, y, options);
      near(metric.compute(), expected[name]);
    }
  });
});

it('perplexity is exp of the mean log loss', () => {
  near(
    gathered(() => new M.Perplexity(), false),
    truth.perplexity,
  );
});

it('calibration: the bins of scikit-learn, and what they are off by', () => {
  const { calibration, scores: p, target: y } = truth.binary;
  const metric = new M.CalibrationError({ bins: 5 });
  metric.update(p, y);
  const curve = metric.curve();
  near(
    curve.map(({ accuracy }) => accuracy),
    calibration.true,
  );
  expect(curve.map(({ confidence }) => confidence)).toHaveLength(calibration.pred.length);
  curve.forEach(({ confidence }, i) =>
    expect(confidence).toBeCloseTo(calibration.pred[i] as number, 6),
  );
  const perfect = new M.CalibrationError();
  perfect.update([0, 0, 1, 1], [0, 0, 1, 1]);
  expect(perfect.compute()).toBe(0);
  // An edge belongs to the bin below it, also where k / n · n is above k.
  for (const bins of [10, 15, 49, 100]) {
    const edges = Float64Array.from({ length: bins }, (_, k) => (k + 1) / bins);
    const each = new M.CalibrationError({ bins });
    each.update(edges, new Float64Array(bins));
    expect(each.curve().map(({ confidence }) => confidence)).toEqual([...edges]);
  }
});

it('one number for each example is a score where its type or a threshold says so', () => {
  const rightOf = (scores: M.Numbers, options?: M.LabelOptions): number => {
    const accuracy = new M.Accuracy(options);
    accuracy.update(scores, [1, 0, 1]);
    return accuracy.compute();
  };
  expect(rightOf([1, 0, 1])).toBe(1);
  expect(rightOf([3, -2, 5], { threshold: 0 })).toBe(1);
  expect(rightOf(Float32Array.of(3, -2, 5), { threshold: 0 })).toBe(1);
  expect(rightOf(Float64Array.of(2, 0, 1))).toBe(1);
});

it('an example of weight 0 is not a threshold of a curve', () => {
  const [scores, target] = [
    [0.2, 0.4, 0.6, 0.8],
    [0, 1, 0, 1],
  ];
  for (const make of [() => new M.RocCurve(), () => new M.PrecisionRecallCurve()]) {
    const [some, all] = [make(), make()];
    some.update([0.2, 0.8], [0, 1]);
    all.update(scores, target, { weight: [1, 0, 0, 1] });
    expect(all.compute()).toEqual(some.compute());
  }
});

describe('BLEU', () => {
  // Worked by hand from the definition: 7 of 18 words … of Papineni et al. 2002, section 2.
  it('clips how often a word may match', () => {
    const bleu = new M.BleuScore({ maxN: 1 });
    bleu.update(
      ['the the the the the the the'],
      [['the cat is on the mat', 'there is a cat on the mat']],
    );
    expect(bleu.compute()).toBeCloseTo(2 / 7, 12);
  });
  it('is the geometric mean of shares with a penalty for brevity', () => {
    const bleu = new M.BleuScore({ maxN: 2 });
    bleu.update(['a b c d'], ['a b c e f']);
    expect(bleu.compute()).toBeCloseTo(Math.exp(1 - 5 / 4) * Math.sqrt((3 / 4) * (2 / 3)), 12);
    expect(new M.BleuScore().stateDict()).toEqual({ sums: new Array(10).fill(0) });
  });
  it('is 1 of a copy, 0 where no run of four matches, unless smoothed', () => {
    const score = (smooth: 'none' | 'exp' | 'add-one', text: string): number => {
      const bleu = new M.BleuScore({ smooth });
      bleu.update([text], ['it is a guide to action that']);
      return bleu.compute();
    };
    expect(score('none', 'it is a guide to action that')).toBe(1);
    expect(score('none', 'it is not a guide')).toBe(0);
    expect(score('exp', 'it is not a guide')).toBeGreaterThan(0);
    expect(score('add-one', 'it is not a guide')).toBeGreaterThan(0);
  });
});

describe('laws', () => {
  it('the order and size of batches do not matter, merging is gathering', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 })), {
          minLength: 2,
          maxLength: 30,
        }),
        fc.nat(),
        (pairs, cut) => {
          const at = 1 + (cut % (pairs.length - 1));
          const [guesses, labels] = [0, 1].map((k) => pairs.map((p) => p[k] as number)) as [
            number[],
            number[],
          ];
          const whole = new M.F1Score();
          whole.update(guesses, labels);
          const [a, b] = [new M.F1Score(), new M.F1Score()];
          a.update(guesses.slice(0, at), labels.slice(0, at));
          b.update(guesses.slice(at), labels.slice(at));
          b.merge(a);
          near(b.compute(), whole.compute());
        },
      ),
    );
  });
  it('reset clears the state', () => {
    const metric = new M.Accuracy();
    metric.update([1], [0]);
    metric.reset();
    metric.update([1], [1]);
    expect(metric.compute()).toBe(1);
  });
  it('segmented images: scores [n, classes, h, w] for labels [n, h, w]', () => {
    const iou = new M.IoU({ average: 'none' });
    const logits = tensor([[[[2, 0]], [[1, 1]]]]); // [1, 2, 1, 2]
    iou.update(logits, tensor([[[0, 0]]], { dtype: 'int32' }));
    expect(iou.compute()).toEqual([0.5, 0]);
  });
});

describe('bad input', () => {
  const accuracy = new M.Accuracy();
  it.each([
    [
      'shapes',
      () => accuracy.update(scores, target.narrow(0, 0, 3)),
      ShapeError,
      /\[60, 4\].*\[3\]/,
    ],
    [
      'labels',
      () => accuracy.update(scores, target.add(4)),
      IndexError,
      /target \d+ is \d.*0 to 3/,
    ],
    ['nothing', () => new M.RocAuc().compute(), ChainruleError, /call update\(\) first/],
    ['weights', () => accuracy.update([1], [1], { weight: [-1] }), IndexError, /weight 0/],
    [
      'options',
      () => new M.F1Score({ avarage: 'macro' } as object),
      ChainruleError,
      /did you mean average/,
    ],
    [
      'probabilities',
      () => new M.CalibrationError().update([2], [1]),
      ChainruleError,
      /\[0, 1\].*2/,
    ],
    [
      'a state',
      () => accuracy.loadStateDict({ sums: [1] }),
      FormatError,
      /'sums' must be 2 numbers/,
    ],
    [
      'one class',
      () => {
        const m = new M.RocAuc();
        m.update([0.1], [1]);
        m.compute();
      },
      ChainruleError,
      /both classes/,
    ],
    ['k', () => new M.TopKAccuracy(0), ChainruleError, /k must be/],
  ] as const)('%s', (_name, call, type, message) => {
    let error: unknown;
    try {
      call();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(message);
  });
  it('a refused update changes nothing', () => {
    const metric = new M.Accuracy();
    metric.update([1, 0], [1, 1]);
    expect(() => metric.update([1, 0, 1], [1, 0, -1])).toThrow(IndexError);
    expect(metric.compute()).toBe(0.5);
  });
});
