import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  clientLayouts,
  errorCodes,
  fromClientSchema,
  fromServerSchema,
  type Layout,
  limits,
  serverLayouts,
} from '../../schemas/index.ts';
import { exchange } from '../../scripts/exchange.ts';
import { render } from '../../scripts/protocol-readme.ts';
import { decodeFrame } from '../../src/wire/decode-frame.ts';
import { fromClient, fromServer } from '../../src/wire/message-readers.ts';

const readme = readFileSync(new URL('../../schemas/README.md', import.meta.url), 'utf8');

function partOf(name: string): string {
  return new RegExp(`<!-- generated: ${name} -->\n(.*?)\n<!-- /generated -->`, 's').exec(readme)?.[1] ?? '';
}

/** The rows of all tables in a generated part as cells, without headers. */
function rowsOf(part: string): string[][] {
  const rows = partOf(part)
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\| ---|\| (meaning|retry|prevents) \|$/.test(line));
  return rows.map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()));
}

const namesIn = (part: string) => rowsOf(part).flatMap(([, name]) => name?.replaceAll('`', '') || []);
const headingsIn = (part: string) =>
  [...partOf(part).matchAll(/^#### `(.*?)`: (.*)$/gm)].map(([, name, form]) => [name, form]);
const typesOf = (union: typeof fromClientSchema | typeof fromServerSchema) =>
  union.options.map(({ shape }) => shape.type.value);
const codesOf = (layouts: Readonly<Record<string, Layout>>) =>
  Object.entries(layouts).map(([name, { code }]) => [name, `code ${code}`]);

test('the protocol document is current; if not, run node scripts/protocol-readme.ts', async () => {
  expect(await render(readme)).toBe(readme);
});

describe('the protocol document has', () => {
  test('every message from a client, with its code', () => {
    expect(headingsIn('from-client')).toStrictEqual([['hello', 'a map'], ...codesOf(clientLayouts)]);
    expect(headingsIn('from-client').map(([name]) => name)).toStrictEqual(typesOf(fromClientSchema));
  });

  test('every message from a server, with its code', () => {
    expect(headingsIn('from-server')).toStrictEqual([
      ['welcome', 'a map'],
      ['refused', 'a map'],
      ...codesOf(serverLayouts),
    ]);
    expect(headingsIn('from-server').map(([name]) => name)).toStrictEqual(typesOf(fromServerSchema));
  });

  test.each(['from-client', 'from-server'])('a sentence above each table of %s', (part) => {
    const sections = partOf(part)
      .split(/^#### .*$/m)
      .slice(1);
    expect(sections.map((section) => /^\n\n[A-Z][^|]*\.\n\n\|/.test(section))).toStrictEqual(sections.map(() => true));
  });

  test('every error code', () => {
    expect(namesIn('errors')).toStrictEqual(Object.keys(errorCodes));
  });

  test('every limit', () => {
    expect(namesIn('limits')).toStrictEqual(Object.keys(limits));
  });

  test.each(['from-client', 'from-server', 'commands'])('a meaning in each row of the table %s', (part) => {
    const rows = rowsOf(part);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter((cells) => cells.at(-2) === '')).toStrictEqual([]);
  });

  test('the actual value of each limit that its prose names', () => {
    const values = new Map<string, number>(Object.entries(limits));
    const named = [...readme.matchAll(/`(\w+)` \((\d[\d,]*)\)/g)];
    expect(named.length).toBeGreaterThan(15);
    for (const [, name = '', value = ''] of named) {
      expect([name, Number(value.replaceAll(',', ''))]).toStrictEqual([name, values.get(name)]);
    }
  });

  test('a heading for each of its links', () => {
    const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/[^a-z -]/g, '')
        .replaceAll(' ', '-'),
    );
    const links = [...readme.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor);
    expect(links.filter((anchor = '') => !headings.includes(anchor))).toStrictEqual([]);
  });
});

describe('the exchange', () => {
  const blocks = [...readme.matchAll(/^\*\*\d+\. (Client|Server) to .*?```text\n(.*?)```/gms)];

  test('has the bytes of each of its frames', () => {
    const decoded = blocks.map(([, from, block = '']) => {
      const bytes = Buffer.from(block.replaceAll(/ {2,}\S.*$|\s/gm, ''), 'hex');
      return from === 'Client' ? decodeFrame(bytes, fromClient) : decodeFrame(bytes, fromServer);
    });
    expect(decoded).toStrictEqual(exchange.map(({ messages }) => messages));
  });

  test('goes from hello to goodbye, and names jobs in both forms', () => {
    const messages = exchange.flatMap((frame) => frame.messages);
    expect([messages[0]?.type, messages.at(-1)?.type]).toStrictEqual(['hello', 'goodbye']);
    const ids = messages.flatMap((message) => ('id' in message ? typeof message.id : []));
    expect([...new Set(ids)].sort()).toStrictEqual(['number', 'string']);
  });
});
