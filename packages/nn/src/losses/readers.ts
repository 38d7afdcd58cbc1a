/** @file Readers for the options of all losses: functions read them at the call, modules when they are made. */
import {
  defineOptions,
  kinds,
  type Kind,
  type OptionsReader,
  type Tensor,
} from '@chainrule/autograd';
import type {
  SmoothL1Options,
  HuberOptions,
  PoissonNllOptions,
  GaussianNllOptions,
} from './regression.js';
import type { NllOptions, CrossEntropyOptions } from './classification.js';
import type { BceOptions, BceWithLogitsOptions, KlDivOptions } from './probabilities.js';
import type { MarginOptions, TripletDistanceOptions, TripletMarginOptions } from './ranking.js';
import type { MultilabelSoftMarginOptions, MultiMarginOptions } from './margins.js';
import type { CtcOptions } from './ctc.js';
import { reductionKind, type LossOptions } from './reduction.js';

/** For a loss with no option but the reduction. */
export const lossOptions: OptionsReader<LossOptions> = defineOptions<LossOptions>(
  { reduction: reductionKind },
  ({ reduction }) => ({ reduction }),
);

export const smoothL1Options: OptionsReader<SmoothL1Options> = defineOptions<SmoothL1Options>({
  reduction: reductionKind,
  beta: kinds.nonNegative,
});

export const huberOptions: OptionsReader<HuberOptions> = defineOptions<HuberOptions>({
  reduction: reductionKind,
  delta: kinds.positive,
});

export const poissonNllOptions: OptionsReader<PoissonNllOptions> = defineOptions<PoissonNllOptions>(
  {
    reduction: reductionKind,
    logInput: kinds.flag,
    full: kinds.flag,
    eps: kinds.positive,
  },
);

export const gaussianNllOptions: OptionsReader<GaussianNllOptions> =
  defineOptions<GaussianNllOptions>({
    reduction: reductionKind,
    full: kinds.flag,
    eps: kinds.positive,
  });

export const nllOptions: OptionsReader<NllOptions> = defineOptions<NllOptions>(
  {
    reduction: reductionKind,
    weight: kinds.orNull(kinds.tensor),
    ignoreIndex: kinds.whole,
  },
  ({ reduction, weight, ignoreIndex }) => ({ reduction, weight, ignoreIndex }),
);

export const crossEntropyOptions: OptionsReader<CrossEntropyOptions> =
  defineOptions<CrossEntropyOptions>(
    { ...nllOptions.table, labelSmoothing: kinds.fraction },
    ({ reduction, weight, ignoreIndex, labelSmoothing }) => ({
      reduction,
      weight,
      ignoreIndex,
      labelSmoothing,
    }),
  );

export const bceOptions: OptionsReader<BceOptions> = defineOptions<BceOptions>(
  { reduction: reductionKind, weight: kinds.orNull(kinds.tensor) },
  ({ reduction, weight }) => ({ reduction, weight }),
);

export const bceWithLogitsOptions: OptionsReader<BceWithLogitsOptions> =
  defineOptions<BceWithLogitsOptions>(
    { ...bceOptions.table, posWeight: kinds.orNull(kinds.tensor) },
    ({ reduction, weight, posWeight }) => ({ reduction, weight, posWeight }),
  );

export const klDivOptions: OptionsReader<KlDivOptions> = defineOptions<KlDivOptions>({
  reduction: kinds.oneOf('mean', 'sum', 'none', 'batchmean'),
  logTarget: kinds.flag,
});

export const marginOptions: OptionsReader<MarginOptions> = defineOptions<MarginOptions>({
  reduction: reductionKind,
  margin: kinds.finite,
});

export const tripletMarginOptions: OptionsReader<TripletMarginOptions> =
  defineOptions<TripletMarginOptions>({
    ...marginOptions.table,
    margin: kinds.positive,
    p: kinds.real,
    eps: kinds.finite,
    swap: kinds.flag,
  });

export const ctcOptions: OptionsReader<CtcOptions> = defineOptions<CtcOptions>({
  reduction: reductionKind,
  blank: kinds.size,
  zeroInfinity: kinds.flag,
});

export const multiMarginOptions: OptionsReader<MultiMarginOptions> =
  defineOptions<MultiMarginOptions>({
    p: kinds.oneOf(1, 2),
    margin: kinds.finite,
    weight: kinds.orNull(kinds.tensor),
    reduction: reductionKind,
  });

export const multilabelSoftMarginOptions: OptionsReader<MultilabelSoftMarginOptions> =
  defineOptions<MultilabelSoftMarginOptions>({
    weight: kinds.orNull(kinds.tensor),
    reduction: reductionKind,
  });

export const tripletDistanceOptions: OptionsReader<TripletDistanceOptions> =
  defineOptions<TripletDistanceOptions>({
    distanceFunction: kinds.orNull(kinds.callable) as Kind<
      ((x: Tensor, y: Tensor) => Tensor) | null
    >,
    margin: kinds.positive,
    swap: kinds.flag,
    reduction: reductionKind,
  });
