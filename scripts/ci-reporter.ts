// A vitest reporter for CI, which keeps only the last lines of its output. It writes failures and their causes to the file
// CI_REPORT, which scripts/ci-summary.ts prints at the end.
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';
import type { Failure, SuiteReport } from './ci-summary.ts';

interface Thrown {
  readonly name?: string | undefined;
  readonly message?: string | undefined;
  readonly stack?: string | undefined;
  readonly diff?: string | undefined;
}

export default class CiReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly Thrown[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const failures: Failure[] = [];
    const failed = (name: string, errors: readonly Thrown[]) => void failures.push({ name, text: textOf(errors) });
    for (const module of modules) {
      const file = module.relativeModuleId;
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        counts[state === 'pending' ? 'failed' : state] += 1;
        if (state === 'failed' || state === 'pending') failed(`${file}: ${test.fullName}`, errors ?? []);
      }
      const outside = [...module.errors(), ...[...module.children.allSuites()].flatMap((suite) => suite.errors())];
      if (outside.length > 0) failed(`${file}, outside every test`, outside);
    }
    if (unhandled.length > 0) failed('outside every file', unhandled);
    const report: SuiteReport = { ...counts, failures };
    writeFileSync(process.env.CI_REPORT ?? 'ci-report.json', JSON.stringify(report));
  }
}

/** The thrown error, the difference from the expected value, and the place. */
function textOf(errors: readonly Thrown[]): string {
  return errors
    .flatMap(({ name = 'Error', message = '', diff, stack = '' }) => [
      `${name}: ${message}`,
      ...(diff === undefined ? [] : [diff]),
      ...stack.split('\n').filter((line) => /^\s+at /.test(line) && !/node_modules|node:|<anonymous>/.test(line)),
    ])
    .join('\n');
}
