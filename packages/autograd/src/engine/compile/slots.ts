/** @file The state of a program being scheduled: each slot's instruction, its view, and the step that computes it. */
import type { Instruction, Program } from '../program.js';
import type { Step } from './steps.js';
import { ownView, type View } from './view.js';

export class Slots {
  /** The instructions of the program, and copies that the schedule adds. */
  readonly instructions: Instruction[];
  readonly steps: Step[] = [];
  private readonly views: View[] = [];
  /** The step of each slot; -1 for inputs and numbers. */
  private readonly stepOf: number[] = [];

  constructor({ instructions }: Program) {
    this.instructions = [...instructions];
  }

  at(slot: number): Instruction {
    return this.instructions[slot] as Instruction;
  }

  view(slot: number): View {
    return this.views[slot] as View;
  }

  step(slot: number): number {
    return this.stepOf[slot] as number;
  }

  define(slot: number, view: View, step: number): void {
    this.views[slot] = view;
    this.stepOf[slot] = step;
  }

  /** Adds a step that computes a slot into a buffer of its own. */
  push(step: Step, slot: number): void {
    this.steps.push(step);
    this.define(slot, ownView(slot, this.at(slot).shape), this.steps.length - 1);
  }
}
