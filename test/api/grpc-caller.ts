import { fromBinary, fromJson, type JsonObject, type Message, toBinary, toJson } from '@bufbuild/protobuf';
import { findTrailerError } from '@connectrpc/connect/protocol-grpc';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { ErrorSchema } from '../../schemas/api/index.ts';
import { type Called, type Caller, isLast, methodOf, pathOf, registry } from './callers.ts';
import { statusName } from './connect-caller.ts';

/** Calls with @grpc/grpc-js, until `ends` is disposed. */
export function grpcCaller(socketPath: string, ends: AsyncDisposableStack): Caller {
  const client = new Client(`unix:${socketPath}`, credentials.createInsecure());
  ends.defer(() => client.close());
  return grpcCallerOver(client);
}

export function grpcCallerOver(client: Client): Caller {
  return (path, json, { until, onMessage, as, headers = {} } = {}) => {
    const method = methodOf(path);
    const messages: JsonObject[] = [];
    const add = (message: Message) => {
      messages.push(toJson(method.output, message, { registry }) as JsonObject);
      onMessage?.(messages.at(-1) ?? {});
    };
    const serialize = (message: Message) => Buffer.from(toBinary(method.input, message));
    const deserialize = (bytes: Buffer) => fromBinary(method.output, bytes);
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    if (as !== undefined) metadata.set('signalbox-as', as);
    const request = fromJson(method.input, json);
    const name = `/${pathOf(path)}`;
    return new Promise<Called>((resolve) => {
      const failed = (error: ServiceError) =>
        resolve({ messages, ...statusOf(error.code, error.details, error.metadata.get('grpc-status-details-bin')) });
      if (method.methodKind === 'unary') {
        client.makeUnaryRequest(name, serialize, deserialize, request, metadata, (error, answer) => {
          if (error) return failed(error);
          if (answer) add(answer);
          resolve({ messages, status: 'ok' });
        });
        return;
      }
      const stream = client.makeServerStreamRequest(name, serialize, deserialize, request, metadata);
      stream.on('data', (message: Message) => {
        add(message);
        if (!isLast(messages, until)) return;
        resolve({ messages, status: 'ok' });
        stream.cancel();
      });
      stream.on('error', failed);
      stream.on('end', () => resolve({ messages, status: 'ok' }));
    });
  };
}

/** A gRPC status. Details are in the value of `grpc-status-details-bin`, if present. */
export function statusOf(code: number, message: string, details: readonly unknown[]): Omit<Called, 'messages'> {
  const [value] = details;
  const header = new Headers({ 'grpc-status': String(code) });
  if (Buffer.isBuffer(value)) header.set('grpc-status-details-bin', value.toString('base64'));
  const [detail] = findTrailerError(header)?.findDetails(ErrorSchema) ?? [];
  return { status: statusName(code), message, detail: detail && (toJson(ErrorSchema, detail) as JsonObject) };
}
