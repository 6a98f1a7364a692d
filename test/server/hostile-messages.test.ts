import { Packr } from 'msgpackr';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientLayouts, limits } from '../../schemas/index.ts';
import { type HostileScene, hostileScene, type LetIn, type ServerKind, serverKinds } from './hostile-scene.ts';

/** Encodes everything that msgpackr can, including what the protocol does not allow. */
const packr = new Packr({ useRecords: false, moreTypes: true, variableMapSize: true });
const pack = (value: unknown): Buffer => packr.pack(value);
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** A map encoded by hand, for contents that no object can have. */
const map = (...entries: readonly (readonly [string, unknown])[]) =>
  Buffer.concat([Buffer.from([0x80 | entries.length]), ...entries.flat().map(pack)]);
const frame = (...messages: readonly Buffer[]) => Buffer.concat([Buffer.from([0x90 | messages.length]), ...messages]);
const id = 'k3v9q0ta2m7x.7';
const { code: resultCode } = clientLayouts.result;
/** A result that completed after 1 ms, with this value in its last map. */
const result = (value: Buffer) =>
  Buffer.concat([
    hex('95'),
    pack(resultCode),
    pack(id),
    pack(0),
    pack(1),
    map(['result', undefined]).subarray(0, -1),
    value,
  ]);
const said = (message: object) => frame(pack(message));
const says = (type: keyof typeof clientLayouts, ...fields: unknown[]) => said([clientLayouts[type].code, ...fields]);

type Hello = LetIn['hello'];
type Case = [what: string, frame: (hello: Hello) => Buffer];

/** Each of these is a valid hello with one fault. */
const hellos: Case[] = [
  ['a hello with __proto__', (hello) => frame(map(...Object.entries(hello), ['__proto__', { name: 'healthy' }]))],
  [
    'a hello with __proto__ inside',
    (hello) =>
      frame(
        map(...Object.entries({ ...hello, info: undefined }).filter(([key]) => key !== 'info'), [
          'info',
          JSON.parse('{"__proto__":{"host":"x","pid":1,"platform":"x"}}'),
        ]),
      ),
  ],
  ['a hello with two names', (hello) => frame(map(...Object.entries(hello), ['name', 'other']))],
  ['a hello with two types', (hello) => frame(map(['type', 'goodbye'], ...Object.entries(hello)))],
  ['a hello whose pid is NaN', (hello) => said({ ...hello, info: { ...hello.info, pid: Number.NaN } })],
  ['a hello whose protocol is infinite', (hello) => said({ ...hello, protocol: Number.POSITIVE_INFINITY })],
  ['a hello whose name is a date', (hello) => said({ ...hello, name: new Date(0) })],
  ['a hello and 1,024 more', (hello) => Buffer.concat([hex('dc 0401'), ...Array<Buffer>(1_025).fill(pack(hello))])],
  ['a hello and a byte', (hello) => Buffer.concat([said(hello), hex('c0')])],
  ['a hello that lacks its last byte', (hello) => said(hello).subarray(0, -1)],
  ['a hello that is no array', (hello) => pack(hello)],
];

const others: Case[] = [
  ['a depth of 17', () => frame(result(Buffer.concat([Buffer.alloc(14, 0x91), hex('c0')])))],
  ['a depth of a million', () => Buffer.alloc(1_000_000, 0x91)],
  ['a million maps in each other', () => Buffer.concat(Array<Buffer>(340_000).fill(hex('81 a161')))],
  ['an array of claimed length four billion', () => hex('91 dd ffffffff')],
  ['a map of claimed length four billion', () => hex('91 df ffffffff')],
  ['a string of claimed length four billion', () => hex('91 db ffffffff')],
  ['binary of claimed length four billion', () => hex('91 c6 ffffffff')],
  ['an extension of claimed length four billion', () => hex('91 c9 ffffffff 01')],
  [
    'more values than the limit',
    () => frame(result(Buffer.concat([hex('dd 00004000'), Buffer.alloc(limits.maxItems, 0xc0)]))),
  ],
  ['a date', () => says('goodbye', new Date(0))],
  ['a regular expression', () => frame(result(pack(/x/)))],
  ['a record definition', () => hex('91 d4 72 40 91 a161')],
  ['a reference to itself', () => hex('91 d6 69 00000001')],
  ['a progress of NaN', () => says('progress', id, Number.NaN)],
  ['a progress that is infinite', () => says('progress', id, Number.POSITIVE_INFINITY)],
  ['a duration that is infinite', () => says('result', id, 0, Number.POSITIVE_INFINITY)],
  ['a lag of NaN', () => says('heartbeat-ack', 1, 1, Number.NaN)],
  ['an offset of 2^53 - 1', () => says('output', id, 1, 2 ** 53 - 1, Buffer.from('x'))],
  ['output without a byte', () => says('output', id, 1, 0, Buffer.alloc(0))],
  ['output over its limit', () => says('output', id, 1, 0, Buffer.alloc(limits.maxOutputChunkBytes + 1))],
  ['an unknown stream', () => says('output', id, 3, 0, Buffer.from('x'))],
  ['text that is not UTF-8', () => frame(Buffer.concat([hex('92'), pack(clientLayouts.goodbye.code), hex('a2 c328')]))],
  ['a key that is not UTF-8', () => frame(result(hex('81 a2 c328 01')))],
  ['a result of NaN', () => frame(result(pack(Number.NaN)))],
  ['a result that is infinite, somewhere in it', () => frame(result(pack([{ a: Number.NEGATIVE_INFINITY }])))],
  ['a key that comes twice', () => frame(result(map(['a', 1], ['a', 2])))],
  ['__proto__ in a result', () => frame(result(map(['__proto__', { polluted: true }])))],
  ['an outcome that only a server concludes', () => says('result', id, 4, 1)],
  ['a message without a code', () => said([])],
  ['a field too few', () => says('heartbeat-ack', 1, 1)],
];

describe.each<ServerKind>(serverKinds)('a server %s refuses, from an admitted client,', (kind) => {
  let scene: HostileScene;
  beforeAll(async () => {
    scene = await hostileScene(kind);
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  test.each([...hellos, ...others])('%s, and nobody has joined', async (_what, hostile) => {
    await using mallory = await scene.letIn();
    await mallory.connection.send(hostile(mallory.hello));
    expect(await mallory.next('refused')).toMatchObject({ error: { code: 'bad_message' } });
    await scene.expectUnharmed();
  });
});

describe.each<ServerKind>(serverKinds)('a server %s ends the session of a client that sends', (kind) => {
  let scene: HostileScene;
  beforeAll(async () => {
    scene = await hostileScene(kind);
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  test.each([...hellos, ...others])('%s, and does nothing else', async (_what, hostile) => {
    await using mallory = await scene.letIn();
    await mallory.greet();
    await mallory.connection.send(hostile(mallory.hello));
    expect(await mallory.next('refused')).toMatchObject({ error: { code: 'bad_message' } });
    expect((await scene.server.clients()).find(({ name }) => name === 'mallory')?.state).toBe('offline');
    expect('polluted' in {}).toBe(false);
    await scene.expectUnharmed(['mallory']);
  });
});
