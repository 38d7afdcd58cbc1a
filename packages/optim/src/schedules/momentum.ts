/** @file The momentum of a group, which OneCycleLR and CyclicLR move against the learning rate. */
import { ChainruleError } from '@chainrule/autograd';
import type { Scheduled, ScheduledGroup } from './scheduled.js';

/** @throws {ChainruleError} if a group has neither `momentum` nor `betas`. */
export function checkMomentum(owner: string, { paramGroups }: Scheduled): void {
  for (const group of paramGroups) {
    if (group.betas === undefined && group.momentum === undefined) {
      throw new ChainruleError(
        `${owner}: the optimizer has neither momentum nor betas to cycle; pass { cycleMomentum: false }`,
      );
    }
  }
}

/** Sets the momentum, or β₁. */
export function setMomentum(group: ScheduledGroup, value: number): void {
  if (Array.isArray(group.betas)) group.betas = [value, ...(group.betas as number[]).slice(1)];
  else group.momentum = value;
}
