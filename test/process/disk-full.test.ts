import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

/** A file system of 64 KiB in a mount namespace of its own, then the given program. */
const onSmallDisk = (folder: string, ...argv: string[]) => [
  'unshare',
  '--map-root-user',
  '--mount',
  ...['/bin/sh', '-c', 'mount -t tmpfs -o size=64k small "$1" && shift && exec "$@"', 'sh', folder, ...argv],
];
const canMount = (): boolean => {
  const [program = '', ...args] = onSmallDisk('/tmp', 'true');
  return spawnSync(program, args).status === 0;
};

test.runIf(canMount())(
  'on a full disk what was kept stays, what follows is an exact gap, and the process goes on',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-full-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const program = `
    import { startProcess } from ${JSON.stringify(new URL('../../src/process/index.ts', import.meta.url).href)};
    const outputDirectory = ${JSON.stringify(folder)};
    const job = await startProcess({ argv: ['head', '-c', '1000000', '/dev/zero'], outputDirectory, containment: 'none' });
    const { exitCode, outputBytes } = await job.exited;
    let data = 0;
    let missed = 0;
    for await (const piece of job.output()) {
      if (piece.offset !== data + missed) throw new Error('not in order');
      if (piece.type === 'gap') missed += piece.bytes;
      else data += piece.data.length;
    }
    const { outputError } = job.status();
    process.stdout.write(JSON.stringify({ exitCode, outputBytes, data, missed, outputError }));
  `;
    const [unshare = '', ...args] = onSmallDisk(
      folder,
      process.execPath,
      '--input-type=module-typescript',
      '-e',
      program,
    );
    const { stdout, stderr } = await promisify(execFile)(unshare, args);
    expect(stderr).toBe('');
    const { data, missed, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ exitCode: 0, outputBytes: 1_000_000, outputError: expect.stringMatching(/ENOSPC/) });
    expect(data).toBe(65_536);
    expect(data + missed).toBe(1_000_000);
  },
);
