import { parentPort, workerData } from 'node:worker_threads';
import type { WireError } from '../../../schemas/index.ts';
import { createDatabase, openDatabase, type Sync } from './database.ts';
import { failureOf } from './failure.ts';
import { readOperations, writeOperations } from './operations.ts';
import { pack, unpack } from './values.ts';
import { StoreWriter } from './writing.ts';

/** What a thread is started with. */
export interface WorkerOrders {
  readonly path: string;
  readonly use: 'read' | 'write';
  readonly sync: Sync;
  /** It makes the store if there is none. */
  readonly mayCreate: boolean;
  /** It replaces a thread that held the store for this epoch. */
  readonly epoch: string | undefined;
}

/** `name` undefined: close everything and end. `id` 0: nobody waits for an answer. */
export interface WorkerCall {
  readonly id: number;
  readonly name: string | undefined;
  readonly args: Uint8Array;
}

export type WorkerAnswer = { readonly id: number } & ({ readonly value: Uint8Array } | { readonly error: WireError });

type Operations = Readonly<Record<string, (...args: never[]) => unknown>>;
const orders = workerData as WorkerOrders;

/** What fails here is tried again by the next call. */
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

/** A buffer of its own, which can be handed over: msgpackr packs several values into one. */
const exactBytes = (value: unknown): Uint8Array<ArrayBuffer> => new Uint8Array(pack(value));

parentPort?.on('message', answer);
