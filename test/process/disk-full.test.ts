import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';

/** A 64 KiB file system in a separate mount namespace, then the given program. */
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

test.runIf(canMount()).each(['drop', 'wait'] as const)(
  'on a full disk output is kept in memory, the process continues, and a reader misses an exact gap or nothing: %s',
  async (whenFull) => {
    const folder = newFolder();
    const program = `
    import { startProcess } from ${JSON.stringify(new URL('../../src/process/index.ts', import.meta.url).href)};
    const outputDirectory = ${JSON.stringify(folder)};
    await using job = await startProcess({ argv: ['head', '-c', '5000000', '/dev/zero'], outputDirectory, containment: 'none', whenFull: '${whenFull}' });
    if ('${whenFull}' === 'drop') await job.exited;
    let data = 0;
    let missed = 0;
    for await (const piece of job.output()) {
      job.taken('stdout', piece.offset);
      if (piece.offset !== data + missed) throw new Error('not in order');
      if (piece.type === 'gap') missed += piece.bytes;
      else data += piece.data.length;
    }
    const { exitCode, outputBytes } = await job.exited;
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
    expect(rest).toEqual({ exitCode: 0, outputBytes: 5_000_000, outputError: expect.stringMatching(/ENOSPC/) });
    expect(data + missed).toBe(5_000_000);
    expect(data).toBeGreaterThan(500_000);
    if (whenFull === 'wait') expect(missed).toBe(0);
  },
);
