import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { errorCodes, fromClientSchema, fromServerSchema, limits } from '../../schemas/index.ts';
import { render } from '../../scripts/protocol-readme.ts';
import { decodeFrame } from '../../src/wire/codec.ts';

const readme = readFileSync(new URL('../../schemas/README.md', import.meta.url), 'utf8');

/** The rows of a generated table, as cells. */
function rowsOf(part: string): string[][] {
  const [, text = ''] = new RegExp(`<!-- generated: ${part} -->\n(.*?)\n<!-- /generated -->`, 's').exec(readme) ?? [];
  const rows = text.split('\n').slice(2);
  return rows.map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()));
}

const namesIn = (part: string) => rowsOf(part).flatMap(([, name]) => name?.replaceAll('`', '') || []);

test('the protocol document is current: if not, run node scripts/protocol-readme.ts', async () => {
  expect(await render(readme)).toBe(readme);
});

describe('the protocol document has', () => {
  test('every message from a client', () => {
    expect(namesIn('from-client')).toStrictEqual(fromClientSchema.options.map(({ shape }) => shape.type.value));
  });

  test('every message from a server', () => {
    expect(namesIn('from-server')).toStrictEqual(fromServerSchema.options.map(({ shape }) => shape.type.value));
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

  test('the true value behind each limit that its prose names', () => {
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
  const frames = [...readme.matchAll(/^\*\*\d+\. (Client|Server) to .*?```text\n(.*?)```/gms)];

  test('holds the messages of a session from hello to goodbye', () => {
    const types = frames.map(([, , block = '']) => [...block.matchAll(/"type": "(.*?)"/g)].map(([, type]) => type));
    expect(types).toStrictEqual([
      ['hello'],
      ['welcome'],
      ['jobs-end'],
      ['command'],
      ['accepted', 'state', 'result'],
      ['ack'],
      ['command'],
      ['accepted'],
      ['result'],
      ['ack'],
      ['heartbeat'],
      ['heartbeat-ack'],
      ['goodbye'],
    ]);
  });

  test.each(frames.map(([, from, block = ''], index) => ({ frame: index + 1, from, block })))(
    'has bytes in frame $frame that decode to the messages beside them',
    ({ from, block }) => {
      const bytes = Buffer.from(block.replaceAll(/#.*$|\s/gm, ''), 'hex');
      const shown: unknown = JSON.parse(block.replaceAll(/^.*?#/gm, ''));
      const schema = from === 'Client' ? fromClientSchema : fromServerSchema;
      expect(decodeFrame(bytes, schema)).toStrictEqual(shown);
    },
  );
});
