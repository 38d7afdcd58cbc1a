/** @file Losses whose arguments do not broadcast throw errors with their own names, without a warning before. */
import { describe, expect, it, vi } from 'vitest';
import { cosineSimilarity, ones, pairwiseDistance, ShapeError, zeros } from '@chainrule/autograd';
import * as nn from '@chainrule/nn';

const [a, b] = [ones([3, 4]), zeros([3, 5])];
const f = nn.functional;

describe('shapes that do not broadcast', () => {
  const calls: Readonly<Record<string, () => unknown>> = {
    mseLoss: () => f.mseLoss(a, b),
    l1Loss: () => f.l1Loss(a, b),
    smoothL1Loss: () => f.smoothL1Loss(a, b),
    huberLoss: () => f.huberLoss(a, b),
    klDiv: () => f.klDiv(a, b),
    gaussianNllLoss: () => f.gaussianNllLoss(a, b, a),
    poissonNllLoss: () => f.poissonNllLoss(a, b),
    hingeEmbeddingLoss: () => f.hingeEmbeddingLoss(a, b),
    softMarginLoss: () => f.softMarginLoss(a, b),
    multilabelSoftMarginLoss: () => f.multilabelSoftMarginLoss(a, b),
    marginRankingLoss: () => f.marginRankingLoss(a, b, a),
    cosineEmbeddingLoss: () => f.cosineEmbeddingLoss(a, b, ones([3])),
    tripletMarginLoss: () => f.tripletMarginLoss(a, a, b),
    cosineSimilarity: () => cosineSimilarity(a, b),
    pairwiseDistance: () => pairwiseDistance(a, b),
  };
  it.each(Object.entries(calls))('are refused by %s in its name', (name, call) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    try {
      expect(call).toThrow(ShapeError);
      expect(call).toThrow(new RegExp(`^${name}: shapes .* do not broadcast: dimension -1 is`));
      expect(warn).not.toHaveBeenCalled();
    } finally {
      warn.mockRestore();
    }
  });
});
