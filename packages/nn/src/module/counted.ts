/** @file Checks the tensors that `multiplyAdds` counts from. */
import { checkArgument, kinds, type Tensor } from '@chainrule/autograd';

const inputsKind = kinds.kind<readonly [Tensor, ...Tensor[]]>(
  'be an array of at least one tensor',
  (x) => kinds.listOf(kinds.tensor).test(x) && (x as readonly unknown[]).length > 0,
);

/** The only input of a call. */
export function countedInputs(inputs: readonly Tensor[]): readonly [Tensor, ...Tensor[]] {
  return checkArgument('multiplyAdds', 'inputs', inputs, inputsKind);
}

/** The result of a call. */
export function countedOutput(output: Tensor): Tensor {
  return checkArgument('multiplyAdds', 'output', output, kinds.tensor);
}
