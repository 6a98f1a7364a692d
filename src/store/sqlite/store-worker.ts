import { parentPort, workerData } from 'node:worker_threads';
import type { WireError } from '../../../schemas/index.ts';
import { createDatabase, openDatabase, type Sync } from './database.ts';
import { failureOf } from './failure.ts';
import { readOperations, writeOperations } from './operations.ts';
import { pack, unpack } from './values.ts';
import { StoreWriter } from './writing.ts';

/** Options of a thread. */
export interface WorkerOrders {
  readonly path: string;
  readonly use: 'read' | 'write';
  readonly sync: Sync;
  /** Whether it creates the store if it is missing. */
  readonly mayCreate: boolean;
  /** The epoch, if it replaces a thread that held the store. */
  readonly epoch: string | undefined;
}

/** `name` undefined: close everything and end. `id` 0: no answer is expected. */
export interface WorkerCall {
  readonly id: number;
  readonly name: string | undefined;
  readonly args: Uint8Array;
}

export type WorkerAnswer = { readonly id: number } & ({ readonly value: Uint8Array } | { readonly error: WireError });

type Operations = Readonly<Record<string, (...args: never[]) => unknown>>;
const orders = workerData as WorkerOrders;

/** If this fails, the next call tries again. */
function open(): Disposable & { readonly operations: Operations } {
  const { path, use, sync, mayCreate, epoch } = orders;
  if (mayCreate) createDatabase(path);
  const database = openDatabase(path, use, sync);
  if (use === 'read') {
    return { operations: readOperations(database), [Symbol.dispose]: () => database.close() };
  }
  const writer = new StoreWriter(database, path, sync);
  try {
    if (epoch !== undefined) writer.resume(epoch);
    return { operations: writeOperations(database, writer), [Symbol.dispose]: () => writer[Symbol.dispose]() };
  } catch (error) {
    writer[Symbol.dispose]();
    throw error;
  }
}

let opened: ReturnType<typeof open> | undefined;

function answer({ id, name, args }: WorkerCall): void {
  if (name === undefined) {
    opened?.[Symbol.dispose]();
    parentPort?.close();
    return;
  }
  try {
    opened ??= open();
    const operation = opened.operations[name] as (...args: unknown[]) => unknown;
    const value = exactBytes(operation(...(unpack(args) as unknown[])));
    if (id > 0) parentPort?.postMessage({ id, value } satisfies WorkerAnswer, [value.buffer]);
  } catch (error) {
    const { code, message } = failureOf(error, orders.path);
    if (id > 0) parentPort?.postMessage({ id, error: { code, message } } satisfies WorkerAnswer);
  }
}

/** A separate buffer, which can be transferred: msgpackr packs several values into one. */
const exactBytes = (value: unknown): Uint8Array<ArrayBuffer> => new Uint8Array(pack(value));

parentPort?.on('message', answer);
