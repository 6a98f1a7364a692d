import { docker, missing } from './docker.ts';

/** Builds the images before any test; where there is no engine it says so. */
export async function setup(): Promise<void> {
  if (missing !== undefined) {
    process.stdout.write(`SKIPPED: images and compose file are not tested here: ${missing}\n`);
    return;
  }
  for (const name of ['server', 'client']) {
    await docker('build', '--network', 'host', '--file', `Dockerfile.${name}`, '--tag', `signalbox-${name}`, '.');
  }
}
