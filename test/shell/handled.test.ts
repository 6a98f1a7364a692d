import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { deferred, handled } from '../../src/shell/handled.ts';

test('a failure that may be ignored does not end the process, and a caller that asks for it gets it', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  onTestFinished(() => void process.off('unhandledRejection', unhandled));
  const [failed, later] = [handled(Promise.reject(new Error('gone'))), deferred()];
  later.reject(new Error('gone too'));
  await nextTurn();
  expect(unhandled).not.toHaveBeenCalled();
  await expect(failed).rejects.toThrow('gone');
  await expect(later.promise).rejects.toThrow('gone too');
});
