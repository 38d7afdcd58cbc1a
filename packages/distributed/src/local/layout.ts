/** @file The layout of the files that ranks on one machine share: the words of meetings, the states, and the data. */

/** Words that a rank writes at a meeting; the first is the number of the meeting, the last detects torn reads. */
export const SLOT_WORDS = 16;
export const SLOT_BYTES = 4 * SLOT_WORDS;
/** The bytes of a rank's state: a number, the length of a text, the text. */
export const STATE_BYTES = 1024;

/** The possible states of a rank. */
export const RUNNING = 0;
export const FAILED = 1;
export const ENDED = 2;

/**
 * The offset of the slots of a meeting. Meetings alternate between two sets of slots, so a slot is written again only after
 * every rank has read it.
 */
export function slotsAt(meeting: number, size: number): number {
  return (meeting % 2) * size * SLOT_BYTES;
}

/** The offset of a rank's state. */
export function stateAt(rank: number, size: number): number {
  return 2 * size * SLOT_BYTES + rank * STATE_BYTES;
}

/** Bytes per piece of data. The file stays below 64 MiB, the size of `/dev/shm` in containers. */
export function pieceBytes(size: number): number {
  const most = Math.floor((48 * 2 ** 20) / (2 * (size + 1)));
  return Math.min(2 ** 20, most - (most % 4096));
}

/** The offset of a rank's piece; the one after the last rank's holds the result of a reduction. Pieces alternate too. */
export function pieceAt(turn: number, rank: number, size: number): number {
  return ((turn % 2) * (size + 1) + rank) * pieceBytes(size);
}

/** A checksum that distinguishes a complete slot from one that was being written. */
export function checkOf(words: Int32Array): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < SLOT_WORDS - 1; i++) hash = Math.imul(hash ^ (words[i] as number), 16777619);
  return hash;
}
