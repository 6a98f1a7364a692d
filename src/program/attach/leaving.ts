import { fewNames, foldNames } from '../../fold-names.ts';
import type { SentJob } from '../../plugin/sent.ts';
import type { LeftoverAdvice } from '../../shell/cancel-begun.ts';
import { asTyped } from '../../shell/parse/job-id.ts';

/** How to go on with jobs that a script could not end. */
export function attachedAdvice(jobs: readonly SentJob[], path: string): LeftoverAdvice {
  const numbers = numbersOf(jobs).map((number) => `%${number}`);
  const command = `signalbox attach ${path} -c 'cancel ${numbers.join(' ')}; wait --timeout 1m'`;
  return { fate: 'they go on at their clients', hint: `to end them:\n  ${command}` };
}

/** What runs on when somebody leaves, and how to look again. Undefined where nothing does. */
export function goesOn(jobs: readonly SentJob[]): string | undefined {
  if (jobs.length === 0) return undefined;
  const lines = Map.groupBy(jobs.toSorted(asTyped), ({ number }) => number);
  const named = [...lines].map(
    ([number, ofLine]) =>
      `${number} ${ofLine[0]?.command} on ${foldNames(
        ofLine.map(({ client }) => client),
        fewNames,
      )}`,
  );
  const numbers = [...lines.keys()].map((number) => `%${number}`).join(' ');
  return `still running: ${named.join(', ')}; to look again: signalbox attach -c 'job ${numbers}'`;
}

const numbersOf = (jobs: readonly SentJob[]): number[] => [...new Set(jobs.map(({ number }) => number))];
