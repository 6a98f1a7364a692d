import fc from 'fast-check';
import {
  type ErrorCode,
  errorCodes,
  type FromClient,
  type FromServer,
  jobSignalSchema,
  limits,
  type Message,
  maxCounter,
} from '../../schemas/index.ts';

/** One arbitrary for each type of a union. A type that is added to the union causes a type error until it has one. */
type ByType<Union extends { type: string }> = {
  readonly [Type in Union['type']]: fc.Arbitrary<Message<Union, Type>>;
};

/** With an ordinary prototype, like every decoded value. */
const record = <Fields>(fields: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> }) =>
  fc.record(fields, { noNullPrototype: true });
/** A character takes up to four bytes. */
const unicode = (maxLength: number) => fc.string({ unit: 'binary', maxLength });
const count = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER));
// −0 arrives as 0.
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const milliseconds = finite.map(Math.abs);
const duration = fc.integer({ min: 1, max: 2_147_483_647 });
const data = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const bootId = fc.stringMatching(/^[0-9a-z]{8,32}$/);
const counter = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: maxCounter }));
const id = fc.oneof(
  counter,
  fc.tuple(bootId, counter).map(([boot, n]) => `${boot}.${n}`),
);
const command = fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/);
const nonZeroHex = (length: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((hex) => /[^0]/.test(hex));
const traceparent = fc
  .tuple(nonZeroHex(32), nonZeroHex(16), fc.stringMatching(/^[0-9a-f]{2}$/))
  .map((fields) => `00-${fields.join('-')}`);
const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,62}$/).filter((value) => value !== 'all');
const state = fc.constantFrom('unready', 'ready', 'terminating');
const stream = fc.constantFrom('stdout', 'stderr');
const text = fc.oneof(unicode(60), fc.constant('€'.repeat(Math.floor(limits.maxTextBytes / 3))));
const codes = Object.keys(errorCodes) as (keyof typeof errorCodes)[];
const error = record({ code: fc.constantFrom(...codes), message: text });
const errorOf = <Code extends ErrorCode>(code: Code) => record({ code: fc.constant(code), message: text });
const offsets = fc.record({ stdout: count, stderr: count }, { requiredKeys: [], noNullPrototype: true });

const scalar = fc.oneof(
  fc.constantFrom(null, true, false, 2 ** 53, -(2 ** 63), 1e300, Number.MIN_VALUE),
  fc.maxSafeInteger(),
  finite,
  unicode(40),
  data,
);
// `__proto__` is renamed when encoded; a separate test covers it.
const key = unicode(20).filter((value) => value !== '__proto__');

/** Any value that `args` and `result` may contain. */
export const plainValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

const label = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,62}$/);
const labels = fc.dictionary(name, label, { maxKeys: 5, noNullPrototype: true });
const facts = fc.dictionary(name, unicode(60), { maxKeys: 5, noNullPrototype: true });
const features = fc.array(unicode(16), { maxLength: 5 });
const place = count.map((offset) => Math.min(offset, 2 ** 52));
const isTrue = fc.constant(true as const);

const type = <const Type extends string>(value: Type) => fc.constant(value);

/** All of the first fields, and any of the second. */
function fieldsOf<All extends object, Any extends object>(
  all: { [Name in keyof All]: fc.Arbitrary<All[Name]> },
  any: { [Name in keyof Any]: fc.Arbitrary<Any[Name]> },
): fc.Arbitrary<All & Partial<Any>> {
  const some = fc.record(any, { requiredKeys: [], noNullPrototype: true });
  return fc.tuple(record(all), some).map(([these, those]) => ({ ...these, ...those }) as All & Partial<Any>);
}

const outcome = fc.constantFrom('completed', 'failed', 'cancelled', 'expired', 'rejected');
const listedJob = <Fields extends object>(fields: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> }) =>
  fieldsOf(
    { type: type('job'), id, command, offsets, ...fields },
    { taken: offsets, records: count, recordsTaken: count, standing: isTrue, takenUp: isTrue },
  );
const ends = { offsets, outputError: text, records: count };
const settled = <All extends object, Any extends object>(
  all: { [Name in keyof All]: fc.Arbitrary<All[Name]> },
  any: { [Name in keyof Any]: fc.Arbitrary<Any[Name]> },
) => fieldsOf({ type: type('result'), id, durationMs: milliseconds, ...all }, any);

