import type Docker from 'dockerode';
import { expect, test } from 'vitest';
import { formatBytes } from '../../../src/plugins/container/format-bytes.ts';
import { canonicalName, parseImageReference } from '../../../src/plugins/container/image/image-reference.ts';
import { pullFailure } from '../../../src/plugins/container/image/pull-failure.ts';
import { PullProgress } from '../../../src/plugins/container/image/pull-progress.ts';
import { SharedPulls } from '../../../src/plugins/container/image/shared-pulls.ts';

const digest = `sha256:${'0'.repeat(64)}`;

test.each([
  ['debian', 'docker.io', 'debian', 'latest'],
  ['debian:12', 'docker.io', 'debian', '12'],
  ['library/debian', 'docker.io', 'library/debian', 'latest'],
  ['index.docker.io/library/debian', 'docker.io', 'index.docker.io/library/debian', 'latest'],
  ['localhost/app', 'localhost', 'localhost/app', 'latest'],
  ['registry.example/team/app:1.2', 'registry.example', 'registry.example/team/app', '1.2'],
  ['127.0.0.1:5000/app', '127.0.0.1:5000', '127.0.0.1:5000/app', 'latest'],
  ['127.0.0.1:5000/app:1', '127.0.0.1:5000', '127.0.0.1:5000/app', '1'],
  [`127.0.0.1:5000/app:1@${digest}`, '127.0.0.1:5000', '127.0.0.1:5000/app', digest],
])('%s is an image of %s', (image, registry, name, version) => {
  expect(parseImageReference(image)).toEqual({ registry, name, version });
});

