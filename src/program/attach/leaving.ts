import { fewNames, foldNames } from '../../fold-names.ts';
import { clientText } from '../../place-name.ts';
import type { SentJob } from '../../plugin/sent.ts';
import type { LeftoverAdvice } from '../../shell/cancel-begun.ts';
import { asTyped } from '../../shell/parse/job-id.ts';
import { shellWord } from '../../shell-word.ts';

/**
 * The shell words after `signalbox attach` that reach the same server again, with a trailing space; empty if none are
 * needed.
 */
export function sameServer(
  address: string | undefined,
  { socketDir, env }: { readonly socketDir: string | undefined; readonly env: NodeJS.ProcessEnv },
): string {
  const isNamed = socketDir !== undefined && socketDir !== env.SIGNALBOX_SOCKET_DIR;
  const words = [...(address === undefined ? [] : [address]), ...(isNamed ? ['--socket-dir', socketDir] : [])];
  return words.map((word) => `${shellWord(word)} `).join('');
}

/**
 * Advice about jobs that a script could not end.
 * @param server as from `sameServer`.
 */
export function attachedAdvice(jobs: readonly SentJob[], server: string): LeftoverAdvice {
  const numbers = numbersOf(jobs)
    .map((number) => `%${number}`)
    .join(' ');
  const command = `signalbox attach ${server}-c 'cancel ${numbers}; wait ${numbers} --timeout 1m'`;
  return { fate: 'they continue on their clients', hint: `to cancel them:\n  ${command}` };
}

/** Names the jobs that continue, and how to check them again. Undefined without jobs. */
export function goesOn(jobs: readonly SentJob[], server: string): string | undefined {
  if (jobs.length === 0) return undefined;
  const lines = Map.groupBy(jobs.toSorted(asTyped), ({ number }) => number);
  const named = [...lines].map(
    ([number, ofLine]) => `${number} ${ofLine[0]?.command} on ${foldNames(ofLine.map(clientText), fewNames)}`,
  );
  const numbers = [...lines.keys()].map((number) => `%${number}`).join(' ');
  return `still running: ${named.join(', ')}; to check again: signalbox attach ${server}-c 'job ${numbers}'`;
}

const numbersOf = (jobs: readonly SentJob[]): number[] => [...new Set(jobs.map(({ number }) => number))];
