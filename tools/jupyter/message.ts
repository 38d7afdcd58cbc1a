/** @file Messages between Jupyter and a kernel: JSON in frames, signed (https://jupyter-client.readthedocs.io/en/stable/messaging.html). */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';

/** The connection file that a kernel gets when it starts: where to listen, and the key for signatures. */
export interface Connection {
  readonly ip: string;
  readonly transport: string;
  readonly key: string;
  readonly shell_port: number;
  readonly control_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly hb_port: number;
}

export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly version: string;
}

export interface Message {
  /** The frames before the delimiter: the recipient of the answer. */
  readonly identities: readonly Buffer[];
  readonly header: Header;
  readonly parent: Header | Record<string, never>;
  readonly content: Readonly<Record<string, unknown>>;
}

const DELIMITER = '<IDS|MSG>';
const VERSION = '5.3';
const session = randomUUID();

const sign = (key: string, parts: readonly Buffer[]): string => {
  if (key === '') return '';
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
};

/** A message of this kernel in answer to `parent`. */
export function answer(
  type: string,
  content: Message['content'],
  parent?: Message,
  identities: readonly Buffer[] = [],
): Message {
  const date = new Date().toISOString();
  const from = { session, username: 'kernel', date, version: VERSION };
  const header = { msg_id: randomUUID(), msg_type: type, ...from };
  return { identities, header, parent: parent?.header ?? {}, content };
}

export function encodeMessage(
  { identities, header, parent, content }: Message,
  key: string,
): Buffer[] {
  const parts = [header, parent, {}, content].map((part) => Buffer.from(JSON.stringify(part)));
  return [...identities, Buffer.from(DELIMITER), Buffer.from(sign(key, parts)), ...parts];
}

/** @throws {Error} if the frames are not a message, or are not signed with `key`. */
export function decodeMessage(frames: readonly Buffer[], key: string): Message {
  const at = frames.findIndex((frame) => frame.equals(Buffer.from(DELIMITER)));
  const [signature, ...rest] = frames.slice(at + 1);
  const parts = rest.slice(0, 4);
  if (at < 0 || signature === undefined || parts.length < 4)
    throw new Error(`a message of Jupyter has six frames or more, got ${frames.length}`);
  const wanted = Buffer.from(sign(key, parts));
  if (wanted.length !== signature.length || !timingSafeEqual(wanted, signature))
    throw new Error('a message of Jupyter has the wrong signature');
  const [header, parent, , content] = parts.map((part) => JSON.parse(part.toString()) as unknown);
  return {
    identities: frames.slice(0, at),
    header: header as Header,
    parent: parent as Header,
    content: content as Message['content'],
  };
}
