import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { startCollector } from '../e2e/collector.ts';
import { freeEndpoint } from '../support/free-port.ts';
import { createKeyFolder } from '../support/key-folder.ts';
import { ChildProgram, Program } from '../support/program.ts';
import { LinkProxy } from '../support/proxy.ts';

const folder = fileURLToPath(new URL('../../examples/python/', import.meta.url));
// Debian's packages belong to Debian's Python, which is not always first on the path.
const python = ['python3', '/usr/bin/python3'].find(
  (file) => spawnSync(file, ['-c', 'import zmq, msgpack; assert zmq.has("curve")']).status === 0,
);

beforeEach(({ skip }) => {
  skip(!python, 'no python3 here has zmq and msgpack: apt-get install python3-zmq python3-msgpack');
});

/** Runs the client in Python; `-B`: it leaves no compiled files in the tree. */
class PythonClient extends ChildProgram {
  constructor(connect: string, credentials: string, ...flags: string[]) {
    const options = ['--connect', connect, '--credentials', credentials, ...flags];
    super(python ?? 'python3', ['-B', join(folder, 'client.py'), ...options]);
  }

  /** Jobs that it has started, `COMMAND ID`, one for each time. */
  get begun(): string[] {
    return this.err.filter((line) => line.startsWith('begins ')).map((line) => line.slice('begins '.length));
  }
}

