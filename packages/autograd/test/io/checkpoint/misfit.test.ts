/** @file A checkpoint that does not fit changes nothing, and the error lists what is wrong. */
import { describe, expect, it } from 'vitest';
import { Cell } from '../../../src/graph/cells/cell.js';
import { loadCheckpoint, saveCheckpoint } from '../../../src/io/checkpoint.js';
import { folder, leaf, Model, Optimizer, plain } from './fixtures.js';

describe('a mismatch changes nothing', () => {
  const changed = async (
    edit: (model: Model, optimizer: Optimizer) => Record<string, unknown>,
    reason: RegExp,
  ) => {
    await saveCheckpoint(folder, {
      model: new Model(),
      optimizer: new Optimizer(),
      cell: leaf(1),
      step: 1,
    });
    const model = new Model();
    const optimizer = new Optimizer();
    model.weight = leaf(-1, -2);
    optimizer.state = { groups: [], m: leaf(-3) };
    const targets = edit(model, optimizer);
    const before = plain([model.weight, model.bias, optimizer.state]);
    await expect(loadCheckpoint(folder, targets)).rejects.toThrow(reason);
    expect(plain([model.weight, model.bias, optimizer.state])).toEqual(before);
  };

  it('missing, unexpected and other shapes, all listed', () =>
    changed((model, optimizer) => {
      model.weight = leaf(1, 2, 3);
      model.stateDict = () => ({ 'layer.weight': model.weight, 'layer.scale': leaf(1) });
      return { optimizer, model };
    }, /nothing was loaded:\n.*missing in the checkpoint: "layer\.scale"\n.*unexpected in the checkpoint: "layer\.bias"\n.*"layer\.weight" has shape \[2\] in the checkpoint, \[3\] here/));

  it('an entry that was not saved', () =>
    changed(
      (model) => ({ model, schedule: new Optimizer() }),
      /schedule: not in the checkpoint, which has model, optimizer, cell, step/,
    ));

  it('undoes all targets if the last is refused', () =>
    changed((model, optimizer) => {
      optimizer.refuse = true;
      return { model, optimizer };
    }, /optimizer: other parameter groups/));

  it('a cell of another shape', () =>
    changed(
      (model) => ({ model, cell: new Cell(leaf(1, 2)) }),
      /cell: "value" has shape \[1\] in the checkpoint, \[2\] here/,
    ));

  it('a module where something else was saved', () =>
    changed(
      (model, optimizer) => ({ optimizer, step: model }),
      /step: the checkpoint has something other than tensors/,
    ));
});
