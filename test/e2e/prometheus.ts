import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { ChildProgram } from '../support/program.ts';

const run = promisify(execFile);

// Debian's packages belong to Debian's Python, which is not always first on the path.
const python = ['python3', '/usr/bin/python3'].find(
  (file) => spawnSync(file, ['-c', 'import prometheus_client.parser']).status === 0,
);

/** Whether scraping is impossible here. */
export const noCurl = spawnSync('curl', ['--version']).status !== 0;

/** Why parsing is impossible here, if it is. */
export const noParser =
  python === undefined && 'no python3 here has prometheus_client: apt-get install python3-prometheus-client';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Null if it is not a number: an event loop without a measurement. */
  readonly value: number | null;
}

interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** The address at which a server with `--metrics` says that it serves them. */
export async function metricsUrl(server: ChildProgram): Promise<string> {
  return (await server.line(/^metrics: http/)).replace('metrics: ', '');
}

/** Runs curl. */
export async function curl(...args: string[]): Promise<{ status: number; body: string }> {
  const { stdout } = await run('curl', ['-sS', '--noproxy', '*', '-w', '\n%{http_code}', ...args]);
  const at = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) };
}

const parse = `
import json, sys
from math import isfinite
from prometheus_client.parser import text_string_to_metric_families as parse
print(json.dumps([{
    "name": family.name, "type": family.type, "help": family.documentation,
    "samples": [{"name": s.name, "labels": s.labels, "value": s.value if isfinite(s.value) else None} for s in family.samples],
} for family in parse(sys.argv[1])]))
`;

/**
 * One scrape, read by the parser of Prometheus' own Python client. Rejects if the parser does not accept every line.
 */
export class Scrape {
  readonly families: readonly Family[];

  private constructor(families: readonly Family[]) {
    this.families = families;
  }

  static async of(url: string): Promise<Scrape> {
    const { body } = await curl('--fail', url);
    const { stdout } = await run(python ?? 'python3', ['-c', parse, body]);
    return new Scrape(JSON.parse(stdout));
  }

  get samples(): Sample[] {
    return this.families.flatMap(({ samples }) => samples);
  }

  /** The values of a metric by its label values, `a/b`; zeros are left out. */
  values(name: string): Record<string, number | null> {
    const found = this.samples.filter((sample) => sample.name === `signalbox_${name}` && sample.value !== 0);
    return Object.fromEntries(found.map(({ labels, value }) => [Object.values(labels).join('/'), value]));
  }
}
