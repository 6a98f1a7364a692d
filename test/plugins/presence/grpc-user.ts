import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  Client,
  type ClientDuplexStream,
  status as codes,
  credentials,
  Metadata,
  type StatusObject,
} from '@grpc/grpc-js';
import {
  FetchOnlineUsersInLast3MinsRequestSchema,
  FetchOnlineUsersInLast3MinsResponseSchema,
  type Ping,
  PingSchema,
  type Pong,
  PongSchema,
  Status,
} from '../../../schemas/api/tenten/interview/service_pb.js';

/** A stream of a user, by @grpc/grpc-js. */
export class GrpcUser implements AsyncDisposable {
  readonly stream: ClientDuplexStream<Pong, Ping>;
  /** The status with which it ended, by its name. */
  readonly ended: Promise<{ readonly code: string; readonly details: string }>;
  pings = 0;
  private readonly client: Client;

  /** @param answers the status to answer a ping with; undefined: none. */
  constructor(
    address: string,
    metadata: Readonly<Record<string, string>>,
    answers: (user: GrpcUser) => Status | undefined = () => Status.EVEN,
  ) {
    this.client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
    this.stream = this.client.makeBidiStreamRequest<Pong, Ping>(
      '/tenten.interview.Gateway/Connect',
      (pong) => Buffer.from(toBinary(PongSchema, pong)),
      (bytes) => fromBinary(PingSchema, bytes),
      metadataOf(metadata),
    );
    this.stream.on('data', () => {
      this.pings += 1;
      const answer = answers(this);
      if (answer !== undefined) this.pong(answer);
    });
    // The status also contains it.
    this.stream.on('error', () => {});
    this.ended = new Promise((resolve) =>
      this.stream.once('status', ({ code, details }: StatusObject) => resolve({ code: codes[code] ?? '', details })),
    );
  }

  pong(status: Status): void {
    this.stream.write(pongOf({ status }));
  }

  /** Says that it leaves, and waits for the status. */
  async leave(): Promise<string> {
    this.stream.end();
    return (await this.ended).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stream.cancel();
    await this.ended;
    this.client.close();
  }
}

function metadataOf(given: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(given)) metadata.set(key, value);
  return metadata;
}

const pongOf = (init: MessageInitShape<typeof PongSchema>): Pong => create(PongSchema, init);

/**
 * Asks for the number of online users.
 * @throws ServiceError of grpc-js
 */
export async function fetchOnlineUsers(
  address: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<number> {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  try {
    return await new Promise((resolve, reject) =>
      client.makeUnaryRequest(
        '/tenten.interview.StatusReader/FetchOnlineUsersInLast3Mins',
        (request) => Buffer.from(toBinary(FetchOnlineUsersInLast3MinsRequestSchema, request)),
        (bytes) => fromBinary(FetchOnlineUsersInLast3MinsResponseSchema, bytes),
        create(FetchOnlineUsersInLast3MinsRequestSchema),
        metadataOf(metadata),
        (error, answer) => (answer ? resolve(Number(answer.onlineUsers)) : reject(error)),
      ),
    );
  } finally {
    client.close();
  }
}
