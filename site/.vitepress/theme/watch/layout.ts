/** @file Where things stand in the drawing: in a row, or on a phone with the error below the output and more room between rows. */
import { computed, onBeforeUnmount, onMounted, ref, type ComputedRef } from 'vue';

/** A weight: the line between two neurons. */
export interface Edge {
  readonly name: string;
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  /** What it is multiplied by. */
  readonly input: string;
  /** The sum that it is part of. */
  readonly into: string;
  /** Where its label stands, from 0 at the begin to 1 at the end. */
  readonly at: number;
}

const WIDE = {
  size: '0 0 760 400',
  x: { input: 60, hidden: 330, output: 550 },
  y: { x: 110, y: 270, o: 190, first: 50, apart: 95 },
  radius: 32,
  // Where labels stand clearest of each other.
  label: { x: 0.76, y: 0.46, hidden: 0.42 },
  error: { x: 698, y: 190, width: 96 },
  link: [586, 190, 650, 190],
} as const;
const NARROW = {
  size: '0 0 400 500',
  x: { input: 32, hidden: 232, output: 362 },
  y: { x: 150, y: 350, o: 250, first: 55, apart: 130 },
  radius: 29,
  label: { x: 0.7, y: 0.32, hidden: 0.42 },
  error: { x: 352, y: 415, width: 88 },
  link: [362, 283, 362, 385],
} as const;
export type Layout = typeof WIDE | typeof NARROW;

export function hiddenY({ y }: Layout, j: number): number {
  return y.first + (j - 1) * y.apart;
}

export function edgesOf(layout: Layout): Edge[] {
  const { x, y, label } = layout;
  return [1, 2, 3, 4].flatMap((j) => {
    const hidden = [x.hidden, hiddenY(layout, j)] as const;
    return [
      { name: `w${j}1`, from: [x.input, y.x], to: hidden, input: 'x', into: `z${j}`, at: label.x },
      { name: `w${j}2`, from: [x.input, y.y], to: hidden, input: 'y', into: `z${j}`, at: label.y },
      {
        name: `v${j}`,
        from: hidden,
        to: [x.output, y.o],
        input: `h${j}`,
        into: 'zo',
        at: label.hidden,
      },
    ] as const;
  });
}

/** The layout that fits the window. */
export function useLayout(): ComputedRef<Layout> {
  const narrow = ref(false);
  let phone: MediaQueryList | undefined;
  const look = (): void => {
    narrow.value = phone?.matches ?? false;
  };
  onMounted(() => {
    phone = window.matchMedia('(max-width: 640px)');
    phone.addEventListener('change', look);
    look();
  });
  onBeforeUnmount(() => phone?.removeEventListener('change', look));
  return computed(() => (narrow.value ? NARROW : WIDE));
}
