import { expect, test } from 'vitest';
import { BoundedAudit, type WrittenRecord } from '../../src/observe/audit/bounded-audit.ts';
import { adoptions } from '../../src/observe/record-bounds.ts';

function openAudit() {
  const written: WrittenRecord[] = [];
  return { written, bounded: new BoundedAudit((record) => written.push(record)) };
}

const own = { event: 'outcome', id: 'boot.1', client: 'w1', command: 'ping', outcome: 'completed' } as const;

test('outcomes of what this server sent are written each time; of what another began, so many', () => {
  const { written, bounded } = openAudit();
  for (let at = 0; at <= adoptions.burst; at += 1) bounded.audit(own);
  expect(written).toHaveLength(adoptions.burst + 1);
  for (let at = 0; at < adoptions.burst + 3; at += 1) bounded.audit({ ...own, adopted: true });
  expect(written).toHaveLength(2 * adoptions.burst + 1);
  bounded[Symbol.dispose]();
  expect(written.at(-1)).toEqual({ event: 'left-out', of: 'outcome', client: 'w1', count: 3 });
});
