import { engine } from '../../engine/support/engine.ts';
import { makeTinyImage, tinyImage } from '../../engine/support/tiny-image.ts';
import { childSeconds } from '../../support/process-stat.ts';
import { dockerRun, dockerVersion } from '../contenders/docker.ts';
import type { Plan } from '../plan.ts';
import { ContainerPair } from '../programs/container-pair.ts';
import { Samples } from '../report/rows.ts';

const atATime = 8;
/** The system counts processor time in ticks of 10 ms. */
const tickMs = 10;
const network = ['--network', 'none'];

/**
 * Containers of `true`, some at a time, compared with as many `docker run --rm`. Processor time is that of the programs
 * that call the engine: the server and its client, or each CLI. The engine's work is the same for both, and is in the
 * wall time. Then the lag of a client with many running containers that print a line per second, compared with the same
 * client without. Without an engine it is not measured.
 */
export async function measureContainers(plan: Plan, samples: Samples): Promise<void> {
  if (dockerVersion() === undefined) {
    process.stderr.write('containers are not measured: there is no Docker engine, or no image for them\n');
    return;
  }
  await makeTinyImage(engine);
  await using pair = await ContainerPair.open();
  const { containers: count, runningContainers } = plan;
  const works = {
    docker: {
      cpuMs: () => childSeconds(process.pid) * 1_000,
      run: () => dockerRuns(count),
    },
    signalbox: {
      cpuMs: () => pair.cpuMs,
      run: () => pair.run(['container', ...network, tinyImage, 'true'].join(' '), { count, atATime }),
    },
  };
  for (let round = -1; round < plan.containerRounds; round += 1) {
    // The second contender finds the engine as the first has left it.
    const whos = ['docker', 'signalbox'] as const;
    for (const who of round % 2 === 0 ? whos : whos.toReversed()) {
      const { cpuMs, run } = works[who];
      const [beforeMs, beganMs] = [cpuMs(), performance.now()];
      await run();
      const wallMs = (performance.now() - beganMs) / count;
      const usedMs = Math.max(tickMs, cpuMs() - beforeMs) / count;
      (round < 0 ? new Samples() : samples).addAll({ container: wallMs, containerCpu: usedMs }, atATime, who);
    }
  }
  const addLag = async (who: 'empty' | 'signalbox') => {
    const { p99Ms, maxMs } = await pair.lag(plan.lagMs);
    samples.addAll({ containerLag: p99Ms, containerLagMax: maxMs }, runningContainers, who);
  };
  await addLag('empty');
  const script = '"while echo tick; do sleep 1; done"';
  await pair.start(['container', ...network, tinyImage, 'sh -c', script].join(' '), runningContainers);
  await addLag('signalbox');
  await pair.cancel(runningContainers);
}

async function dockerRuns(count: number): Promise<void> {
  let left = count;
  const work = async () => {
    for (; left > 0; ) {
      left -= 1;
      await dockerRun(...network, tinyImage, 'true');
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
}
