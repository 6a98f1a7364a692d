import { expect } from 'vitest';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { buildImage } from './support/images.ts';
import { newName } from './support/names.ts';
import { openContainerPair } from './support/pair.ts';
import { Witness } from './support/witness.ts';

engineTest('the metadata of an image changes neither the rights of its job nor what is removed after it', async () => {
  const mark = `signalbox-test=${newName()}`;
  await using image = await buildImage(engine, [
    'LABEL signalbox.leave=true signalbox.job=aaaaaaaa.1 signalbox.client=other signalbox.store=other',
    'VOLUME /var/run/docker.sock /data',
    'HEALTHCHECK --interval=1s CMD false',
    'STOPSIGNAL SIGUSR1',
    'USER 65534:65534',
    'ENV DOCKER_HOST=unix:///x LD_PRELOAD=/x.so',
    'CMD ["sh", "-c", "test $(id -u) = 65534 && ! test -S /var/run/docker.sock"]',
  ]);
  await using pair = await openContainerPair();
  await using witness = await Witness.start(engine, mark);
  const { outcome } = await pair.run({ image: image.name, network: 'none', label: [mark] });
  expect(outcome).toMatchObject({ outcome: 'completed', result: { exitCode: 0, left: false } });
  expect(await witness.remains()).toEqual({ containers: [], volumes: [], networks: [] });
  expect(witness.containers.size).toBe(1);
});
