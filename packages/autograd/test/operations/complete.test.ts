/** @file Every public operation has a table entry, and every derivative rule is reached by one. */
import { expect, it } from 'vitest';
import * as chainrule from '@chainrule/autograd';
import { primitives } from '@chainrule/autograd/internal';
import { reachedBy, type OpLine } from '../opChecks.js';
import * as tables from './index.js';

const lines = Object.assign({}, ...Object.values(tables)) as Record<string, OpLine>;

/** What is public and computes nothing from tensors, or is tested in a file of its own. */
const notOperations = `
  ChainruleError DTypeError DeviceError FormatError GradError IndexError ShapeError Tensor Cell Parameter cell
  arange eye full fullLike linspace ones onesLike scalar tensor zeros zerosLike
  logspace trilIndices triuIndices fft.fftfreq fft.rfftfreq einops.rearrange
  exponential multinomial normal randintLike gumbelSoftmax
  bernoulli getRngState manualSeed rand randLike randint randn randnLike randperm setRngState
  foreignCopy backend packagePaths
  enableGrad isGradEnabled noGrad scope region dependsOn withMode recordingOf keptCells passingCells
  compile isCompiling withoutCompile fromGPUBuffer scan whileLoop cond switchCase associativeScan deviceInfo devices evaluate getNumThreads setDevice setNumThreads blas enableWideSimd memoryUsage profile resetPeak
  detectAnomaly explain graph setDebug gradcheck gradgradcheck
  byPosition checkArgument guardMethods defineOptions display readList reading plural printable passes flattenTree closureConvert pureCallback
  hessian hvp jacfwd jacrev valueAndGrad vjp borrowGrad peek afterRun rememberRuns culprit forgetRun
`.split(/\s+/);

/** The functions of a namespace, and of those in it. */
function namesIn(namespace: object, path: string): string[] {
  return Object.entries(namespace as Record<string, unknown>).flatMap(([key, value]) => {
    const name = `${path}${key}`;
    if (typeof value === 'function') return [name];
    return typeof value === 'object' && value !== null ? namesIn(value, `${name}.`) : [];
  });
}

it('every public operation has a line', () => {
  const named = namesIn(chainrule, '').filter((name) => !/^(kinds|signal\.windows)\./.test(name));
  const missing = named.filter((name) => !(name in lines) && !notOperations.includes(name));
  expect(missing).toEqual([]);
  expect(named.length).toBeGreaterThan(200);
});

it('every derivative rule is reached by a line', () => {
  const reached = new Set(
    Object.entries(lines).flatMap(([name, line]) => [...reachedBy(name, line)]),
  );
  const missing = primitives
    .filter((p) => p.differentiable && !reached.has(p.name))
    .map((p) => p.name);
  expect(missing).toEqual([]);
  expect(reached.size).toBeGreaterThan(80);
});
