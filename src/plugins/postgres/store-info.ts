import type { StoreInfo } from '../../index.ts';

export const infoQuery = `SELECT id, version, used_bytes, (SELECT count(*) FROM jobs),
  (SELECT count(*) FROM jobs WHERE outcome IS NULL), (SELECT count(*) FROM epochs), epoch, endpoint, host, pid, closed FROM store`;

export function toInfo(rows: readonly unknown[][], address: string): StoreInfo {
  const [id, version, bytes, jobs, unsettled, epochs, epoch, endpoint, host, pid, closed] = rows[0] ?? [];
  return {
    ...{ id: String(id), address, schemaVersion: Number(version), bytes: Number(bytes) },
    ...{ jobs: Number(jobs), unsettled: Number(unsettled), epochs: Number(epochs) },
    holder:
      typeof epoch === 'string'
        ? { epoch, endpoint: String(endpoint), host: String(host), pid: Number(pid) }
        : undefined,
    closed: typeof closed === 'string' ? closed : undefined,
  };
}
