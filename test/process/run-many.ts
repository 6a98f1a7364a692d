import { type ProcessOptions, startProcess } from '../../src/process/index.ts';

/** Runs this number of short processes, some at a time; each must end with its given exit code. */
export async function runMany(
  count: number,
  { containment = 'detect', atATime = 1 }: { containment?: ProcessOptions['containment']; atATime?: number },
): Promise<{ wrong: number }> {
  let next = 0;
  let wrong = 0;
  const lane = async () => {
    for (;;) {
      const number = next++;
      if (number >= count) return;
      const code = number % 7;
      await using job = await startProcess({ argv: ['/bin/sh', '-c', `echo ${number}; exit ${code}`], containment });
      const { exitCode, leftRunning } = await job.exited;
      let said = '';
      for await (const piece of job.output()) if (piece.type === 'data') said += piece.data.toString();
      if (exitCode !== code || leftRunning !== 0 || said !== `${number}\n`) wrong += 1;
    }
  };
  await Promise.all(Array.from({ length: atATime }, lane));
  return { wrong };
}
