/** The exchange of schemas/README.md: the bytes of each frame in hex, with their meaning. */
import type { FromClient, FromServer } from '../schemas/index.ts';
import { encodeFrame, encodeMessage } from '../src/wire/encode-frame.ts';
import { pack, unpack } from '../src/wire/plain.ts';
import { exchange } from './exchange.ts';
import { messagesFrom, type PlacedMessage } from './layouts.ts';

const known: readonly PlacedMessage[] = [...messagesFrom('client'), ...messagesFrom('server')];

export function exchangeText(): string {
  const frames = exchange.map(({ from, note, messages }, index) => {
    const to = from === 'client' ? 'Client to server' : 'Server to client';
    return `**${index + 1}. ${to}.** ${note}\n\n\`\`\`text\n${frameText(messages)}\`\`\``;
  });
  return frames.join('\n\n');
}

/** The bytes of a value, or of the head of an array or map, and their meaning. */
type Line = readonly [bytes: string, text: string];

function frameText(messages: readonly (FromClient | FromServer)[]): string {
  const frame = encodeFrame(messages.map(encodeMessage));
  const elements = unpack(frame, 0, frame.length);
  const lines: Line[] = [[hexOf(elements).slice(0, 2), `frame of ${messages.length}`]];
  for (const [index, element] of (Array.isArray(elements) ? elements : []).entries()) {
    lines.push(...messageLines(messages[index]?.type ?? '', element));
  }
  const bytes = lines.map(([hex]) => hex.replaceAll(' ', '')).join('');
  if (bytes !== frame.toString('hex')) throw new Error(`${bytes} are not the bytes of the frame`);
  const width = Math.max(...lines.map(([hex]) => hex.length));
  return lines.map(([hex, text]) => `${hex.padEnd(width)}  ${text}\n`).join('');
}

function messageLines(type: string, element: unknown): Line[] {
  if (!Array.isArray(element)) return linesOf(element, type, '  ');
  const fields = known.find((message) => message.type === type)?.fields ?? [];
  const values = element.slice(1).flatMap((value, index) => {
    const here = fields.filter(({ at }) => at === index + 1);
    const [field] = here;
    if (!field?.required) return linesOf(value, 'optional fields', '    ');
    const word = Object.entries(field.words ?? {}).find(([, number]) => number === value)?.[0];
    return linesOf(value, field.name, '    ', word);
  });
  return [
    [hexOf(element).slice(0, 2), `  array of ${element.length}: ${type}`],
    [hexOf(element[0]), '    code'],
    ...values,
  ];
}

/** The lines of a value named `name`. A key is on the line of its value. */
function linesOf(value: unknown, name: string, indent: string, word?: string, key = ''): Line[] {
  const text = `${indent}${name}: `;
  // The encoder writes bytes in this form, whatever their number.
  if (value instanceof Uint8Array) {
    const head = Buffer.from([0xc6, 0, 0, 0, value.length]).toString('hex');
    return [[`${key}${head} ${Buffer.from(value).toString('hex')}`, `${text}${value.length} bytes`]];
  }
  if (typeof value !== 'object' || value === null) {
    return [[key + hexOf(value), `${text}${JSON.stringify(value)}${word === undefined ? '' : ` (${word})`}`]];
  }
  // Nothing in the exchange has more than 15 entries, so each head is one byte.
  const head = key + hexOf(value).slice(0, 2);
  if (Array.isArray(value)) {
    const items = value.flatMap((item, index) => linesOf(item, String(index), `${indent}  `));
    return [[head, `${text}array of ${value.length}`], ...items];
  }
  const fields = Object.entries(value);
  const inner = fields.flatMap(([field, item]) => linesOf(item, field, `${indent}  `, undefined, `${hexOf(field)} `));
  return [[head, `${text}map of ${fields.length}`], ...inner];
}

const hexOf = (value: unknown) => pack(value).toString('hex');
