import { fromJson, type JsonObject, type Message, toJson } from '@bufbuild/protobuf';
import { type Code, ConnectError, type Transport } from '@connectrpc/connect';
import { codeToString } from '@connectrpc/connect/protocol-connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { ErrorSchema } from '../../schemas/api/index.ts';
import { type Caller, isLast, methodOf, registry } from './callers.ts';

/** Calls over Connect, with messages in protobuf or JSON. */
export function connectCaller(socketPath: string, useBinaryFormat: boolean): Caller {
  const transport: Transport = createConnectTransport({
    ...{ baseUrl: 'http://localhost', httpVersion: '1.1', useBinaryFormat },
    // No connection is kept alive, so that a test ends with its calls.
    nodeOptions: { socketPath, agent: false },
  });
  return connectCallerOver(transport);
}

export function connectCallerOver(transport: Transport): Caller {
  return async (path, json, { until, onMessage, as, headers } = {}) => {
    const method = methodOf(path);
    const request = fromJson(method.input, json);
    const header = { ...headers, ...(as !== undefined && { 'signalbox-as': as }) };
    const messages: JsonObject[] = [];
    const add = (message: Message) => {
      messages.push(toJson(method.output, message, { registry }) as JsonObject);
      onMessage?.(messages.at(-1) ?? {});
    };
    const leave = new AbortController();
    try {
      if (method.methodKind === 'unary') {
        add((await transport.unary({ ...method, methodKind: 'unary' }, undefined, undefined, header, request)).message);
      } else {
        const input = (async function* () {
          yield request;
        })();
        const streaming = { ...method, methodKind: 'server_streaming' } as const;
        const answer = await transport.stream(streaming, leave.signal, undefined, header, input);
        for await (const message of answer.message) {
          add(message);
          if (isLast(messages, until)) return { messages, status: 'ok' };
        }
      }
      return { messages, status: 'ok' };
    } catch (error) {
      const status = ConnectError.from(error);
      const [detail] = status.findDetails(ErrorSchema);
      return {
        ...{ messages, status: codeToString(status.code), message: status.rawMessage },
        detail: detail && (toJson(ErrorSchema, detail) as JsonObject),
      };
    } finally {
      leave.abort();
    }
  };
}

/** The Connect name of a gRPC status number. */
export const statusName = (code: number): string => (code === 0 ? 'ok' : codeToString(code as Code));
