/** For providers of servers that an operator runs himself, and may restore from the backup of another one. */
import { expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/words/secret.ts';
import type { Exchange } from '../support/scripted-upstream.ts';
import { type ProviderSpec, runStep, startBench } from './provider-suite.ts';

/** What one server is asked and answers. */
interface Calls {
  readonly look: readonly Exchange[];
  /** The second look, once it is on file what the first one found. Default: `look`. */
  readonly again?: readonly Exchange[];
  readonly revoke: readonly Exchange[];
  readonly gone: readonly Exchange[];
}

/**
 * That a token ends at both of two servers of which one is a copy of the other.
 * @param config of a server at each of the URLs
 */
export function itEndsAtCopies<Config>(
  { definition, token, kind }: ProviderSpec<Config>,
  config: (urls: readonly string[]) => Readonly<Record<string, unknown>>,
  { look, again = look, revoke, gone }: Calls,
): void {
  const here = [...look, ...again, ...revoke];
  const exchanges = [...here, ...here.map(atCopy), ...gone.map(atCopy), ...gone];

  it('ends at a server that was restored from a copy, too', async () => {
    const bench = await startBench(definition, (url) => config([url, `${url}/copy`]), exchanges);
    onTestFinished(() => bench.close());
    const end = await runStep(bench, new Secret(token), { kind });
    expect(end).toMatchObject({ result: { outcome: 'revoked' }, verified: true });
    bench.verify();
  });
}

function atCopy({ expect: call, answer }: Exchange): Exchange {
  return { expect: { ...call, path: `/copy${call.path}` }, answer };
}
