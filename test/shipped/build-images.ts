import { readFileSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { compose } from './compose.ts';
import { docker, output, root } from './docker.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `missing`: why the images cannot be tested here. `failure`: why they do not build, which is their fault. */
    images: { built: boolean; missing?: string; failure?: string };
  }
}

const base = /^ARG NODE_IMAGE=(\S+)$/m.exec(readFileSync(`${root}Dockerfile.server`, 'utf8'))?.[1] ?? '';
const host = ['--network', 'host'];
const example = 'examples/presence';

/** In an order in which each finds the layers that it shares with earlier ones. */
const images: readonly { name: string; file: string; target?: string; context?: string }[] = [
  { name: 'signalbox-server', file: 'Dockerfile.server' },
  { name: 'signalbox-client', file: 'Dockerfile.client' },
  { name: 'signalbox-gateway', file: 'Dockerfile.presence', target: 'gateway' },
  { name: 'signalbox-status', file: 'Dockerfile.presence', target: 'status' },
  { name: 'signalbox-user', file: 'Dockerfile.presence', target: 'user' },
  { name: 'signalbox-presence-proxy', file: `${example}/Dockerfile`, target: 'proxy', context: example },
  { name: 'signalbox-presence-database', file: `${example}/Dockerfile`, target: 'database', context: example },
];

/**
 * Builds the images before any test. Builds that are impossible here are reported and skipped; a build that fails is a
 * test that fails.
 */
export async function setup({ provide }: TestProject): Promise<void> {
  const missing = await whatIsMissing();
  const failure = missing === undefined ? await buildFailure() : undefined;
  const cause = missing ?? (failure && (await networkFailure(failure)));
  if (cause !== undefined) {
    process.stdout.write(`\n*** SKIPPED: IMAGES AND COMPOSE FILE ARE NOT TESTED HERE: ${cause}\n\n`);
    provide('images', { built: false, missing: cause });
  } else {
    provide('images', failure === undefined ? { built: true } : { built: false, failure });
  }
}

async function whatIsMissing(): Promise<string | undefined> {
  for (const [command, what] of [
    [['docker', 'info'], 'there is no Docker engine'],
    [[...compose, 'version'], 'there is no Compose'],
    [['docker', 'run', '--rm', '--network', 'none', base, 'true'], `the engine runs no container of ${base}`],
  ] as const) {
    const failure = await failureOf(output(...command));
    if (failure !== undefined) return `${what}: ${failure.trim().split('\n').at(-1)}`;
  }
  return undefined;
}

async function buildFailure(): Promise<string | undefined> {
  for (const { name, file, target, context = '.' } of images) {
    const what = ['--file', file, ...(target === undefined ? [] : ['--target', target]), '--tag', name, context];
    const failure = await failureOf(docker('build', ...host, '--force-rm', ...what));
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/**
 * A build without network says nothing about the image. Only this counts as one: `npm ci` or `apt-get` has failed, with an error of
 * the network, and the base image without anything of ours does not reach the registry either.
 */
async function networkFailure(failure: string): Promise<string | undefined> {
  if (/^E: (Unable to (fetch|locate)|Failed to fetch|Package .* has no installation)/m.test(failure)) {
    const update = docker('run', '--rm', ...host, base, 'apt-get', '--error-on=any', 'update');
    return (await failureOf(update)) === undefined ? undefined : 'apt-get reaches no packages in a build';
  }
  const [code] =
    /(?<=npm error code )(EAI_AGAIN|ENOTFOUND|ECONN\w+|E\w*TIMEDOUT|E\w+UNREACH|\w+_CERT\w*)/.exec(failure) ?? [];
  if (code === undefined || !/sh -c npm ci .*(non-zero code|did not complete)/.test(failure)) return undefined;
  const reaches = docker('run', '--rm', ...host, base, 'npm', 'view', 'zod', 'version', '--fetch-retries=0');
  return (await failureOf(reaches)) === undefined ? undefined : `npm ci reaches no registry in a build: ${code}`;
}

async function failureOf(command: Promise<unknown>): Promise<string | undefined> {
  try {
    await command;
    return undefined;
  } catch (error) {
    // The output of a build about errors inside it.
    const { stdout = '', message } = error as Error & { stdout?: string };
    return `${stdout}${message}`;
  }
}
