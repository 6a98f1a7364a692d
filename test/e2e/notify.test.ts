import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Receiver, secret, status } from '../notify/support/receiver.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';
import { curl, metricsUrl, noCurl } from './prometheus.ts';

function place(text: string, receiver?: Receiver) {
  const folder = newFolder();
  const config = join(folder, 'signalbox.yaml');
  const write = (more: string) => writeFileSync(config, more.replace('URL', receiver?.url ?? ''));
  write(text);
  writeFileSync(join(folder, 'secret'), `${secret}\n`, { mode: 0o600 });
  return { folder, config, write, store: `sqlite:${join(folder, 'store.db')}` };
}

const told = `channels:
  ops: { webhook: { url: URL, secretFile: secret } }
  page: { command: { run: [sh, -c, 'cat >> paged; printenv SIGNALBOX_NOTIFY_TEXT SIGNALBOX_TOKEN >> paged; true'] } }
  wrong: { command: { run: [sh, -c, 'echo no such pager >&2; exit 3'] } }
  log: { log: }
notify:
  - { on: [job.settled], outcome: [failed], to: [ops, page, log], groupWait: 0s }
`;

test('a failure is sent to each channel; notify shows rules, channels and sent messages, tests a channel and silences', async () => {
  await using receiver = await Receiver.open();
  const { config, store, folder } = place(told, receiver);
  const [log, audit] = [join(folder, 'log'), join(folder, 'audit')];
  await using program = new Program(
    ...[
      'server',
      '--spawn',
      '1',
      '--config',
      config,
      '--store',
      store,
      '--log',
      log,
      '--audit',
      audit,
      '--output',
      'json',
      '--keep-going',
    ],
  );
  program.type('start', 'run false');
  await receiver.until(1);
  expect(receiver.bodies[0]).toMatchObject({ data: { text: 'run on w1 failed (exit code 1)', count: 1 } });
  const paged = () => readFileSync(join(folder, 'paged'), 'utf8');
  await expect.poll(paged).toBe(`${receiver.received[0]?.body}\nrun on w1 failed (exit code 1)\n`);
  await expect.poll(() => readFileSync(log, 'utf8')).toContain('"msg":"run on w1 failed (exit code 1)"');
  await expect
    .poll(() => {
      program.type('notify history');
      return program.out.filter((line) => line.includes('"type":"notify.message"')).at(-1);
    })
    .toMatch(
      /"text":"run on w1 failed \(exit code 1\)","count":1,.*"ops":\{"state":"delivered","attempts":1.*"page":\{"state":"delivered"/,
    );
  program.type('notify list', 'notify test page', 'notify test wrong', 'notify test none');
  expect(JSON.parse(await program.line(/"type":"notify.rule"/))).toMatchObject({
    number: 1,
    on: ['job.settled'],
    waiting: 0,
  });
  expect(JSON.parse(await program.line(/"notify.channel","ts":\d+,"name":"ops"/))).toMatchObject({
    failures: 0,
    waiting: 0,
  });
  await program.line(/"channel":"page","id":"msg_/);
  await program.line(/wrong did not accept msg_\S+: it ended with exit code 3: no such pager/);
  await program.line(/there is no channel none/);
  program.type(
    'notify silence command=run --for 1h',
    'run false',
    'notify list',
    'notify silence command=run --for 0',
    'run false',
  );
  expect(JSON.parse(await program.line(/"type":"notify.silence"/))).toMatchObject({
    filter: { command: ['run'] },
    actor: expect.any(String),
  });
  program.type('exit');
  await program.exitCode();
  const silences = readFileSync(audit, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"notify-'))
    .map((line) => JSON.parse(line));
  const actor = 'owner';
  expect(silences).toMatchObject([
    { event: 'notify-silenced', filter: { command: ['run'] }, untilMs: expect.any(Number), actor },
    { event: 'notify-unsilenced', filter: { command: ['run'] }, actor },
  ]);
  const everything = () => [...program.out, ...program.err, readFileSync(log, 'utf8'), paged()].join('\n');
  expect(everything()).not.toContain(secret.slice(6));
});

test('HUP reloads rules and channels; a wrong one changes nothing', async () => {
  await using receiver = await Receiver.open();
  const { config, store, write } = place(told, receiver);
  await using program = new Program(
    'server',
    '--spawn',
    '1',
    '--config',
    config,
    '--store',
    store,
    '--log',
    '-',
    '--keep-going',
  );
  program.type('start');
  await program.line(/start completed/);
  write(told.replace('[job.settled]', '[job.setled]'));
  program.child.kill('SIGHUP');
  await program.line(/notifications were not reloaded: .*there is no event job.setled/);
  // The new rules may also read earlier events.
  write(told.replace('outcome: [failed]', 'command: run, outcome: [completed]'));
  program.child.kill('SIGHUP');
  await expect
    .poll(() => {
      program.type('notify list');
      return program.out.some((line) => line.includes('outcome=completed'));
    })
    .toBe(true);
  program.type('run true');
  await receiver.until(1);
  expect(receiver.bodies[0]?.data.text).toBe('run on w1 completed');
  program.type('exit');
});

test.each([
  [told, '600', [], 'notify needs a durable store, such as --store sqlite'],
  [told, '604', ['--store', 'sqlite'], 'channels.ops: others can read '],
  [told.replace('secretFile: secret', 'secretFile: none'), '600', ['--store', 'sqlite'], 'channels.ops: the secret'],
])('a server that could not send notifications does not start', async (text, mode, more, words) => {
  await using receiver = await Receiver.open();
  const { config, folder, store } = place(text, receiver);
  chmodSync(join(folder, 'secret'), Number.parseInt(mode, 8));
  const options = more.length === 0 ? ['--store', 'memory'] : ['--store', store];
  await using program = new Program(
    'server',
    '--config',
    config,
    ...options,
    '--log',
    '-',
    '--bind',
    'tcp://127.0.0.1:*',
  );
  expect(await program.exitCode()).toBe(2);
  expect(program.err.join('\n')).toContain(words);
});

test('metrics count deliveries by channel, pending messages, and silenced ones', async ({ skip }) => {
  skip(noCurl, 'curl is not installed');
  await using receiver = await Receiver.open();
  receiver.answer = status(500);
  const { config, store, folder } = place(
    told.replace('[ops, page, log]', '[ops, page]').replace(/^ {2}log:/m, '  log2:'),
    receiver,
  );
  const watched = ['--metrics', ':0', '--log', join(folder, 'log')];
  await using program = new Program(
    'server',
    '--spawn',
    '1',
    '--config',
    config,
    '--store',
    store,
    ...watched,
    '--keep-going',
  );
  const url = await metricsUrl(program);
  program.type('start', 'run false');
  await receiver.until(1);
  const scraped = async () => {
    const { body } = await curl(url);
    const lines = body.split('\n').filter((line) => line.startsWith('signalbox_notify_'));
    return Object.fromEntries(lines.map((line) => line.replace('signalbox_notify_', '').split(' ')));
  };
  await expect.poll(scraped).toMatchObject({
    'attempts_total{channel="ops",outcome="failed"}': '1',
    'attempts_total{channel="page",outcome="delivered"}': '1',
    'waiting_messages{channel="ops"}': '1',
    'waiting_messages{channel="page"}': '0',
    missed_events: '0',
    silenced_events: '0',
  });
  program.type('notify silence command=run --for 1h', 'run false');
  await expect.poll(scraped).toMatchObject({ silenced_events: '1' });
  program.type('exit');
});