/** The JSON that a script prints which uses the modules of the client. */
function runScript(lines: readonly string[]): unknown {
  const ran = spawnSync(python ?? 'python3', ['-B', '-c', lines.join('\n')], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect(ran.stderr.replaceAll(/^begins .*\n/gm, '')).toBe('');
  return JSON.parse(ran.stdout);
}

/** Keys for py-1, an address, and servers that listen there. */
async function createScene() {
  const keys = createKeyFolder('py-1');
  onTestFinished(() => keys[Symbol.dispose]());
  const endpoint = await freeEndpoint();
  return {
    keys,
    endpoint,
    credentials: keys.of('py-1'),
    startServer: (...flags: string[]) =>
      new Program('server', '--keys', keys.folder, '--bind', endpoint, '--output', 'json', ...flags),
  };
}

const outcome = (command: string, what = '[a-z]+') => new RegExp(`"command":"${command}",.*"outcome":"${what}"`);

test('it joins a server with keys, becomes ready, reports the time, and streams output', async () => {
  const { endpoint, credentials, startServer } = await createScene();
  await using server = startServer();
  await using client = new PythonClient(endpoint, credentials);
  const long = 'long '.repeat(13_000);
  server.type('clients', 'expect rejected ping', 'start', 'ping', 'calculate 0.3 hi', `calculate 0 "${long}"`, 'wait');
  const before = Math.floor(Date.now() / 1000);
  server.end();
  expect(await server.exitCode()).toBe(0);
  expect(server.json.find(({ credential }) => credential)).toMatchObject({
    client: 'py-1',
    credential: 'py-1',
    commands: ['ping', 'calculate'],
  });
  expect(server.about('rejected', 'ping')).toMatchObject([{ error: { code: 'not_ready' } }]);
  const [pinged] = server.about('result', 'ping');
  expect(pinged).toMatchObject({ client: 'py-1', outcome: 'completed' });
  expect(pinged?.result).toBeGreaterThanOrEqual(before);
  expect(pinged?.result).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
  const [short, other] = server.about('result', 'calculate').toSorted((a, b) => Number(b.ts) - Number(a.ts));
  expect([short?.outcome, other?.outcome]).toEqual(['completed', 'completed']);
  const output = Map.groupBy(server.about('output', 'calculate'), ({ id }) => id);
  const texts = [...output.values()].map((lines) => lines.map(({ data }) => data).join(''));
  expect(texts.toSorted()).toEqual(['hi\n', `${long}\n`]);
  expect(server.about('progress', 'calculate').length).toBeGreaterThan(0);
  expect(client.out.toSorted()).toEqual(['hi', long]);
  expect(client.begun).toHaveLength(3);
});

test('a command that belongs to a trace works like any other', async () => {
  const { endpoint, credentials, startServer } = await createScene();
  await using collector = await startCollector();
  await using server = startServer('--traces', collector.url);
  await using client = new PythonClient(endpoint, credentials, '--ready');
  server.type('ping', 'terminate').end();
  expect([await server.exitCode(), await client.exitCode()]).toEqual([0, 0]);
  expect(collector.spans.map(({ name }) => name)).toEqual(['ping', 'terminate']);
});

test('a job is cancelled, another meets its deadline, and the state follows commands', async () => {
  const { endpoint, credentials, startServer } = await createScene();
  await using server = startServer();
  await using client = new PythonClient(endpoint, credentials, '--ready');
  server.type('calculate 600 never', 'cancel 1', 'wait', 'calculate 600 never --timeout 100ms', 'wait');
  server.type('stop', 'stop', 'expect rejected ping').end();
  expect(await server.exitCode()).toBe(5);
  expect(server.about('result', 'calculate')).toMatchObject([
    { outcome: 'cancelled', error: { code: 'cancelled' } },
    { outcome: 'failed', error: { code: 'deadline_exceeded' } },
  ]);
  expect(client.out).toEqual([]);
});

test('after terminate or a signal it reports its jobs as cancelled and ends with 0', async () => {
  const { endpoint, credentials, startServer } = await createScene();
  await using server = startServer();
  await using client = new PythonClient(endpoint, credentials, '--ready');
  server.type('calculate 600 never', 'terminate');
  expect(await client.exitCode()).toBe(0);
  await using next = new PythonClient(endpoint, credentials, '--ready');
  server.type('wait --clients 1', 'calculate 600 never');
  await next.line(/begins calculate/);
  next.child.kill('SIGTERM');
  expect(await next.exitCode()).toBe(0);
  server.end();
  await server.exitCode();
  expect(server.about('result', 'terminate')).toMatchObject([
    { outcome: 'completed', result: { state: 'terminating', changed: true } },
  ]);
  expect(server.about('result', 'calculate').map((line) => line.outcome)).toEqual(['cancelled', 'cancelled']);
});

test('a restarted server adopts its job: begun once, reported once', async () => {
  const { endpoint, credentials, startServer } = await createScene();
  await using first = startServer();
  await using client = new PythonClient(endpoint, credentials, '--ready');
  first.type('calculate 1.5 adopted');
  await client.line(/begins calculate/);
  await first.line(/"type":"accepted"/);
  first.child.kill('SIGKILL');
  await first.exitCode();
  await using second = startServer();
  second.type('wait --clients 1', 'ping');
  await second.line(outcome('calculate'));
  second.type('terminate').end();
  expect(await second.exitCode()).toBe(0);
  expect(await client.exitCode()).toBe(0);
  expect(second.about('result', 'calculate')).toMatchObject([{ outcome: 'completed', adopted: true }]);
  expect(second.about('output', 'calculate').map(({ data }) => data)).toEqual(['adopted\n']);
  expect(client.begun.map((line) => line.split(' ')[0])).toEqual(['calculate', 'ping']);
  expect(client.out).toEqual(['adopted']);
});

test('a command whose answer is lost with the connection runs once', async () => {
  const { endpoint, credentials, startServer } = await createScene();
  await using server = startServer();
  await using line = await LinkProxy.start(Number(endpoint.split(':').at(-1)));
  await using client = new PythonClient(`tcp://127.0.0.1:${line.port}`, credentials, '--ready');
  server.type('ping');
  await server.line(outcome('ping'));
  line.freeze('up');
  server.type('calculate 0.5 once', 'calculate 600 never', 'cancel 3', 'wait');
  await client.line(/begins calculate/);
  line.cut('rst');
  line.thaw();
  await client.line(/begins calculate .*\.3/);
  await server.line(outcome('calculate', 'cancelled'));
  server.type('terminate').end();
  expect(await server.exitCode()).toBe(0);
  expect(await client.exitCode()).toBe(0);
  const ends = server.about('result', 'calculate');
  expect(ends.map((end) => end.outcome).toSorted()).toEqual(['cancelled', 'completed']);
  expect(server.about('output', 'calculate').map(({ data }) => data)).toEqual(['once\n']);
  expect(client.begun).toHaveLength(new Set(client.begun).size);
  expect(client.out).toEqual(['once']);
});

test('each of 40 jobs runs once and ends once over a line that is cut repeatedly', async () => {
  const { endpoint, credentials, startServer } = await createScene();
  await using server = startServer();
  await using line = await LinkProxy.start(Number(endpoint.split(':').at(-1)));
  await using client = new PythonClient(`tcp://127.0.0.1:${line.port}`, credentials, '--ready');
  const numbers = Array.from({ length: 40 }, (_, index) => index + 1);
  server.type(...numbers.map((number) => `calculate ${number / 20} "job ${number}"`));
  await client.line(/begins calculate .*\.40$/);
  for (const [index, ending] of (['rst', 'fin', 'rst', 'fin', 'rst', 'fin'] as const).entries()) {
    await server.line(new RegExp(`"data":"job ${index * 6 + 1}\\\\n"`));
    line.cut(ending);
  }
  await server.line(/"data":"job 40/);
  await server.line(new RegExp(`.40",.*${outcome('calculate').source}`));
  server.type('wait').end();
  expect(await server.exitCode()).toBe(0);
  const ends = server.about('result', 'calculate');
  expect(ends.map((end) => end.outcome)).toEqual(numbers.map(() => 'completed'));
  expect(new Set(ends.map(({ id }) => id)).size).toBe(40);
  expect(client.begun).toHaveLength(40);
  expect(new Set(client.begun).size).toBe(40);
  const texts = server.about('output', 'calculate').map(({ data }) => data);
  expect(texts.toSorted()).toEqual(numbers.map((number) => `job ${number}\n`).toSorted());
});

test('a command that arrives too late is not started', async () => {
  const { endpoint, credentials, startServer } = await createScene();
  await using server = startServer();
  await using client = new PythonClient(endpoint, credentials, '--ready');
  server.type('ping');
  await server.line(outcome('ping'));
  client.child.kill('SIGSTOP');
  server.type('ping --expires 200ms');
  await server.line(/"state":"unresponsive"/);
  client.child.kill('SIGCONT');
  await server.line(outcome('ping', 'expired'));
  expect(client.begun).toHaveLength(1);
});

test('it gets the reason of a refusal: another token, another name, a key that is not on the list', async () => {
  const { endpoint, credentials, keys, startServer } = await createScene();
  await using server = startServer();
  const forged = join(keys.folder, 'forged.json');
  const content = { ...JSON.parse(readFileSync(credentials, 'utf8')), token: 'A'.repeat(43) };
  writeFileSync(forged, JSON.stringify(content), { mode: 0o600 });
  await using wrongToken = new PythonClient(endpoint, forged);
  expect(await wrongToken.line(/refused/)).toContain('not_allowed');
  await using wrongName = new PythonClient(endpoint, credentials, '--name', 'py-2');
  expect(await wrongName.line(/refused/)).toContain('not_allowed');
  const copied = join(keys.folder, 'copied.json'); // a client has its own copy, which no revocation removes
  copyFileSync(credentials, copied);
  await using right = new PythonClient(endpoint, copied);
  await right.line(/py-1 is connected/);
  keys.store.revoke('py-1');
  expect(await right.line(/refused/)).toContain('not_allowed');
  await right.line(/does not know the key/);
  expect(server.json.filter(({ type }) => type !== 'client')).toEqual([]);
});

test('it reads every frame of schemas/conformance as a client must, writes the messages of a client, and proves its identity', () => {
  const ran = spawnSync(python ?? 'python3', ['-B', join(folder, 'conformance.py')], { encoding: 'utf8' });
  expect(ran.stdout).toMatch(/^[1-9][0-9]{2,} vectors, 0 failed\n$/);
});

test('output uses the credit, and bytes that were dropped unsent use none', () => {
  const script = [
    'import json',
    'from job import Stream',
    's = Stream()',
    's.write(b"x" * 300_000)',
    'sizes = lambda: [[at, len(data)] for at, data in s.chunks(100_000)]',
    'first, second = sizes(), sizes()',
    's.acked(65_536); third = sizes()',
    's.write(b"y" * 1_048_576); s.acked(10**9); fourth = sizes()',
    's.rewind(0); fifth = sizes()',
    'print(json.dumps([first, second, third, fourth, fifth]))',
  ];
  const ran = runScript(script);
  const chunks = (from: number, ...sizes: number[]) =>
    sizes.map((size, index) => [from + sizes.slice(0, index).reduce((sum, one) => sum + one, 0), size]);
  expect(ran).toEqual([
    chunks(0, 32_768, 32_768, 32_768, 1_696),
    [],
    chunks(100_000, 32_768, 32_768),
    chunks(300_000, 32_768, 32_768, 32_768, 1_696),
    chunks(300_000, 32_768, 32_768, 32_768, 1_696),
  ]);
});

const jobsScript = [
  'import json',
  'from jobs import Jobs',
  'said = []',
  'jobs = Jobs("ready", said.append)',
  'def welcome(epoch, store, durable=False, adopt=False):',
  '  jobs.list_all({"serverBootId": epoch, "store": {"id": store, "durable": durable}, "adopt": adopt})',
  'def command(id): jobs.take({"id": id, "name": "ping", "args": {}}, 0.0)',
];

test('a full id of its own epoch is the job of that number, and an unknowable one is stale', () => {
  const said = runScript([
    ...jobsScript,
    'welcome("aaaaaaaa", "one"); said.clear()',
    'command(3); command("aaaaaaaa.3"); command(2)',
    'jobs.has_forgotten = True; command("ffffffff.9")',
    'welcome("bbbbbbbb", "two"); command("aaaaaaaa.2"); command("aaaaaaaa.4"); command(4)',
    'welcome("aaaaaaaa", "one")',
    'print(json.dumps([[message["type"], message.get("id")] for message in said]))',
  ]);
  expect(said).toEqual([
    ['accepted', 3],
    ['accepted', 3],
    ['stale', 2],
    ['stale', 'ffffffff.9'],
    ['job', 'aaaaaaaa.3'],
    ['jobs-end', null],
    ['stale', 'aaaaaaaa.2'],
    ['accepted', 'aaaaaaaa.4'],
    ['accepted', 4],
    ['job', 3],
    ['job', 4],
    ['job', 'bbbbbbbb.4'],
    ['jobs-end', null],
  ]);
});

test('jobs of a durable store are listed to servers of that store, and to one that adopts', () => {
  const listed = runScript([
    ...jobsScript,
    // A job of an epoch that the client has never met belongs to the store of the session.
    'welcome("aaaaaaaa", "disk", durable=True); command("99999999.1")',
    'welcome("bbbbbbbb", "memory"); command(1)',
    'told = []',
    'def lists(*about, **flags):',
    '  said.clear() or welcome(*about, **flags)',
    '  told.append([message.get("id", message.get("elsewhere")) for message in said])',
    'lists("cccccccc", "other", durable=True)',
    'lists("dddddddd", "disk", durable=True)',
    'lists("eeeeeeee", "other", adopt=True)',
    'print(json.dumps(told))',
  ]);
  expect(listed).toEqual([
    ['bbbbbbbb.1', 1],
    ['99999999.1', 'bbbbbbbb.1', 0],
    ['99999999.1', 'bbbbbbbb.1', 0],
  ]);
});

test('outcomes of another store make room for those of the session, the oldest first, and are forgotten after 7 days', () => {
  const held = runScript([
    'import jobs as module',
    'module.MAX_HELD_RESULTS = 3',
    ...jobsScript,
    'ids = lambda: [f"{epoch}.{counter}" for epoch, counter in jobs.held]',
    'welcome("aaaaaaaa", "disk", durable=True)',
    // There was no start: each is rejected, which is an outcome.
    'jobs.state = "unready"; command(1); command(2)',
    'welcome("bbbbbbbb", "other", durable=True)',
    'command(1); command(2); full = ids()',
    'command(3); command(4)',
    'welcome("cccccccc", "third", durable=True); before = len(ids())',
    'ended = max(job.ended_at for job in jobs.held.values())',
    'jobs.advance(ended + 604_799); stays = len(ids())',
    'jobs.advance(ended + 604_801)',
    'print(json.dumps([full, before, stays, ids()]))',
  ]);
  expect(held).toEqual([['aaaaaaaa.2', 'bbbbbbbb.1', 'bbbbbbbb.2'], 4, 4, []]);
});

/** A server of raw bytes, driven by `say` and `hear`. */
const serverScript = [
  'import json, subprocess, sys, tempfile, msgpack, zmq',
  '(server, secret), (public, private) = zmq.curve_keypair(), zmq.curve_keypair()',
  'router = zmq.Context().socket(zmq.ROUTER)',
  'router.curve_server, router.curve_secretkey = True, secret',
  'port = router.bind_to_random_port("tcp://127.0.0.1")',
  'texts = {"name": "py-1", "serverKey": server, "publicKey": public, "secretKey": private, "token": b"A" * 43}',
  'texts = {name: text if type(text) is str else text.decode() for name, text in texts.items()}',
  'file = tempfile.NamedTemporaryFile("w", suffix=".json")',
  'file.write(json.dumps({"version": 1, "replicas": False, **texts})); file.flush()',
  'client = [sys.executable, "-B", "client.py", "--connect", f"tcp://127.0.0.1:{port}", "--credentials", file.name]',
  'client = subprocess.Popen(client, stderr=subprocess.DEVNULL)',
  'def say(peer, *messages): router.send_multipart([peer, msgpack.packb(list(messages))])',
  'def hear():',
  '  peer, frame = router.recv_multipart()',
  '  return peer, msgpack.unpackb(frame)',
  'limits = {"maxMessageBytes": 1048576, "outputCreditBytes": 262144, "recordsCredit": 1000}',
  'store = {"id": "aaaaaaaa", "durable": False}',
  'welcome = {"type": "welcome", "protocol": 2, "features": [], "session": "s", "serverBootId": "aaaaaaaa"}',
  'welcome |= {"heartbeatMs": 2000, "sentMs": 0, "limits": limits, "store": store, "adopt": False}',
];

test('when idle it repeats its newest answer to a heartbeat; a second welcome makes it reconnect', () => {
  const heard = runScript([
    ...serverScript,
    'try:',
    '  peer, [hello] = hear()',
    '  say(peer, welcome, [38, 5, 0.5])',
    '  acks = []',
    '  while len(acks) < 3: acks += [message[:3] for message in hear()[1] if message[0] == 10]',
    '  say(peer, welcome)',
    '  again = next(one for other, [one, *_] in iter(hear, None) if other != peer)',
    '  same = again["bootId"] == hello["bootId"]',
    'finally: client.kill(); client.wait()',
    'print(json.dumps([hello["protocol"], hello["named"], hello["labels"], acks, again["type"], same]))',
  ]);
  const ack = [10, 5, 0];
  expect(heard).toEqual([{ min: 2, max: 2 }, true, {}, [ack, ack, ack], 'hello', true]);
});
