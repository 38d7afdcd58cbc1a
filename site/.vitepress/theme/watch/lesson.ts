/** @file Where the lesson stands: the network, the points, and the stage of the step. */
import { computed, onBeforeUnmount, ref, shallowRef, triggerRef } from 'vue';
import { Network, type Point, type Shown } from './network';

export const STAGES = ['forward pass', 'error', 'backward pass', 'update'] as const;
/** The stage in which derivatives are there. */
export const BACKWARD = 2;
const UPDATE = 3;

const START: readonly Point[] = [
  { x: -0.6, y: 0.6, label: 1 },
  { x: 0.6, y: -0.6, label: 1 },
  { x: 0.55, y: 0.6, label: 0 },
  { x: -0.6, y: -0.55, label: 0 },
];

// What is returned is typed by what stands here.
// eslint-disable-next-line @typescript-eslint/explicit-function-return-type
export function useLesson() {
  const network = shallowRef(new Network());
  const points = ref<Point[]>([...START]);
  const chosen = ref(0);
  /** −1 before the first step. */
  const stage = ref(-1);
  const rate = ref(0.3);
  const running = ref(false);
  const meanError = ref<number | null>(null);
  const rounds = ref(0);
  /** How often weights have changed. */
  const changes = ref(0);
  const point = computed(() => points.value[chosen.value] ?? null);

  function shown(name: string): Shown {
    void stage.value;
    return network.value.shown(name);
  }

  function step(): void {
    if (point.value === null) return;
    const next = (stage.value + 1) % STAGES.length;
    if (next === 0) {
      if (stage.value === UPDATE) chosen.value = (chosen.value + 1) % points.value.length;
      network.value.forward(point.value);
    } else if (next === 1) network.value.error(point.value);
    else if (next === BACKWARD) network.value.backward();
    else {
      network.value.update(rate.value);
      changes.value++;
    }
    stage.value = next;
    triggerRef(network);
  }

  let frame = 0;
  function run(): void {
    running.value = !running.value;
    const turn = (): void => {
      if (!running.value) return;
      for (let i = 0; i < 4 && points.value.length > 0; i++) {
        meanError.value = network.value.epoch(points.value, rate.value);
        rounds.value++;
      }
      changes.value++;
      if (point.value !== null) {
        network.value.forward(point.value);
        stage.value = 0;
      }
      triggerRef(network);
      frame = requestAnimationFrame(turn);
    };
    turn();
  }

  function again(): void {
    running.value = false;
    network.value = new Network(7 + Math.floor(Math.random() * 1000));
    stage.value = -1;
    rounds.value = 0;
    meanError.value = null;
    changes.value++;
  }

  onBeforeUnmount(() => {
    running.value = false;
    cancelAnimationFrame(frame);
  });
  return {
    network,
    points,
    chosen,
    stage,
    rate,
    running,
    meanError,
    rounds,
    changes,
    point,
    shown,
    step,
    run,
    again,
  };
}
