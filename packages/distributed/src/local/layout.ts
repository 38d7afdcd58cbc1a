/** @file How the ranks of one machine share a file: where the words of meetings, states and data lie. */

/** Words a rank says at a meeting; the first is the number of the meeting, the last guards against a torn read. */
export const SLOT_WORDS = 16;
export const SLOT_BYTES = 4 * SLOT_WORDS;
/** What is known of a rank: a number, the length of a text, the text. */
export const STATE_BYTES = 1024;

/** The states of a rank. */
export const RUNNING = 0;
export const FAILED = 1;
export const ENDED = 2;

/** Meetings alternate between two sets of slots: a slot is written again only after everybody has read it. */
export function slotsAt(meeting: number, size: number): number {
  return (meeting % 2) * size * SLOT_BYTES;
}

/** The state of a rank. */
export function stateAt(rank: number, size: number): number {
  return 2 * size * SLOT_BYTES + rank * STATE_BYTES;
}

/** Bytes of a piece of data: the file stays below 64 MiB, which is what containers give `/dev/shm`. */
export function pieceBytes(size: number): number {
  const most = Math.floor((48 * 2 ** 20) / (2 * (size + 1)));
  return Math.min(2 ** 20, most - (most % 4096));
}

/** Where a rank's piece lies; the one after the last rank's holds what was reduced. Pieces alternate too. */
export function pieceAt(turn: number, rank: number, size: number): number {
  return ((turn % 2) * (size + 1) + rank) * pieceBytes(size);
}

/** A number that tells a slot that was read whole from one that was being written. */
export function checkOf(words: Int32Array): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < SLOT_WORDS - 1; i++) hash = Math.imul(hash ^ (words[i] as number), 16777619);
  return hash;
}
