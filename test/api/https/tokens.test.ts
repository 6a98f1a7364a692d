import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { hasCurl } from '../curl-caller.ts';
import { hasOpenssl } from './certificates.ts';
import { openHttps, ways } from './open-https.ts';

const run = promisify(execFile);

describe.skipIf(!hasOpenssl).each(ways)('%s', (_, open, missing) => {
  beforeEach(({ skip }) => {
    if (missing) skip(missing);
  });

  test('calls with a token are those of its operator, within the limits of its role', async () => {
    const { add, url, authority, ends, server } = await openHttps();
    const call = open(url, { ca: authority.cert, token: await add('ada', 'operator') }, ends);
    expect(await call('ServerService/GetInfo', {})).toMatchObject({
      status: 'ok',
      messages: [{ actor: 'operator:ada', bootId: server.bootId }],
    });
    const submitted = await call('JobService/Submit', { targets: ['w1'], command: 'say', args: { text: 'hi' } });
    expect(submitted).toMatchObject({ status: 'ok', messages: [{ number: '1' }] });
    const waited = await call('JobService/Wait', { id: submitted.messages[0]?.id as string });
    expect(waited).toMatchObject({ messages: [{ job: { job: { actor: 'operator:ada', outcome: 'completed' } } }] });
    const view = open(url, { ca: authority.cert, token: await add('vic', 'viewer') }, ends);
    const refused = await view('JobService/Submit', { targets: ['w1'], command: 'say', args: { text: 'hi' } });
    expect(refused).toMatchObject({ status: 'permission_denied', detail: { code: 'not_allowed' } });
  });

  test.each<[what: string, token: string | undefined, words: RegExp]>([
    ['no token', undefined, /sign in with the header 'authorization: Bearer TOKEN'/],
    ['an unknown token', 'sbx_wrong', /the token is not valid/],
    ['an invalid token', 'one two', /the token is not valid/],
  ])('%s opens nothing, whatever is called', async (what, token, words) => {
    const { url, authority, ends, news } = await openHttps();
    const call = open(url, { ca: authority.cert, token }, ends);
    const status = { status: 'unauthenticated' };
    expect(await call('ServerService/GetInfo', {})).toMatchObject({ ...status, message: expect.stringMatching(words) });
    expect(await call('EventService/Watch', {})).toMatchObject({ ...status, messages: [] });
    expect(await call('grpc.health.v1.Health/Check', {})).toMatchObject(status);
    const fault = what === 'no token' ? 'nothing' : 'token';
    expect(news).toEqual(Array(3).fill({ type: 'sign-in failed', fault, address: '127.0.0.1' }));
  });

  test.each([
    ['is removed', 'remove'],
    ['gets another token', 'rotate'],
  ] as const)('whoever %s is signed out at once, in the middle of streams', async (_, change) => {
    const { add, operators, url, authority, ends } = await openHttps();
    const call = open(url, { ca: authority.cert, token: await add('ada') }, ends);
    const hanging = await call('JobService/Submit', { targets: ['w1'], command: 'hang' });
    const id = hanging.messages[0]?.id as string;
    const begun = Promise.withResolvers<void>();
    const watching = call('EventService/Watch', {}, { onMessage: () => begun.resolve() });
    const waiting = call('JobService/Wait', { id });
    const following = call('JobService/Output', { job: { id, client: 'w1' }, follow: true });
    await begun.promise;
    await operators[change]('ada');
    const ended = { status: 'unauthenticated', detail: { code: 'not_allowed' } };
    expect(await Promise.all([watching, waiting, following])).toMatchObject([ended, ended, ended]);
    expect(await call('ServerService/GetInfo', {})).toMatchObject({ status: 'unauthenticated' });
  });

  test('an operator can call only as itself, and a web page cannot call', async () => {
    const { add, url, authority, ends } = await openHttps();
    const call = open(url, { ca: authority.cert, token: await add('ada') }, ends);
    const asAnother = await call('ServerService/GetInfo', {}, { as: 'eve' });
    expect(asAnother).toMatchObject({ status: 'permission_denied', message: expect.stringContaining('signalbox-as') });
    const fromPage = await call('ServerService/GetInfo', {}, { headers: { origin: 'https://page.example' } });
    expect(fromPage).toMatchObject({ status: 'permission_denied', message: expect.stringContaining('Origin') });
  });
});

test.skipIf(!hasOpenssl || !hasCurl).each([['--http1.1'], ['--http2']])(
  'two authorization headers are refused, because the sender is ambiguous: %s',
  async (version) => {
    const { add, url, authority } = await openHttps();
    const [ada, bob] = [await add('ada'), await add('bob')];
    const headers = [ada, bob].flatMap((token) => ['-H', `authorization: Bearer ${token}`]);
    const target = `${url}/signalbox.v1.ServerService/GetInfo`;
    const rest = ['-H', 'content-type: application/json', '-d', '{}', '-w', '%{http_code}', target];
    const { stdout } = await run('curl', ['-sS', version, '--cacert', authority.cert, ...headers, ...rest]);
    expect(stdout).toMatch(/several authorization headers[\s\S]*401$/);
  },
);
