/** @file Random numbers from this library's stream, which `manualSeed` starts. */
import * as cr from '@chainrule/autograd';
import type { Call } from '../../import/call.js';
import { operator, type Operator, type Result } from '../operator.js';

type Draw = (call: Call, shape: readonly number[]) => cr.Tensor;

const normal: Draw = (call, shape) =>
  cr.randn(shape).mul(call.float('scale', 1)).add(call.float('mean', 0));

const uniform: Draw = (call, shape) => {
  const [low, high] = [call.float('low', 0), call.float('high', 1)];
  return cr
    .rand(shape)
    .mul(high - low)
    .add(low);
};

/** The shape is an attribute, or that of another tensor. */
function draws(name: string, draw: Draw): readonly Operator[] {
  const cast = (call: Call, x: cr.Tensor, fallback: cr.DType): cr.Tensor =>
    x.cast(call.attributeGiven('dtype') ? call.elementType('dtype').dtype : fallback);
  return [
    operator(name, (call) => cast(call, draw(call, call.ints('shape')), 'float32')),
    operator(`${name}Like`, (call) => {
      const like = call.tensor(0);
      return cast(call, draw(call, like.shape), like.dtype);
    }),
  ];
}

function bernoulli(call: Call): Result {
  const p = call.tensor(0);
  const { dtype } = call.attributeGiven('dtype') ? call.elementType('dtype') : p;
  return cr.rand(p.shape).lt(p).cast(dtype);
}

function multinomial(call: Call): Result {
  const logits = call.tensor(0);
  return cr.multinomial(cr.softmax(logits, -1), call.int('sample_size', 1), { replacement: true });
}

export const RANDOM: readonly Operator[] = [
  ...draws('RandomNormal', normal),
  ...draws('RandomUniform', uniform),
  operator('Bernoulli', bernoulli),
  operator('Multinomial', multinomial),
];
