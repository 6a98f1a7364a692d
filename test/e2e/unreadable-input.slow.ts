import { execFileSync, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { KeyStore } from '../../src/keys/key-store.ts';
import { newFolder } from '../support/new-folder.ts';
import { inShell, Program } from '../support/program.ts';

function newFifo(): string {
  const path = join(newFolder(), 'fifo');
  execFileSync('mkfifo', ['-m', '600', path]);
  return path;
}

/** A file that fails with EIO when it is read: the memory of a process, at address 0. */
function failingFile(): string {
  const process = spawn('sleep', ['600'], { stdio: 'ignore' });
  onTestFinished(() => void process.kill());
  return `/proc/${process.pid}/mem`;
}

describe('a script on standard input that cannot be read ends with 2 and the reason', () => {
  test.each([
    ['a folder', () => '< /tmp', /it is a folder/],
    ['a descriptor that is closed', () => '<&-', /it is closed/],
    ['one that is open for writing only', () => '0> /dev/null', /EBADF/],
    ['one that fails', () => `< ${failingFile()}`, /EIO/],
  ])('%s', async (_, redirection, why) => {
    await using server = inShell(`exec "$@" ${redirection()}`, 'server', '--bind', 'tcp://127.0.0.1:*');
    expect(await server.exitCode()).toBe(2);
    expect(server.err.join('\n')).toMatch(/standard input cannot be read: /);
    expect(server.err.join('\n')).toMatch(why);
  });

  test('in JSON too', async () => {
    await using server = inShell('exec "$@" < /tmp', 'server', '--output', 'json');
    expect(await server.exitCode()).toBe(2);
    expect(server.json).toMatchObject([
      { type: 'error', code: 'bad_usage' },
      { type: 'summary', exitCode: 2 },
    ]);
  });

  test('an empty script is not an error', async () => {
    await using server = inShell('exec "$@" < /dev/null', 'server', '--bind', 'tcp://127.0.0.1:*');
    expect(await server.exitCode()).toBe(0);
  });
});

describe('source', () => {
  test.each([
    ['a folder', () => '/tmp', /it is a folder, not a file/],
    ['a device without an end', () => '/dev/zero', /it is a device, not a file/],
    ['a pipe that nobody writes to', newFifo, /it is a pipe without a writer/],
    ['a file that fails', failingFile, /EIO/],
    ['nothing', () => join(newFolder(), 'none'), /ENOENT/],
  ])('of %s ends with 2 and says why', async (_, path, why) => {
    await using server = new Program('server', '--bind', 'tcp://127.0.0.1:*', '-c', `source ${path()}`);
    expect(await server.exitCode()).toBe(2);
    expect(server.err.join('\n')).toMatch(why);
  });

  test('of a pipe reads what its writer writes, as it arrives', async () => {
    const fifo = newFifo();
    // Both ends, so that opening it does not block.
    const writer = spawn('sh', ['-c', 'exec 3<>"$0"; echo start >&3; cat >&3', fifo]);
    onTestFinished(() => void writer.kill());
    await using server = new Program('server', '--spawn', '1', '-c', `source ${fifo}`);
    await server.line(/start completed/);
    writer.stdin.write('ping\nexit\n');
    expect(await server.exitCode()).toBe(0);
    expect(server.out.join('\n')).toMatch(/ping completed/);
  });

  test('of a pipe with a silent writer ends at SIGTERM', async () => {
    const fifo = newFifo();
    const writer = spawn('sh', ['-c', 'exec 3<>"$0"; echo clients >&3; cat >&3', fifo]);
    onTestFinished(() => void writer.kill());
    await using server = new Program('server', '--spawn', '1', '-c', `source ${fifo}`);
    await server.line(/w1 +unready/);
    server.child.kill('SIGTERM');
    expect(await server.exitCode()).toBe(143);
  });
});

describe('a pipe in place of', () => {
  test('credentials ends a client with 7', async () => {
    await using client = new Program('client', '--credentials', newFifo());
    expect(await client.exitCode()).toBe(7);
    expect(client.err.join('\n')).toMatch(/it is a pipe, not a file/);
  });

  test.each(['server.json', 'allow-list.json'])('%s ends a server with 7', async (name) => {
    const folder = join(newFolder(), 'keys');
    new KeyStore(folder).init();
    rmSync(join(folder, name));
    execFileSync('mkfifo', ['-m', '600', join(folder, name)]);
    await using server = new Program('server', '--keys', folder, '--bind', 'tcp://127.0.0.1:*', '-c', 'exit');
    expect(await server.exitCode()).toBe(7);
    expect(server.err.join('\n')).toMatch(/it is a pipe, not a file/);
  });
});
