/** @file Comparisons and logic of elements: operations that return booleans. None has a gradient. */
import { binary, unary, type BinaryOp, type UnaryOp } from './element.js';

const yes = (condition: boolean): number => (condition ? 1 : 0);
const relation = (name: string, holds: (x: number, y: number) => boolean): BinaryOp =>
  binary(name, { reference: (x, y) => yes(holds(x, y)), dx: null, dy: null, to: 'bool' });
const logic = (name: string, holds: (x: boolean, y: boolean) => boolean): BinaryOp =>
  binary(name, {
    reference: (x, y) => yes(holds(x !== 0, y !== 0)),
    dx: null,
    dy: null,
    domain: 'bool',
    to: 'bool',
  });
const test = (name: string, holds: (x: number) => boolean): UnaryOp =>
  unary(name, { reference: (x) => yes(holds(x)), derivative: null, domain: 'any', to: 'bool' });

/**
 * `x = y`, as booleans; NaN equals nothing, −0 equals 0. PyTorch: `torch.eq`.
 * @example eq(tensor([1, 2]), 2) // [false, true]
 */
export const eq: BinaryOp = relation('eq', (x, y) => x === y);
/**
 * `x ≠ y`, as booleans; true where either is NaN. PyTorch: `torch.ne`.
 * @example ne(tensor([1, 2]), 2) // [true, false]
 */
export const ne: BinaryOp = relation('ne', (x, y) => x !== y);
/**
 * `x < y`, as booleans; false where either is NaN. PyTorch: `torch.lt`.
 * @example lt(tensor([1, 2, 3]), 2) // [true, false, false]
 */
export const lt: BinaryOp = relation('lt', (x, y) => x < y);
/**
 * `x ≤ y`, as booleans; false where either is NaN. PyTorch: `torch.le`.
 * @example le(tensor([1, 2, 3]), 2) // [true, true, false]
 */
export const le: BinaryOp = relation('le', (x, y) => x <= y);
/**
 * `x > y`, as booleans; false where either is NaN. PyTorch: `torch.gt`.
 * @example gt(tensor([1, 2, 3]), 2) // [false, false, true]
 */
export const gt: BinaryOp = relation('gt', (x, y) => x > y);
/**
 * `x ≥ y`, as booleans; false where either is NaN. PyTorch: `torch.ge`.
 * @example ge(tensor([1, 2, 3]), 2) // [false, true, true]
 */
export const ge: BinaryOp = relation('ge', (x, y) => x >= y);

/**
 * Where `x` is NaN; false for integers and booleans. PyTorch: `torch.isnan`.
 * @example isNan(tensor([1, NaN, Infinity])) // [false, true, false]
 */
export const isNan: UnaryOp = test('isNan', (x) => Number.isNaN(x));
/**
 * Where `x` is +Inf or −Inf; false for integers and booleans. PyTorch: `torch.isinf`.
 * @example isInf(tensor([1, NaN, -Infinity])) // [false, false, true]
 */
export const isInf: UnaryOp = test('isInf', (x) => x === Infinity || x === -Infinity);
/**
 * Where `x` is neither NaN nor infinite; true for integers and booleans. PyTorch: `torch.isfinite`.
 * @example isFinite(tensor([1, NaN, Infinity])) // [true, false, false]
 */
export const isFinite: UnaryOp = test('isFinite', (x) => Number.isFinite(x));

/**
 * Where both are not 0; NaN counts as true. Any dtypes. PyTorch: `torch.logical_and`.
 * @example logicalAnd(tensor([0, 1, 2]), tensor([1, 0, 3])) // [false, false, true]
 */
export const logicalAnd: BinaryOp = logic('logicalAnd', (x, y) => x && y);
/**
 * Where at least one is not 0; NaN counts as true. Any dtypes. PyTorch: `torch.logical_or`.
 * @example logicalOr(tensor([0, 1, 0]), tensor([0, 0, 3])) // [false, true, true]
 */
export const logicalOr: BinaryOp = logic('logicalOr', (x, y) => x || y);
/**
 * Where exactly one is not 0; NaN counts as true. Any dtypes. PyTorch: `torch.logical_xor`.
 * @example logicalXor(tensor([0, 1, 2]), tensor([0, 0, 3])) // [false, true, false]
 */
export const logicalXor: BinaryOp = logic('logicalXor', (x, y) => x !== y);
/**
 * Where `x` is 0; NaN counts as true, so its negation is false. Any dtype. PyTorch: `torch.logical_not`.
 * @example logicalNot(tensor([0, 2])) // [true, false]
 */
export const logicalNot: UnaryOp = unary('logicalNot', {
  reference: (x) => yes(x === 0),
  derivative: null,
  domain: 'bool',
  to: 'bool',
});
