import type { OutputPiece, OutputSource, Stream } from '../../../index.ts';
import { type KeptPieces, piecesFrom } from './output-tail.ts';

type OutputOptions = Parameters<OutputSource['output']>[0];

/** The kept output of a container that has been removed. */
export class KeptOutput implements OutputSource {
  private readonly kept: KeptPieces;

  constructor(kept: KeptPieces) {
    this.kept = kept;
  }

  async *output({ from, maxBytes, signal }: OutputOptions): AsyncGenerator<OutputPiece> {
    for (const piece of piecesFrom(this.kept, from, maxBytes)) {
      if (signal.aborted) return;
      yield piece;
    }
  }

  end(stream: Stream): number {
    return this.kept.ends[stream];
  }

  dispose(): void {}
}
