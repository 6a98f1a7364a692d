import { readdirSync, readFileSync } from 'node:fs';

const tasks = '/proc/self/task';

/** Processor time of the named threads of this process, as Linux counts it, without ended threads. */
export const threadMs = (name: 'MainThread' | 'WorkerThread'): number =>
  readdirSync(tasks)
    .filter((id) => readFileSync(`${tasks}/${id}/comm`, 'utf8').trim() === name)
    .reduce((sum, id) => sum + Number(readFileSync(`${tasks}/${id}/schedstat`, 'utf8').split(' ')[0]) / 1e6, 0);
