import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createTlsFolder } from '../../src/tls/tls-folder.ts';
import { freePort } from '../support/free-port.ts';
import { newFolder } from '../support/new-folder.ts';
import { ChildProgram, main, Program } from '../support/program.ts';
import { curl, metricsUrl, noCurl } from './prometheus.ts';

/** The address that a server sends its spans to, and everything that it sends, unchanged. */
async function openCollector() {
  const bodies: Buffer[] = [];
  const server = createServer(async (request, response) => {
    for await (const chunk of request) bodies.push(chunk);
    response.setHeader('content-type', 'application/json').end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
}

/** Traces of a token: the token, a part of it, and its encodings. */
const formsOf = (token: string) => [token.slice(4, 24), Buffer.from(token).toString('base64').slice(8, 28)];
/** Traces of its hash. */
function hashesOf(token: string): string[] {
  const hash = createHash('sha256').update(token).digest();
  return [hash.toString('hex').slice(0, 20), hash.toString('base64').slice(0, 20), hash.toString('latin1')];
}

test.skipIf(noCurl)(
  'no file or output of a server ever has a token, and only the store has its hash',
  {
    timeout: 120_000,
  },
  async () => {
    const [folder, own, collector] = [newFolder(), newFolder(), await openCollector()];
    const certs = join(folder, 'certs');
    await createTlsFolder(certs, [{ name: 'server', hosts: ['localhost'], days: 1 }]);
    const port = await freePort();
    const address = `https://localhost:${port}`;
    const tls = ['--api', address, '--tls-cert', join(certs, 'server.pem'), '--tls-key', join(certs, 'server.key')];
    const sockets = ['--socket-dir', certs];
    const kept = [
      '--store',
      `sqlite:${folder}/jobs.db`,
      '--audit',
      join(folder, 'audit'),
      '--log',
      join(folder, 'log'),
    ];
    const watched = ['--log-level', 'debug', '--metrics', ':0', '--traces', collector.url];
    const config = join(folder, 'signalbox.yaml');
    writeFileSync(config, 'roles: { mine: { see: [{ targets: all }] } }\n');
    const started = ['--bind', `ipc://${certs}/box`, '--spawn', '1', '--config', config];
    const programs: ChildProgram[] = [];
    const keep = <Started extends ChildProgram>(program: Started): Started => {
      onTestFinished(() => program[Symbol.asyncDispose]());
      programs.push(program);
      return program;
    };
    let starts = 0;
    const start = async () => {
      const env = ['OTEL_BSP_SCHEDULE_DELAY=50', process.execPath, main];
      const flags = [...started, ...sockets, ...kept, ...watched, ...tls];
      const server = keep(new ChildProgram('env', [...env, 'server', '--headless', ...flags]));
      const answering = () => readFileSync(join(folder, 'log'), 'utf8').split('answering operators').length;
      await expect.poll(answering, { timeout: 30_000 }).toBe(++starts + 1);
      return server;
    };
    const run = async (...args: string[]) => {
      const program = keep(new Program(...args));
      const exitCode = await program.exitCode();
      return { exitCode, program };
    };
    const tokens = new Map<string, string>();
    /** Its only line of standard output is the token. */
    const told = async (name: string, ...args: string[]) => {
      const { program } = await run('operators', ...args, ...sockets);
      const [token = ''] = program.out.splice(0);
      expect(token).toMatch(/^sbx_/);
      tokens.set(name, token);
      writeFileSync(join(own, name), token, { mode: 0o600 });
    };
    const attach = (name: string, ...args: string[]) =>
      run('attach', address, '--token-file', join(own, name), '--tls-ca', join(certs, 'ca.pem'), ...args);

    const first = await start();
    await told('ada', 'add', 'ada', '--role', 'operator');
    await told('bob', 'add', 'bob', '--role', 'mine');
    await told('eve', 'add', 'eve', '--role', 'admin');
    const wrong = `sbx_${'wrong-token-'.repeat(4).slice(0, 43)}`;
    tokens.set('wrong', wrong);
    writeFileSync(join(own, 'wrong'), wrong, { mode: 0o600 });
    await run('operators', 'add', 'ada', '--role', 'operator', ...sockets);
    expect(
      (await attach('ada', '--events', '--output', 'json', '-c', 'start; @w1 run echo hello; job 2')).exitCode,
    ).toBe(0);
    expect((await attach('bob', '-c', '@w1 ping')).exitCode).toBe(7);
    expect((await attach('wrong', '-c', 'clients')).exitCode).toBe(7);
    const streaming = keep(
      new Program(
        ...['attach', address, '--token-file', join(own, 'bob'), '--tls-ca', join(certs, 'ca.pem'), '--events'],
      ),
    );
    streaming.type('clients');
    await streaming.line(/w1/);
    tokens.set('former bob', tokens.get('bob') ?? '');
    await told('bob', 'rotate', 'bob');
    expect(await streaming.exitCode()).toBe(7);
    await run('operators', 'remove', 'eve', ...sockets);
    expect((await attach('eve', '-c', 'clients')).exitCode).toBe(7);
    await run('operators', 'list', '--output', 'json', ...sockets);

    // Places that must not have a token.
    const ada = tokens.get('ada') ?? '';
    const answers: string[] = [];
    for (const [path, headers] of [
      [`/signalbox.v1.JobService/List?token=${ada}`, {}],
      [`/signalbox.v1.JobService/${ada}`, { authorization: `Bearer ${wrong}` }],
      ['/signalbox.v1.JobService/List', { authorization: `Basic ${ada}` }],
      ['/signalbox.v1.JobService/List', { authorization: `Bearer ${ada} ${wrong}` }],
      ['/signalbox.v1.JobService/List', { authorization: `Bearer ${ada}`, origin: `https://${ada}` }],
      [`/${ada}`, { cookie: ada, 'x-token': wrong, authorization: `Bearer ${ada}` }],
    ] as const) {
      const given = Object.entries({ 'content-type': 'application/json', ...headers }).flatMap(([name, value]) => [
        '-H',
        `${name}: ${value}`,
      ]);
      const ca = ['--cacert', join(certs, 'ca.pem')];
      const program = new ChildProgram('curl', ['-sSi', ...ca, ...given, '-d', '{}', `${address}${path}`]);
      await program.exitCode();
      answers.push([...program.out, ...program.err].join('\n'));
    }
    expect(answers.filter((answer) => /^HTTP/.test(answer))).toHaveLength(answers.length);
    const metrics = (await curl(await metricsUrl(first))).body;
    first.child.kill('SIGKILL');
    await first.exitCode();
    const second = await start();
    expect((await attach('ada', '--wait-clients', '1', '-c', '@w1 start; @w1 ping')).exitCode).toBe(0);
    await expect.poll(() => collector.bodies.length, { timeout: 30_000 }).toBeGreaterThan(0);
    second.child.kill('SIGTERM');
    await second.exitCode();

    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(folder, name)).isFile(),
    );
    expect(files).toEqual(expect.arrayContaining(['audit', 'jobs.db', 'log']));
    const places = new Map([
      ...files.map((name) => [name, readFileSync(join(folder, name), 'latin1')] as const),
      ...programs.map(
        ({ out, err, child }) => [child.spawnargs.join(' '), [...child.spawnargs, ...out, ...err].join('\n')] as const,
      ),
      ...answers.map((answer, at) => [`answer ${at}`, answer] as const),
      ['metrics', metrics] as const,
      ['spans', Buffer.concat(collector.bodies).toString('latin1')] as const,
    ]);
    const found = [...tokens].flatMap(([name, token]) =>
      [...places].flatMap(([place, text]) => {
        const secrets = [...formsOf(token), ...(place.startsWith('jobs.db') ? [] : hashesOf(token))];
        return secrets.some((secret) => text.includes(secret)) ? [`the token ${name} in ${place}`] : [];
      }),
    );
    expect(found).toEqual([]);
    // The search would find it.
    expect(places.get('jobs.db')).toContain(hashesOf(ada)[0]);
  },
);
