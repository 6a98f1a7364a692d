import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { blocksOf } from '../../docs/markdown.ts';
import { canConnect } from '../../support/can-connect.ts';
import { freePort } from '../../support/free-port.ts';
import { ChildProgram } from '../../support/program.ts';
import { hasOpenssl } from './certificates.ts';
import { openHttps, ways } from './open-https.ts';

const nginx = ['nginx', '/usr/sbin/nginx'].find((file) => spawnSync(file, ['-v']).status === 0);

// `.ci/run` installs it.
beforeEach(({ skip }) => {
  if (!hasOpenssl) skip('there is no openssl here');
  if (!nginx) skip('there is no nginx here');
});

/** A server behind nginx, with the configuration of docs/operating.md. */
async function openBehindNginx() {
  const opened = await openHttps();
  const { folder, authority, pair, url } = opened;
  const port = await freePort();
  const shown = blocksOf('docs/operating.md').find(({ language }) => language === 'nginx')?.text ?? '';
  const here = shown
    .replace('127.0.0.1:8443', new URL(url).host)
    .replace('listen 443', `listen 127.0.0.1:${port}`)
    .replace('/etc/signalbox/ca.pem', authority.cert)
    .replace('box.example;', 'localhost;')
    .replace('/etc/nginx/box.pem', pair.cert)
    .replace('/etc/nginx/box.key', pair.key);
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (one) => `${one}_temp_path ${folder}/${one};`,
  );
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr;\nevents {}\nhttp {\naccess_log off;\n${places.join('\n')}\n${here}\n}\n`,
  );
  const program = new ChildProgram(nginx ?? 'nginx', ['-p', folder, '-e', 'stderr', '-c', file]);
  onTestFinished(() => program[Symbol.asyncDispose]());
  await expect.poll(() => canConnect({ port }), { timeout: 15_000 }).toBe(true);
  return { ...opened, proxyUrl: `https://127.0.0.1:${port}` };
}

test.for(ways)(
  'by %s a token passes through nginx, and streams end with its removal',
  async ([, open, missing], { skip }) => {
    if (missing) skip(missing);
    const { add, operators, authority, proxyUrl, ends, server } = await openBehindNginx();
    const call = open(proxyUrl, { ca: authority.cert, token: await add('ada') }, ends);
    expect(await call('ServerService/GetInfo', {})).toMatchObject({
      status: 'ok',
      messages: [{ actor: 'operator:ada', bootId: server.bootId }],
    });
    const { messages } = await call('JobService/Submit', { targets: ['w1'], command: 'say', args: { text: 'hi' } });
    expect(await call('JobService/Wait', { id: messages[0]?.id as string })).toMatchObject({
      status: 'ok',
      messages: [{ job: { job: { actor: 'operator:ada', outcome: 'completed' } } }],
    });
    expect(await call('JobService/Get', { job: { id: 'none', client: 'w1' } })).toMatchObject({
      status: 'not_found',
      detail: { code: 'no_such_job' },
    });
    const begun = Promise.withResolvers<void>();
    const watching = call('EventService/Watch', {}, { onMessage: () => begun.resolve() });
    await begun.promise;
    await operators.remove('ada');
    expect(await watching).toMatchObject({ status: 'unauthenticated', detail: { code: 'not_allowed' } });
  },
);

test.for(ways)(
  'by %s an invalid sign-in is refused behind nginx, as it is without it',
  async ([, open, missing], { skip }) => {
    if (missing) skip(missing);
    const { authority, proxyUrl, ends } = await openBehindNginx();
    const call = open(proxyUrl, { ca: authority.cert, token: 'sbx_wrong' }, ends);
    const refused = { status: 'unauthenticated', detail: { code: 'not_allowed' } };
    expect(await call('ServerService/GetInfo', {})).toMatchObject(refused);
    expect(await call('EventService/Watch', {})).toMatchObject(refused);
  },
);