export const messagesOfClient: ByType<FromClient> = {
  hello: fc.record(
    {
      type: type('hello'),
      protocol: record({ min: count, max: count }),
      features,
      version: unicode(16),
      name,
      named: fc.boolean(),
      token: unicode(32),
      bootId,
      state,
      commands: fc.array(command, { maxLength: 20 }),
      info: fc.record(
        { host: unicode(60), pid: count, platform: unicode(16), containment: unicode(16) },
        { requiredKeys: ['host', 'pid', 'platform'], noNullPrototype: true },
      ),
      labels,
      facts,
    },
    {
      requiredKeys: [
        'type',
        'protocol',
        'features',
        'version',
        'name',
        'named',
        'bootId',
        'state',
        'commands',
        'info',
        'labels',
        'facts',
      ],
      noNullPrototype: true,
    },
  ),
  job: fc.oneof(listedJob({ state: fc.constant('running') }), listedJob({ state: fc.constant('settled'), outcome })),
  'jobs-end': record({ type: type('jobs-end'), elsewhere: count }),
  state: record({ type: type('state'), state }),
  accepted: record({ type: type('accepted'), id }),
  rejected: record({ type: type('rejected'), id, error }),
  output: record({ type: type('output'), id, stream, offset: place, data }),
  'output-full': record({ type: type('output-full'), id, full: fc.boolean() }),
  progress: fc.record(
    { type: type('progress'), id, fraction: fc.double({ min: 0, max: 1, noNaN: true }).map((f) => f + 0), note: text },
    { requiredKeys: ['type', 'id', 'fraction'], noNullPrototype: true },
  ),
  result: fc.oneof(
    settled({ outcome: fc.constant('completed') }, { result: plainValue, ...ends }),
    settled({ outcome: fc.constant('failed'), error }, { result: plainValue, ...ends }),
    settled({ outcome: fc.constant('cancelled'), error: errorOf('cancelled') }, { result: plainValue, ...ends }),
    settled({ outcome: fc.constant('expired'), error: errorOf('expired') }, {}),
  ),
  'heartbeat-ack': record({ type: type('heartbeat-ack'), seq: count, state, lagMs: milliseconds }),
  goodbye: record({ type: type('goodbye'), reason: text }),
  stale: record({ type: type('stale'), id }),
  records: record({
    type: type('records'),
    id,
    offset: place,
    values: fc.array(plainValue, { minLength: 1, maxLength: 10 }),
  }),
  about: record({ type: type('about'), labels, facts }),
};

export const messagesOfServer: ByType<FromServer> = {
  welcome: record({
    type: type('welcome'),
    protocol: count,
    features,
    session: unicode(16),
    serverBootId: bootId,
    heartbeatMs: duration,
    sentMs: finite,
    limits: record({ maxMessageBytes: count, outputCreditBytes: count, recordsCredit: count }),
    store: record({ id: unicode(16), durable: fc.boolean() }),
    adopt: fc.boolean(),
  }),
  refused: record({ type: type('refused'), error }),
  command: fc.record(
    {
      type: type('command'),
      id,
      name: command,
      args: fc.dictionary(key, plainValue, { maxKeys: 6, noNullPrototype: true }),
      sentMs: finite,
      expiresInMs: milliseconds,
      timeoutMs: duration,
      traceparent,
      standing: isTrue,
    },
    { requiredKeys: ['type', 'id', 'name', 'args', 'sentMs'], noNullPrototype: true },
  ),
  cancel: record({ type: type('cancel'), id }),
  signal: record({ type: type('signal'), id, signal: fc.constantFrom(...jobSignalSchema.options) }),
  'output-ack': record({ type: type('output-ack'), id, stream, offset: count }),
  fetch: fc.record(
    { type: type('fetch'), id, from: offsets, records: count },
    { requiredKeys: ['type', 'id', 'from'], noNullPrototype: true },
  ),
  ack: record({ type: type('ack'), ids: fc.array(id, { maxLength: 30 }) }),
  heartbeat: record({ type: type('heartbeat'), seq: count, sentMs: finite }),
  'records-ack': record({ type: type('records-ack'), id, offset: count }),
};

export const anyFromClient: fc.Arbitrary<FromClient> = fc.oneof(...Object.values(messagesOfClient));
export const anyFromServer: fc.Arbitrary<FromServer> = fc.oneof(...Object.values(messagesOfServer));
