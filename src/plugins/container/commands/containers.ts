import type { ContainerInfo } from 'dockerode';
import { type Implementation, implement } from '../../../index.ts';
import { containers } from '../contracts/containers.ts';
import { askEngine } from '../engine/ask-engine.ts';
import type { Engine } from '../engine/engine.ts';
import type { JobNotes } from '../notes/job-notes.ts';
import { labels } from '../notes/labels.ts';
import { fittingRows } from './fitting-rows.ts';
import { minuteOf } from './images.ts';
import { textTable } from './text-table.ts';

const maxPorts = 16;

export function containersCommand(engine: Engine, jobNotes: JobNotes): Implementation {
  return implement(containers, async ({ all = false }, job) => {
    const found = await askEngine(engine, job.signal, (docker) =>
      docker.listContainers({ all: true, abortSignal: job.signal }),
    );
    const installation = await jobNotes.installation();
    const isOwn = ({ Labels }: ContainerInfo) =>
      installation !== undefined &&
      Labels[labels.installation] === installation &&
      Labels[labels.client] === job.client;
    const isMeant = (one: ContainerInfo) => all || isOwn(one);
    const rows = found.filter(isMeant).map((one) => ({
      id: one.Id,
      name: (one.Names[0] ?? '').replace(/^\//, ''),
      image: one.Image,
      state: one.State,
      status: one.Status,
      created: new Date(one.Created * 1_000).toISOString(),
      job: one.Labels[labels.job] ?? null,
      client: one.Labels[labels.client] ?? null,
      ports: portsOf(one),
    }));
    const lines = rows.map(({ name, image, status, created, job: id, client }) => [
      name,
      image,
      status,
      minuteOf(created),
      id === null ? '-' : all && client !== null ? `${id}/${client}` : id,
    ]);
    if (lines.length > 0) job.output('stdout', textTable(['CONTAINER', 'IMAGE', 'STATUS', 'CREATED', 'JOB'], lines));
    return { containers: fittingRows(rows), count: rows.length };
  });
}

function portsOf({ Ports }: ContainerInfo): string[] {
  const published = Ports.filter(({ PublicPort }) => PublicPort !== undefined);
  return published.map((port) => `${port.IP}:${port.PublicPort}->${port.PrivatePort}/${port.Type}`).slice(0, maxPorts);
}
