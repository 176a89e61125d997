import type { Ledger } from '../ledger/ledger.ts';
import type { Observe } from '../observe/events.ts';
import type { UpstreamFactory } from '../upstream/client.ts';
import type { Secret } from '../words/secret.ts';

interface WriteBackInstance {
  readonly url: string;
  readonly writeBackToken?: Secret | undefined;
}

export interface WriteBackOptions {
  readonly mode: 'off' | 'comment' | 'resolve' | 'issue';
  readonly instances: readonly WriteBackInstance[];
  readonly ledger: Pick<Ledger, 'get' | 'list' | 'mark' | 'setMark'>;
  readonly upstream: Pick<UpstreamFactory, 'for'>;
  readonly observe: Observe;
  readonly publicUrl?: string | undefined;
}
