import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Receiver, status } from '../notify/support/receiver.ts';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';

const chat = fileURLToPath(new URL('../../examples/plugin/chat.ts', import.meta.url));

function place(plugin: string, channel: string) {
  const folder = newFolder();
  const config = join(folder, 'signalbox.yaml');
  const rule = '{ on: [job.settled], outcome: [failed], to: [team], groupWait: 0s }';
  writeFileSync(config, `plugins: { ${plugin}: }\nchannels:\n  team: ${channel}\nnotify:\n  - ${rule}\n`);
  return { folder, args: ['--config', config, '--store', `sqlite:${join(folder, 'store.db')}`] };
}

test('the example plug-in adds a channel that posts to a room; answers from there are shown to people', async () => {
  await using receiver = await Receiver.open();
  const { folder, args } = place(chat, '{ chat: { urlFile: url, room: ops } }');
  writeFileSync(join(folder, 'url'), `${receiver.url}\n`, { mode: 0o600 });
  await using program = new Program('server', '--spawn', '1', ...args, '--keep-going');
  program.type('start', 'run false');
  await receiver.until(1);
  expect(receiver.received[0]?.body).toBe('{"text":"run on w1 failed (exit code 1)","channel":"ops"}');
  receiver.answer = status(403);
  program.type('notify test team', 'notify list');
  await program.line(/team did not accept msg_\S+: it answered 403/);
  await program.line(/team +chat ops /);
  program.type('exit');
  await program.exitCode();
  expect([...program.out, ...program.err].join('\n')).not.toContain(receiver.url);
});

test.each([
  ['open: () => { throw new Error("no room") }', 'channels.team: no room'],
  ['open: () => ({ send() {} })', 'channels.team: open of its plug-in must return about and send'],
])('a channel of a plug-in that cannot be opened stops the start: %s', async (open, words) => {
  const plugin = join(newFolder(), 'odd.ts');
  const kind = `{ options: z.object({}), ${open} }`;
  writeFileSync(
    plugin,
    `import { definePlugin } from 'signalbox';\nimport { z } from 'zod';
     export default definePlugin({ name: 'odd', apiVersion: 1, channels: { odd: ${kind} }, setup() {} });`,
  );
  await using program = new Program('server', ...place(plugin, '{ odd: {} }').args, '--bind', 'tcp://127.0.0.1:*');
  expect(await program.exitCode()).toBe(2);
  expect(program.err.join('\n')).toContain(words);
});

test('a plug-in cannot use the name of an existing kind', async () => {
  const plugin = join(newFolder(), 'odd.ts');
  writeFileSync(
    plugin,
    `import { definePlugin } from 'signalbox';\nimport { z } from 'zod';
     const log = { options: z.object({}), open: () => ({ about: '', async send() {} }) };
     export default definePlugin({ name: 'odd', apiVersion: 1, channels: { log }, setup() {} });`,
  );
  await using program = new Program('server', '--plugin', plugin, '--bind', 'tcp://127.0.0.1:*');
  expect(await program.exitCode()).toBe(2);
  expect(program.err.join('\n')).toContain('signalbox already provides channels of kind log');
});
