import { Counter, Registry } from 'prom-client';
import type { DoorNews } from '../../api/https/news.ts';
import type { Source } from './endpoint.ts';

/** Counts connections and sign-ins over the network. Neither names nor addresses are labels, and the reasons are closed lists. */
export class DoorMetrics implements Source {
  private readonly registry = new Registry();
  readonly contentType = this.registry.contentType;
  private readonly signedIn = this.counter('connections_total', 'Connections on which an operator has signed in.');
  private readonly failed = this.counter(
    'sign_ins_failed_total',
    'Failed sign-ins: requests without credentials, with an invalid token or certificate, or with credentials of two operators.',
    'fault',
  );
  private readonly handshakes = this.counter('handshakes_failed_total', 'Failed TLS handshakes.');
  private readonly refused = this.counter(
    'connections_refused_total',
    'Connections closed at once because of a limit.',
    'reason',
  );

  tell(news: DoorNews): void {
    if (news.type === 'signed in') this.signedIn.inc();
    else if (news.type === 'sign-in failed') this.failed.inc({ fault: news.fault });
    else if (news.type === 'handshake failed') this.handshakes.inc();
    else this.refused.inc({ reason: news.reason });
  }

  read(): Promise<string> {
    return this.registry.metrics();
  }

  private counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name: `signalbox_api_${name}`, help, labelNames, registers: [this.registry] });
  }
}
