import type { JobView } from '../../plugin/job-service.ts';
import type { Shell } from '../shell.ts';
import type { Frame } from './frame.ts';
import { type HintContext, hintFor } from './hint.ts';
import type { LineEditor } from './line-editor.ts';
import type { LineQueue } from './line-queue.ts';
import { liveRows } from './live-rows.ts';
import type { Mirror } from './mirror.ts';
import type { Size } from './scrolled-rows.ts';
import type { Style } from './style.ts';
import { viewOf } from './view.ts';

/** The current frame of the prompt: the line, the command it waits for, clients and jobs. */
export function promptFrame(
  { editor, lines, shell, mirror }: { editor: LineEditor; lines: LineQueue; shell: Shell; mirror: Mirror },
  { size, style, insecure }: { size: Size; style: Style; insecure: boolean },
): Frame {
  const { line, cursor, ghost, menu, search } = editor;
  const { targets } = shell;
  const { running } = mirror;
  const state = {
    line,
    cursor,
    ghost,
    menu,
    search,
    hint: menu || search ? {} : hintFor(line.slice(0, cursor), knownTo(shell, mirror)),
    target: targets.join(',') === 'all' ? '' : targets.join(','),
    status: { ...mirror.counts, running: running.length, insecure },
    isWaiting: lines.isRunning,
    waitsFor: lines.waitsFor,
  };
  const lastLine = (job: JobView) => mirror.lastLine(job);
  const live = (rows: number) => liveRows(running, { lastLine, columns: size.columns, rows, style });
  return viewOf(state, live, size, style);
}

/** The data for completion and hints. */
export function knownTo({ service, builtins, jobNames }: Shell, mirror: Mirror): HintContext {
  const { commands, groups } = service;
  return {
    ...{ commands, groups, builtins, jobNames },
    clients: () => mirror.clients(),
    jobs: () => mirror.jobs(),
    flows: () => mirror.flows(),
    targetProblem: (targets) => mirror.targetProblem(targets),
  };
}
