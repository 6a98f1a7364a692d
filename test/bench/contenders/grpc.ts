import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import type { Commander, Fleet, Place } from './commander.ts';
import { payload } from './payload.ts';

// One stream of bytes each way, without TLS and without a codec: protobuf would cost extra.

const asIs = (bytes: Buffer): Buffer => bytes;
const path = '/signalbox.bench.Commands/Join';
const service: ServiceDefinition = {
  join: {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
};

export async function joinGrpc({ port, count }: Fleet): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const stream = client.makeBidiStreamRequest(path, asIs, asIs);
    stream.on('data', (bytes: Buffer) => stream.write(bytes));
    // Headers alone do not reach the server's handler before the first message.
    stream.write(Buffer.alloc(0));
  }
}

export class GrpcCommander implements Commander {
  private readonly streams: ServerDuplexStream<Buffer, Buffer>[] = [];
  private readonly waiting: (() => void)[] = [];
  private changed = Promise.withResolvers<void>();

  static async open({ port }: Place): Promise<GrpcCommander> {
    const commander = new GrpcCommander();
    const server = new Server();
    server.addService(service, { join: (stream: ServerDuplexStream<Buffer, Buffer>) => commander.joins(stream) });
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
    await promise;
    return commander;
  }

  async joined(count: number): Promise<void> {
    while (this.streams.length < count) await this.changed.promise;
  }

  ask(done: () => void): void {
    this.waiting.push(done);
    this.streams[0]?.write(payload);
  }

  gather(): Promise<void> {
    throw new Error('gRPC is not measured at many clients');
  }

  beat(): void {}

  private joins(stream: ServerDuplexStream<Buffer, Buffer>): void {
    stream.on('data', (bytes: Buffer) => {
      if (bytes.length > 0) this.waiting.shift()?.();
    });
    this.streams.push(stream);
    this.changed.resolve();
    this.changed = Promise.withResolvers();
  }
}
