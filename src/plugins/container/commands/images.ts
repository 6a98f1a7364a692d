import type { ImageInfo } from 'dockerode';
import { type Implementation, implement } from '../../../index.ts';
import { images } from '../contracts/images.ts';
import { askEngine } from '../engine/ask-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { formatBytes } from '../format-bytes.ts';
import { fittingRows } from './fitting-rows.ts';
import { textTable } from './text-table.ts';

const maxTags = 16;
const noName = '<none>:<none>';

export function imagesCommand(engine: Engine): Implementation {
  return implement(images, async ({ name }, job) => {
    const filter = name === undefined ? {} : { filters: { reference: [name] } };
    const found = await askEngine(engine, job.signal, (docker) =>
      docker.listImages({ ...filter, abortSignal: job.signal }),
    );
    found.sort((a, b) => b.Created - a.Created);
    const rows = found.map((image) => ({
      id: image.Id,
      tags: tagsOf(image).slice(0, maxTags),
      bytes: image.Size,
      created: new Date(image.Created * 1_000).toISOString(),
    }));
    const lines = rows.flatMap(({ tags, id, bytes, created }) =>
      (tags.length === 0 ? ['<none>'] : tags).map((tag) => [tag, shortId(id), formatBytes(bytes), minuteOf(created)]),
    );
    if (lines.length > 0) job.output('stdout', textTable(['IMAGE', 'ID', 'SIZE', 'CREATED'], lines));
    return { images: fittingRows(rows), count: rows.length, bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0) };
  });
}

const tagsOf = ({ RepoTags }: ImageInfo): string[] => (RepoTags ?? []).filter((tag) => tag !== noName);

/** The id as the Docker CLI shows it. */
export const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12);

export const minuteOf = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;
