import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MailBox, password } from '../notify/support/mail-box.ts';
import { Receiver, secret } from '../notify/support/receiver.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';

/** Arguments and environment of every process that the test may read. */
const processList = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => ['cmdline', 'environ'].map((file) => join('/proc', pid, file)))
    .map((path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return '';
      }
    })
    .join('\n');

const token = 'T0kenInAPath';

test('no secret is in a message, the log, the audit, the history, the prompt or the list of processes', async () => {
  await using receiver = await Receiver.open();
  await using box = await MailBox.open();
  const folder = newFolder();
  const files = { hook: secret, password, ca: box.ca };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), `${text}\n`, { mode: 0o600 });
  const mail = `host: localhost, port: ${box.port}, from: box@example.org, to: [ops@example.org], ca: ca`;
  const config = join(folder, 'signalbox.yaml');
  const write = (first: string) =>
    writeFileSync(
      config,
      `channels:
  ops: ${first}
  dead: { webhook: { url: 'http://127.0.0.1:1/${token}?key=${token}', secretFile: hook } }
  mail: { mail: { ${mail}, passwordFile: password } }
  wrong: { mail: { ${mail}, passwordFile: hook } }
  page: { command: { run: [sh, -c, 'cat >> paged; env >> paged'] } }
notify:
  - { on: [job.settled], outcome: [failed], to: [ops, dead, mail, wrong, page], groupWait: 0s }
`,
    );
  write(`{ webhook: { url: ${receiver.url}/${token}, secretFile: hook } }`);
  const at = (name: string) => join(folder, name);
  const kept = [
    '--store',
    `sqlite:${at('store.db')}`,
    '--log',
    at('log'),
    '--log-level',
    'debug',
    '--audit',
    at('audit'),
  ];
  await using program = new Program(
    'server',
    '--spawn',
    '1',
    '--config',
    config,
    ...kept,
    '--output',
    'json',
    '--keep-going',
  );
  program.type('start', 'run false');
  await receiver.until(1);
  const history = () => {
    program.type('notify history');
    return program.out.filter((line) => line.includes('"notify.message"')).at(-1) ?? '';
  };
  await expect.poll(history).toMatch(/"mail":\{"state":"delivered".*"wrong":\{[^}]*it refused the login \(535\)/);
  await expect.poll(history).toMatch(/"page":\{"state":"delivered"/);
  program.type('notify list', 'notify test wrong', 'notify test dead', 'notify silence command=run --for 1m');
  await program.line(/dead did not accept msg_\S+: .*ECONNREFUSED/);
  await program.line(/wrong did not accept msg_\S+: it refused the login/);
  // Secrets in the wrong place are not quoted.
  for (const [first, words] of [
    [`{ webhook: { url: ${receiver.url}, secretFile: ${secret} } }`, /it is the secret itself/],
    [`{ webhook: ${receiver.url}/${token} }`, /must be a map of options, not a text/],
    [`{ webhook: { url: '${receiver.url}', secretFile: ${token} } }`, /the secret file does not exist/],
    [`{ webhook: { url: 'https://me:${token}@127.0.0.1/', secretFile: hook } }`, /without a password/],
    [`{ webhook: { url: '${receiver.url}', secret: ${token} } }`, /has no option secret/],
  ] as const) {
    write(first);
    program.child.kill('SIGHUP');
    await expect.poll(() => readFileSync(at('log'), 'utf8')).toMatch(words);
  }
  const processes = processList();
  expect(processes).toContain('signalbox.yaml');
  program.type('exit');
  await program.exitCode();
  expect(box.received[0]).toMatchObject({ secure: true, user: 'box@example.org' });
  const seen = [
    ...[
      processes,
      ...program.out,
      ...program.err,
      JSON.stringify(receiver.received.map(({ headers, body }) => [headers, body])),
      JSON.stringify(box.received),
    ],
    ...['log', 'audit', 'paged', 'store.db'].map((name) => readFileSync(at(name), 'latin1')),
  ].join('\n');
  for (const one of [token, secret.slice(6), password, Buffer.from(password).toString('base64')])
    expect(seen).not.toContain(one);
});
