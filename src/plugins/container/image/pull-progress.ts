import { formatBytes } from '../format-bytes.ts';

/** One line of the engine's report of a pull. */
export interface PullLine {
  readonly id?: string | undefined;
  readonly status?: string | undefined;
  readonly progressDetail?: { readonly current?: number | undefined; readonly total?: number | undefined } | undefined;
  readonly error?: string | undefined;
}

interface Layer {
  downloaded: number;
  total: number;
  extracted: number;
  isDone: boolean;
}

/** Share of the download in the time of a layer. */
const downloadShare = 0.7;

/** Tracks the progress of a pull from the engine's reports about layers. */
export class PullProgress {
  /** Digest of the manifest, once the engine has reported it. */
  digest: string | undefined;
  /** Whether the engine already had the current image. */
  isUpToDate = false;
  private readonly layers = new Map<string, Layer>();

  take({ id, status = '', progressDetail: { current = 0, total = 0 } = {} }: PullLine): void {
    if (id === undefined) {
      this.digest = /^Digest: (\S+)$/.exec(status)?.[1] ?? this.digest;
      if (status.startsWith('Status: Image is up to date')) this.isUpToDate = true;
      return;
    }
    if (status.startsWith('Pulling from')) return;
    const layer = this.layers.get(id) ?? { downloaded: 0, total: 0, extracted: 0, isDone: false };
    this.layers.set(id, layer);
    layer.total = Math.max(layer.total, total);
    if (status === 'Downloading') layer.downloaded = current;
    if (status === 'Download complete') layer.downloaded = layer.total;
    if (status === 'Extracting') layer.extracted = current;
    if (status === 'Pull complete' || status === 'Already exists') {
      layer.downloaded = layer.total;
      layer.isDone = true;
    }
  }

  /** Progress from 0 to 1. All layers have the same weight, because sizes are unknown until a download has begun. */
  get fraction(): number {
    let done = 0;
    for (const { isDone, downloaded, extracted, total } of this.layers.values()) {
      const parts = total > 0 ? downloadShare * (downloaded / total) + (1 - downloadShare) * (extracted / total) : 0;
      done += isDone ? 1 : Math.min(1, parts);
    }
    return this.layers.size === 0 ? 0 : done / this.layers.size;
  }

  /** `2 of 5 layers, 12.3 MB of 40.1 MB` */
  get text(): string {
    const layers = [...this.layers.values()];
    if (layers.length === 0) return 'asks the registry';
    const done = layers.filter(({ isDone }) => isDone).length;
    const total = sum(layers.map((layer) => layer.total));
    const bytes = `${formatBytes(sum(layers.map(({ downloaded }) => downloaded)))} of ${formatBytes(total)}`;
    return `${done} of ${layers.length} layers${total === 0 ? '' : `, ${bytes}`}`;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
