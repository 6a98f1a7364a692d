import { tinyImage } from './tiny-image.ts';

export const none = { containers: [], volumes: [], networks: [] };
export const create = /^POST \/containers\/create/;
const untilTold = 'trap "exit 0" TERM; echo ready; while :; do sleep 0.1; done';

/** A container with a name that is also its label. */
export const wanted = (name: string, script = untilTold) => ({
  ...{ image: tinyImage, network: 'none', name, label: [`signalbox-test=${name}`] },
  argv: ['sh', '-c', script],
});
