import { readdirSync, readFileSync } from 'node:fs';

const tasks = '/proc/self/task';

/** Processor time of the threads of this process that have a name, as Linux counts it. What has ended is not in it. */
export const threadMs = (name: 'MainThread' | 'WorkerThread'): number =>
  readdirSync(tasks)
    .filter((id) => readFileSync(`${tasks}/${id}/comm`, 'utf8').trim() === name)
    .reduce((sum, id) => sum + Number(readFileSync(`${tasks}/${id}/schedstat`, 'utf8').split(' ')[0]) / 1e6, 0);
