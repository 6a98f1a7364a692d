import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ChildProgram } from '../support/program.ts';
import { docker, output, root } from './docker.ts';

/** Compose, as it is called here. SIGNALBOX_TEST_COMPOSE selects one if both are installed. */
export const compose = (process.env.SIGNALBOX_TEST_COMPOSE ?? (isPlugin() ? 'docker compose' : 'docker-compose')).split(
  ' ',
);

// A separate project, which shares nothing with other projects on this machine.
export const project = `signalbox-test-${process.pid}`;
process.env.COMPOSE_PROJECT_NAME = project;
process.env.COMPOSE_FILE = `${root}docker-compose.yml:${root}test/shipped/build-network.yml`;

/**
 * Runs Compose with the words of this line.
 * @returns what it prints. Rejects unless its exit code is 0.
 */
export const runCompose = (line: string) => output(...compose, ...line.split(' '));

/** Starts Compose with the words of this line. */
export function startCompose(line: string): ChildProgram {
  const [file = '', ...words] = [...compose, ...line.split(' ')];
  return new ChildProgram(file, words);
}

/** The running containers of the project; with `--all` also those that have ended. */
export async function containers(...which: string[]): Promise<string[]> {
  const label = `label=com.docker.compose.project=${project}`;
  return (await docker('ps', ...which, '--quiet', '--no-trunc', '--filter', label)).split('\n').filter(Boolean);
}

/** The running containers of a project, and the service of each. */
export async function containersOf(of: string): Promise<{ id: string; service: string }[]> {
  const format = '{{.ID}} {{.Label "com.docker.compose.service"}}';
  const lines = await docker(
    'ps',
    '--no-trunc',
    '--format',
    format,
    '--filter',
    `label=com.docker.compose.project=${of}`,
  );
  return lines
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [id = '', service = ''] = line.split(' ');
      return { id, service };
    });
}

const [, demo = ''] = readFileSync(`${root}docs/operating.md`, 'utf8').split('## A demo with Compose\n');
/** What follows `docker compose` in each line of the demo in docs/operating.md. */
export const written = [...(demo.split('\n## ')[0] ?? '').matchAll(/^docker compose (.*?) *(?:#.*)?$/gm)].map(
  ([, line = '']) => line,
);

function isPlugin(): boolean {
  try {
    execFileSync('docker', ['compose', 'version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
