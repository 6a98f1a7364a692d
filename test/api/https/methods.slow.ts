import { readFileSync } from 'node:fs';
import { createFileRegistry, fromBinary, type JsonObject } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobGroup } from '../../../src/index.ts';
import { aborted } from '../../../src/until-aborted.ts';
import { pathOf } from '../callers.ts';
import { hang, say } from '../open-api.ts';
import { hasOpenssl } from './certificates.ts';
import { openHttps, ways } from './open-https.ts';

/** The contract as others read it, without presence, which has a separate port. */
const descriptors = fromBinary(
  FileDescriptorSetSchema,
  readFileSync(new URL('../../../schemas/api/signalbox.binpb', import.meta.url)),
);
const methods = [...createFileRegistry(descriptors)].flatMap((desc) =>
  desc.kind === 'service' && /^(signalbox|grpc)\./.test(desc.typeName)
    ? desc.methods.map(({ name }) => `${desc.typeName}/${name}`)
    : [],
);

const who = ['viewer', 'operator', 'own', 'removed', 'expired', 'nobody'] as const;
type Who = (typeof who)[number];

interface Scene {
  /** An ended job of the owner, of a command that the custom role may send. */
  readonly said: string;
  /** A running job, of a command that the custom role may not see. */
  readonly hanging: string;
}

const ok = 'ok';
const denied = 'permission_denied';
const unseen = 'not_found';

/**
 * A request of each method, and its status for a viewer, an operator, and an operator whose role may send `say` to `w1`. For
 * anybody else it is `unauthenticated`, whatever the method.
 */
const rows: Readonly<
  Record<string, readonly [request: (scene: Scene) => JsonObject, viewer: string, operator: string, own: string]>
> = {
  'JobService/Submit': [() => ({ targets: ['w1'], command: 'say', args: { text: 'hi' } }), denied, ok, ok],
  'JobService/Wait': [({ said }) => ({ id: said }), ok, ok, ok],
  'JobService/Get': [({ hanging }) => ({ job: { id: hanging, client: 'w1' } }), ok, ok, unseen],
  'JobService/List': [() => ({}), ok, ok, ok],
  'JobService/History': [() => ({}), ok, ok, ok],
  'JobService/Output': [({ hanging }) => ({ job: { id: hanging, client: 'w1' } }), ok, ok, unseen],
  'JobService/Records': [({ said }) => ({ job: { id: said, client: 'w1' } }), ok, ok, ok],
  'JobService/Cancel': [({ said }) => ({ jobs: [{ id: said, client: 'w1' }] }), denied, ok, denied],
  'JobService/Signal': [
    ({ hanging }) => ({ jobs: [{ id: hanging, client: 'w1' }], signal: 'SIGUSR1' }),
    denied,
    ok,
    unseen,
  ],
  'ClientService/List': [() => ({}), ok, ok, ok],
  'ClientService/Resolve': [() => ({ targets: ['w1'] }), ok, ok, ok],
  'ClientService/WaitForClients': [() => ({ count: 1 }), ok, ok, ok],
  'ClientService/Forget': [() => ({ client: 'w9' }), denied, denied, denied],
  'EventService/Watch': [() => ({}), ok, ok, ok],
  'ServerService/GetInfo': [() => ({}), ok, ok, ok],
  'ServerService/ListCommands': [() => ({}), ok, ok, ok],
  'ServerService/Call': [() => ({ method: 'echo/again', request: { value: 1 } }), denied, denied, denied],
  'grpc.health.v1.Health/Check': [() => ({}), ok, ok, ok],
  'grpc.health.v1.Health/Watch': [() => ({}), ok, ok, ok],
};

test('each method of the contract has a row', () => {
  expect(methods.length).toBeGreaterThan(10);
  expect(Object.keys(rows).map(pathOf).sort()).toEqual([...methods].sort());
});

describe.skipIf(!hasOpenssl)('each method, for every caller', () => {
  const ends = new AsyncDisposableStack();
  let opened: Awaited<ReturnType<typeof openHttps>>;
  let said: JobGroup;
  const tokens: Partial<Record<Who, string>> = {};
  beforeAll(async () => {
    const roles = { own: { do: [{ commands: ['say'], targets: 'w1', methods: ['submit' as const] }] } };
    const limits = { maxFailedSignInsAMinute: 10_000, maxFailuresOfConnection: 10_000 };
    opened = await openHttps({ roles, limits }, (close) => void ends.defer(close));
    const { server, add, operators } = opened;
    for (const role of ['viewer', 'operator', 'own'] as const) tokens[role] = await add(role, role);
    tokens.removed = await add('removed', 'admin');
    await operators.remove('removed');
    tokens.expired = await operators.add('expired', { role: 'admin', by: 'local:owner', expiresMs: Date.now() + 100 });
    await aborted(operators.signalOf('expired'));
    said = await server.submit('w1', say, { text: 'hi' });
    await said.outcomes;
  });
  afterAll(() => ends.disposeAsync());

  const cells = ways.flatMap(([way, open, missing]) => who.map((one) => [way, one, open, missing] as const));
  test.for(cells)('by %s, %s', async ([, one, open, missing], { skip }) => {
    if (missing) skip(missing);
    const { url, authority, server } = opened;
    // A signal ends it.
    const hanging = await server.submit('w1', hang, {});
    const scene = { said: said.id, hanging: hanging.id };
    await using mine = new AsyncDisposableStack();
    const call = open(url, { ca: authority.cert, token: tokens[one] }, mine);
    const got: Record<string, string> = {};
    const expected: Record<string, string> = {};
    for (const [method, [request, viewer, operator, own]] of Object.entries(rows)) {
      const status = { viewer, operator, own }[one as 'viewer'] ?? 'unauthenticated';
      expected[method] = status;
      // An endless stream is left after its first message.
      const { messages, ...end } = await call(method, request(scene), { until: '' });
      got[method] = end.status;
      if (status === 'unauthenticated' || status === denied) expect([method, messages]).toEqual([method, []]);
    }
    expect(got).toEqual(expected);
  });
});
