import type { JobView } from '../../plugin/job-service.ts';
import type { Shell } from '../shell.ts';
import { hintFor } from './hint.ts';
import type { LineEditor } from './line-editor.ts';
import type { LineQueue } from './line-queue.ts';
import { liveRows } from './live-rows.ts';
import type { Size } from './scrolled-rows.ts';
import type { Style } from './style.ts';
import type { Frame } from './terminal.ts';
import { viewOf } from './view.ts';
import type { Watch } from './watch.ts';

/** The frame of the prompt as things stand: the line, what is waited for, clients and jobs. */
export function promptFrame(
  { editor, lines, shell, watch }: { editor: LineEditor; lines: LineQueue; shell: Shell; watch: Watch },
  { size, style, insecure }: { size: Size; style: Style; insecure: boolean },
): Frame {
  const { line, cursor, ghost, menu, search } = editor;
  const { server, targets } = shell;
  const running = server.running();
  const state = {
    line,
    cursor,
    ghost,
    menu,
    search,
    hint: menu || search ? {} : hintFor(line.slice(0, cursor), shell),
    target: targets.join(',') === 'all' ? '' : targets.join(','),
    status: { ...watch.counts, running: running.length, insecure },
    isWaiting: lines.isRunning,
    waitsFor: lines.waitsFor,
  };
  const { bootId } = server;
  const lastLine = (job: JobView) => watch.lastLine(job);
  const live = (rows: number) => liveRows(running, { bootId, lastLine, columns: size.columns, rows, style });
  return viewOf(state, live, size, style);
}
