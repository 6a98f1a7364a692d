// node scripts/ci-summary.ts FOLDER SUITE… : prints the reports of these suites in the folder, as the last lines of CI. A `!`
// after the name of a suite means that it ended with a failure.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

export interface Failure {
  readonly name: string;
  readonly text: string;
}

/** Result of a vitest run. */
export interface SuiteReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Failed tests, and failures outside of tests. */
  readonly failures: readonly Failure[];
}

export interface Suite {
  readonly name: string;
  readonly hasFailed: boolean;
  /** Undefined if there is none, because the run broke off. */
  readonly report: SuiteReport | undefined;
}

/** Number of lines that CI keeps. */
const maxLines = 120;
const maxLinesEach = 15;
const maxLength = 300;

/** The lines of a summary, `N passed, N failed` last. A failed suite counts as at least one failure. */
export function summaryOf(suites: readonly Suite[]): string[] {
  const count = suites.reduce((sum, { report }) => sum + (report?.failures.length ?? 1), 0);
  const each = Math.max(1, Math.min(maxLinesEach, Math.floor(maxLines / Math.max(1, count)) - 1));
  const lines: string[] = [];
  const totals = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, hasFailed, report } of suites) {
    const failed = Math.max(report?.failures.length ?? 1, hasFailed ? 1 : 0);
    totals.passed += report?.passed ?? 0;
    totals.failed += failed;
    totals.skipped += report?.skipped ?? 0;
    if (failed > 0) lines.push(`npm run ${name} failed${report ? ':' : ' without a report: see its last lines above'}`);
    for (const failure of report?.failures ?? []) {
      lines.push(`  ${failure.name}`, ...firstLines(failure.text, each).map((line) => `      ${line}`));
    }
  }
  if (totals.skipped > 0) lines.push(`${totals.skipped} skipped, which does not mean passed: see the reasons above`);
  return [...lines, `${totals.passed} passed, ${totals.failed} failed`];
}

function firstLines(text: string, count: number): string[] {
  const lines = stripVTControlCharacters(text)
    .split('\n')
    .map((line) => line.trimEnd().slice(0, maxLength))
    .filter((line) => line !== '');
  return lines.length <= count ? lines : [...lines.slice(0, count), `… ${lines.length - count} more lines, see above`];
}

function reportOf(file: string): SuiteReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const [folder = '.', ...given] = process.argv.slice(2);
  const suites = given.map((word): Suite => {
    const name = word.replace(/!$/, '');
    return { name, hasFailed: word.endsWith('!'), report: reportOf(join(folder, `${name}.json`)) };
  });
  const lines = summaryOf(suites);
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode = lines.at(-1)?.endsWith(' 0 failed') ? 0 : 1;
}
