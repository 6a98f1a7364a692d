import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { implement, JobFailure } from '../../src/index.ts';
import { checksum } from './contract.ts';

export const checksumCommand = implement(checksum, async ({ path, expect }, job) => {
  const { size } = await stat(path);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { signal: job.signal })) {
    hash.update(chunk);
    bytes += chunk.length;
    job.progress(bytes / size, path);
  }
  const result = { sha256: hash.digest('hex'), bytes };
  job.output('stdout', `${result.sha256}  ${path}\n`);
  if (expect !== undefined && expect !== result.sha256) throw new JobFailure('the file is another one', result);
  return result;
});
