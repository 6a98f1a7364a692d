import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as passing } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { limits } from '../../schemas/index.ts';
import { cpuSeconds } from '../support/process-stat.ts';
import { quantile } from './quantile.ts';
import { Scene } from './scene.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const linesPerSecond = 1_000;
const esc = String.fromCharCode(27);

/** `signalbox server` at its prompt, on its own terminal: keys go in unchanged, the bytes of the screen come out. */
class TerminalProgram implements AsyncDisposable {
  private readonly child: ChildProcess;
  private shown = '';
  private look = (): void => {};

  constructor(args: readonly string[]) {
    // Of util-linux. The terminal's only process is the program.
    const line = `exec ${[process.execPath, 'src/main.ts', 'server', ...args].join(' ')}`;
    const env = { ...process.env, NO_COLOR: '1', XDG_STATE_HOME: '/nonexistent' };
    this.child = spawn('script', ['--quiet', '--command', line, '/dev/null'], { cwd: root, env, stdio: 'pipe' });
    this.child.stdout?.on('data', (chunk) => {
      this.shown = (this.shown + chunk).slice(-65_536);
      this.look();
    });
  }

  /** The server's own process: the child of `script`. */
  get pid(): number {
    const { pid } = this.child;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
  }

  press(keys: string): void {
    this.child.stdin?.write(keys);
  }

  /** Waits until the bytes of the screen, from now on, contain this. */
  async until(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.look = () => {
      if (this.shown.replaceAll(`${esc}[?25h`, '').includes(text)) resolve();
    };
    this.look();
    await promise;
    this.look = () => {};
  }

  forget(): void {
    this.shown = '';
  }

  /** Stops reading the terminal, or resumes. */
  read(isRead: boolean): void {
    if (isRead) this.child.stdout?.resume();
    else this.child.stdout?.pause();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'close');
  }
}

/**
 * Types a line key by key.
 * @returns the delay until each key was seen, in ms.
 */
async function typeSlowly(terminal: TerminalProgram, text: string): Promise<number[]> {
  const latenciesMs: number[] = [];
  for (let length = 1; length <= text.length; length += 1) {
    terminal.forget();
    const beganMs = performance.now();
    terminal.press(text[length - 1] ?? '');
    await terminal.until(`> ${text.slice(0, length)}`);
    latenciesMs.push(performance.now() - beganMs);
    await passing(15);
  }
  terminal.press('\u0015');
  await passing(50);
  return latenciesMs;
}

const letters = (count: number) => Array.from({ length: count }, (_, index) => 'abcdefghij'[index % 10]).join('');

test('under 1,000 lines of output a second no key is lost, echoes are fast, and heartbeats are on time', async () => {
  await using scene = await Scene.open();
  const terminal = new TerminalProgram(['--bind', `tcp://127.0.0.1:${scene.port}`]);
  onTestFinished(() => terminal[Symbol.asyncDispose]());
  await terminal.until('no clients');
  scene.startClients('w1');
  const watch = scene.startRawClients('raw', 20);
  await terminal.until('21/21 ready');
  // The first heartbeat comes at once, the next in its slot of the ring.
  await passing(2_500);

  /** The resources that the server used, and its heartbeats, while `work` ran. */
  const during = async <Result>(work: () => Promise<Result>) => {
    const [from, cpu, beganMs] = [watch.log.lines.length, cpuSeconds(terminal.pid), performance.now()];
    const result = await work();
    const seconds = (performance.now() - beganMs) / 1_000;
    await passing(600);
    const intervalsMs = watch.log.lines.slice(from).flatMap((line) => line.intervalsMs ?? []);
    return { result, cpuShare: (cpuSeconds(terminal.pid) - cpu) / seconds, intervalsMs };
  };
  const say = (what: string, { cpuShare, intervalsMs }: { cpuShare: number; intervalsMs: number[] }, more = '') => {
    const [low, high] = [quantile(intervalsMs, 0.01), quantile(intervalsMs, 0.99)];
    process.stderr.write(
      `${what}: server ${(cpuShare * 100).toFixed(0)} % of a core, heartbeats ${low} to ${high} ms apart (p1, p99)${more}\n`,
    );
  };
  const echoes = (latenciesMs: number[]) =>
    `, echo p50 ${quantile(latenciesMs, 0.5).toFixed(1)} ms, p99 ${quantile(latenciesMs, 0.99).toFixed(1)} ms`;

  const text = letters(60);
  const before = await during(async () => [
    ...(await typeSlowly(terminal, text)),
    ...(await typeSlowly(terminal, text)),
  ]);
  say('idle', before, echoes(before.result));

  const seconds = 30;
  terminal.press(`@w1 calculate ${seconds} "chatter ${seconds * linesPerSecond}"\r`);
  await terminal.until('1 job');
  await passing(500);
  const flooded = await during(async () => [
    ...(await typeSlowly(terminal, text)),
    ...(await typeSlowly(terminal, text)),
  ]);
  say(`${linesPerSecond} lines a second`, flooded, echoes(flooded.result));
  // Every key was seen in its place, or `until` had not returned. Load of the machine affects an idle prompt in the
  // same way.
  const worst = Math.max(20, 5 * quantile(before.result, 0.99));
  expect(quantile(flooded.result, 0.99)).toBeLessThan(worst);

  const unread = await during(async () => {
    terminal.read(false);
    await passing(5_000);
    terminal.read(true);
  });
  say('unread for 5 s', unread);
  const onTime = ({ intervalsMs }: { intervalsMs: number[] }) =>
    intervalsMs.filter((ms) => Math.abs(ms - limits.heartbeatMs) <= 100).length / intervalsMs.length;
  for (const span of [flooded, unread]) {
    expect(span.intervalsMs.length).toBeGreaterThan(20);
    expect(onTime(span)).toBeGreaterThan(0.9 * onTime(before));
  }
  await terminal.until('1 calculate  completed');
});
