import { setTimeout as passing } from 'node:timers/promises';
import type { PresenceProcess } from './presence-process.ts';
import type { PresenceScene } from './presence-scene.ts';

type Fault = (scene: PresenceScene) => Promise<void>;
type Faults = Readonly<Record<string, Fault>>;

export async function killed(one: PresenceProcess, ms: number): Promise<void> {
  await one.kill();
  await passing(ms);
  await one.up();
}

function oneOf({ random }: PresenceScene, processes: readonly PresenceProcess[]): PresenceProcess {
  const [one, ...rest] = processes;
  if (!one) throw new Error('no processes');
  return random.pick([one, ...rest]);
}

const ofGateways: Faults = {
  'a gateway is killed': (scene) => killed(oneOf(scene, scene.gateways), scene.random.int(0, 3_000)),
  'both gateways are killed': async ({ gateways }) => {
    await Promise.all(gateways.map((one) => killed(one, 0)));
  },
  async 'a gateway is frozen'(scene) {
    const { model, random } = scene;
    const gateway = oneOf(scene, scene.gateways);
    const ms = random.int(500, 6_000);
    gateway.freeze();
    await passing(ms);
    model.longestFreezeMs = Math.max(model.longestFreezeMs, performance.now() - gateway.frozenAtMs);
    gateway.thaw();
  },
};

const ofStatuses: Faults = {
  'a status service is killed': (scene) => killed(oneOf(scene, scene.statuses), scene.random.int(0, 1_000)),
  'both status services are killed': async ({ statuses }) => {
    await Promise.all(statuses.map((one) => killed(one, 0)));
  },
};

const down =
  (signal: 'SIGKILL' | 'SIGQUIT' | 'SIGINT', mostMs: number): Fault =>
  (scene) =>
    scene.outage(async () => {
      await scene.cluster.down(signal);
      await passing(scene.random.int(0, mostMs));
      await scene.cluster.up();
    });

const ofDatabase: Faults = {
  'PostgreSQL is killed': down('SIGKILL', 1_000),
  'PostgreSQL is stopped at once': down('SIGQUIT', 1_000),
  'PostgreSQL is stopped in order': down('SIGINT', 1_000),
  'a session of PostgreSQL is killed': (scene) => scene.outage(async () => scene.cluster.killSession()),
  'PostgreSQL is frozen': (scene) =>
    scene.outage(async () => {
      scene.cluster.freeze();
      await passing(scene.random.int(0, 4_000));
      scene.cluster.thaw();
    }),
};

/** PostgreSQL is down for longer than its clients wait: sightings that are held back must keep their age. */
export const longOutage: Fault = (scene) =>
  scene.outage(async () => {
    await scene.cluster.down('SIGQUIT');
    await passing(20_000);
    await scene.cluster.up();
  });

/**
 * Up to three of them at a time, of different parts.
 * @returns the faults that were made.
 */
export async function breakSome(scene: PresenceScene): Promise<string> {
  const { random } = scene;
  const kinds = [ofGateways, ofStatuses, ofDatabase].filter(() => random.int(0, 2) > 0);
  const chosen = (kinds.length > 0 ? kinds : [ofGateways]).map((faults) => {
    const names = Object.keys(faults);
    return [names[random.int(0, names.length - 1)] ?? '', faults] as const;
  });
  await Promise.all(
    chosen.map(async ([name, faults]) => {
      await passing(random.int(0, 500));
      await faults[name]?.(scene);
    }),
  );
  return chosen.map(([name]) => name).join(', ');
}
