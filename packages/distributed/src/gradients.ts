/** @file Averages the gradients of parameters over all ranks, many in one message. */
import {
  borrowGrad,
  cat,
  ChainruleError,
  kinds,
  noGrad,
  passes,
  scalar,
  type Parameter,
  type Tensor,
} from '@chainrule/autograd';
import { Bucket, groupsOf } from './bucket.js';
import type { Communicator } from './communicator.js';
import { reduceBucket } from './operations.js';

export interface AverageOptions {
  /** The most bytes of a message. */
  readonly bucketBytes: number;
  /** Parameters are compared every `checkEvery` calls; 0 for never. */
  readonly checkEvery: number;
  /** Whether a gradient that is not finite is an error. */
  readonly watch: boolean;
}

/** The buckets of one list of parameters, by which of them have gradients. */
export class Averager {
  private readonly world: Communicator;
  private readonly parameters: readonly Parameter[];
  private readonly options: AverageOptions;
  private readonly layouts = new Map<string, { members: readonly number[]; bucket: Bucket }[]>();

  constructor(world: Communicator, parameters: readonly Parameter[], options: AverageOptions) {
    this.world = world;
    this.parameters = parameters;
    this.options = options;
  }

  /** Replaces each gradient by its mean over all ranks. */
  average(): void {
    if (this.world.size === 1) return;
    noGrad(() => {
      // In the order in which the backward pass computes them.
      const given = this.parameters
        .map((parameter) => ({ parameter, gradient: borrowGrad(parameter) }))
        .filter((x): x is { parameter: Parameter; gradient: Tensor } => x.gradient !== null)
        .reverse();
      const gradients = given.map(({ gradient }) => gradient);
      for (const { members, bucket } of this.layout(
        given.map(({ parameter }) => parameter),
        gradients,
      )) {
        const flat = cat(members.map((i) => (gradients[i] as Tensor).reshape([-1])));
        const health = this.options.watch ? flat.mul(0).sum() : scalar(0);
        const compared = members.map((i) => (given[i]?.parameter as Parameter).detach());
        const inputs = [flat, health, ...(this.options.checkEvery > 0 ? compared : [])];
        const mean = reduceBucket(this.world, bucket.id, inputs).mul(1 / this.world.size);
        let from = 0;
        for (const i of members) {
          const { parameter } = given[i] as { parameter: Parameter };
          parameter.grad = mean.narrow(0, from, parameter.size).reshape(parameter.shape);
          from += parameter.size;
        }
      }
    });
  }

  private layout(
    parameters: readonly Parameter[],
    gradients: readonly Tensor[],
  ): { members: readonly number[]; bucket: Bucket }[] {
    const key = parameters.map((p) => this.parameters.indexOf(p)).join();
    let layout = this.layouts.get(key);
    if (layout === undefined) {
      const names = parameters.map((p) => p.label || `parameter ${this.parameters.indexOf(p)}`);
      layout = groupsOf(gradients, this.options.bucketBytes).map((members) => ({
        members,
        bucket: new Bucket(
          members.map((i) => ({ name: names[i] as string, size: parameters[i]?.size ?? 0 })),
          this.options.checkEvery,
        ),
      }));
      this.layouts.set(key, layout);
    }
    return layout;
  }
}

const parameter = kinds.kind<Parameter>(
  'be a parameter',
  (x) => typeof (x as Partial<Parameter> | null)?.assign === 'function',
);
const parameters = kinds.listOf(kinds.either(parameter, kinds.tuple(kinds.text, parameter)));

/** The parameters in a list, which may also hold pairs of a name and a parameter. */
export function parametersIn(op: string, given: unknown): Parameter[] {
  if (!passes(parameters, given) || given.length === 0) {
    throw new ChainruleError(
      `${op}: expected parameters, as model.parameters() or model.namedParameters() give them`,
    );
  }
  return given.map((x) => ('assign' in x ? x : x[1]));
}
