/** @file `@chainrule/nn/distributions`: probability distributions, differentiable in their parameters. */
export { Categorical, OneHotCategorical, type ProbsOrLogitsVectors } from './categorical.js';
export type { Constraint } from './constraint.js';
export { Distribution } from './distribution.js';
export { Beta, Dirichlet } from './dirichlet.js';
export { Gamma } from './gamma.js';
export { StudentT } from './studentT.js';
export { Independent, MixtureSameFamily } from './independent.js';
export { klDivergence } from './kl/klDivergence.js';
export { Cauchy, Gumbel, Laplace } from './locationScale.js';
export { MultivariateNormal, type Covariance } from './multivariateNormal.js';
export { HalfNormal, Normal } from './normal.js';
export type { DistributionOptions, Value } from './parameters.js';
export { Poisson } from './poisson.js';
export { ComposeTransform } from './composeTransform.js';
export { Transform } from './transform.js';
export { LogNormal, TransformedDistribution } from './transformed.js';
export {
  SigmoidTransform,
  SoftmaxTransform,
  SoftplusTransform,
  TanhTransform,
} from './squashing.js';
export { AbsTransform, AffineTransform, ExpTransform, PowerTransform } from './transforms.js';
export { Bernoulli, Binomial, Geometric, type ProbsOrLogits } from './trials.js';
export { Exponential, Uniform } from './uniform.js';
export { VonMises } from './vonMises.js';