test('equivalent image names become one name', () => {
  const nameOf = (image: string) => canonicalName(parseImageReference(image));
  expect(nameOf('debian')).toBe(nameOf('debian:latest'));
  expect(nameOf(`debian:12@${digest}`)).toBe(`debian@${digest}`);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1 kB'],
  [999_600, '1 MB'],
  [7_853_444, '7.85 MB'],
  [350_844_877, '351 MB'],
  [2e15, '2000 TB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('progress is that of the layers, with their bytes if known', () => {
  const progress = new PullProgress();
  expect([progress.fraction, progress.text]).toEqual([0, 'asks the registry']);
  const take = (id: string, status: string, current?: number, total?: number) =>
    progress.take({ id, status, progressDetail: current === undefined ? {} : { current, total } });
  take('1', 'Pulling from app');
  take('a', 'Already exists');
  take('b', 'Pulling fs layer');
  take('c', 'Pulling fs layer');
  take('d', 'Waiting');
  expect([progress.fraction, progress.text]).toEqual([0.25, '1 of 4 layers']);
  take('b', 'Downloading', 500_000, 1_000_000);
  expect([progress.fraction, progress.text]).toEqual([0.25 + 0.35 / 4, '1 of 4 layers, 500 kB of 1 MB']);
  take('b', 'Download complete');
  expect(progress.text).toBe('1 of 4 layers, 1 MB of 1 MB');
  take('b', 'Extracting', 1_000_000, 1_000_000);
  take('b', 'Pull complete');
  expect([progress.fraction, progress.text]).toEqual([0.5, '2 of 4 layers, 1 MB of 1 MB']);
  progress.take({ status: `Digest: ${digest}` });
  progress.take({ status: 'Status: Image is up to date for app:1' });
  expect(progress).toMatchObject({ digest, isUpToDate: true });
});

const noAuth = { auth: undefined, problem: undefined, path: '/root/.docker/config.json' };
const box = { ...noAuth, auth: { serveraddress: 'r.example', username: 'box', password: 'hidden' } };

test.each([
  [
    'no basic auth credentials',
    noAuth,
    'r.example requires credentials, and /root/.docker/config.json has none for it: docker login r.example',
  ],
  [
    'unauthorized: authentication required',
    box,
    'r.example rejects the credentials of box in /root/.docker/config.json: docker login r.example',
  ],
  [
    'denied: hidden may not',
    { ...box, auth: { serveraddress: 'r.example', identitytoken: 'hidden' } },
    'r.example rejects the token in',
  ],
  ['unauthorized: x', { ...noAuth, problem: 'it is broken' }, 'r.example requires credentials, and it is broken'],
  [
    "pull access denied for x, repository does not exist or may require 'docker login'",
    noAuth,
    'no such image, or shows it only with credentials',
  ],
  ['manifest for x not found: manifest unknown: manifest unknown', noAuth, 'no such image or tag: check its name'],
  ['failed to register layer: write /a: no space left on device', noAuth, "the engine's disk is full"],
  ['toomanyrequests: You have reached your pull rate limit', noAuth, 'limits the rate of pulls'],
  [
    'no matching manifest for linux/arm64/v8 in the manifest list entries',
    noAuth,
    'not for the platform of the engine',
  ],
  ['filesystem layer verification failed for digest sha256:1', noAuth, 'does not match the digest'],
  ['http: server gave HTTP response to HTTPS client', noAuth, 'insecure-registries'],
  [
    'Get "https://r.example/v2/": x509: certificate signed by unknown authority',
    noAuth,
    'does not trust the certificate',
  ],
  [
    'Get "https://r.example/v2/": dial tcp: lookup r.example: no such host',
    noAuth,
    'the engine cannot reach r.example',
  ],
  ['unexpected EOF', noAuth, 'the engine cannot reach r.example'],
  [
    'Encountered remote "application/vnd.docker.plugin.v1+json"(plugin) when fetching',
    noAuth,
    'an image that this engine cannot read',
  ],
])('%s: a sentence says what to do', (words, credentials, sentence) => {
  const image = 'r.example/app';
  const { message, code } = pullFailure({ image, reference: parseImageReference(image), credentials }, words);
  expect(code).toBe('command_failed');
  expect(message).toContain('r.example/app cannot be pulled: ');
  expect(message).toContain(sentence);
  expect(message).not.toContain('hidden');
});

test('signed parts of the addresses that an engine names are left out', () => {
  const failure = pullFailure(
    { image: 'a', reference: parseImageReference('a'), credentials: noAuth },
    'Get "https://s3.example/layer?X-Amz-Signature=hidden": strange',
  );
  expect(failure.message).toBe('a cannot be pulled: Get "https://s3.example/layer?…": strange');
});

/** Pulls that end when the test says so. */
function scriptedPulls() {
  const started: { end: PromiseWithResolvers<PullProgress>; signal: AbortSignal; said: string[] }[] = [];
  const pulls = new SharedPulls((_docker, _image, watcher, signal) => {
    const end = Promise.withResolvers<PullProgress>();
    started.push({ end, signal, said: [] });
    watcher.progress(new PullProgress());
    signal.addEventListener('abort', () => end.reject(signal.reason));
    return end.promise;
  });
  const join = (image: string, abort = new AbortController()) => {
    const told: string[] = [];
    const watcher = { warn: () => {}, progress: (progress: PullProgress) => void told.push(progress.text) };
    return { abort, told, ended: pulls.join({} as Docker, image, watcher, abort.signal) };
  };
  return { started, join };
}

test('a caller that joins a pull sees its progress at once, and the pull is aborted only with its last caller', async () => {
  const { started, join } = scriptedPulls();
  const [first, second] = [join('debian'), join('debian:latest')];
  expect(started).toHaveLength(1);
  expect(second.told).toEqual(['asks the registry']);
  first.abort.abort(new Error('first'));
  await expect(first.ended).rejects.toThrow('first');
  expect(started[0]?.signal.aborted).toBe(false);
  second.abort.abort(new Error('second'));
  await expect(second.ended).rejects.toThrow('second');
  expect(started[0]?.signal.aborted).toBe(true);
});

test('a pull that has ended, successfully or not, is not joined', async () => {
  const { started, join } = scriptedPulls();
  const first = join('debian');
  started[0]?.end.reject(new Error('down'));
  await expect(first.ended).rejects.toThrow('down');
  const second = join('debian');
  const other = join('debian:12');
  expect(started).toHaveLength(3);
  started[1]?.end.resolve(new PullProgress());
  started[2]?.end.resolve(new PullProgress());
  await Promise.all([second.ended, other.ended]);
  join('debian').ended.catch(() => {});
  expect(started).toHaveLength(4);
});
