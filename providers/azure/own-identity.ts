/**
 * Who Quash signs in as: an application, by a secret, a certificate or a token of its platform; or the managed identity of
 * its machine.
 *
 * Docs: https://learn.microsoft.com/en-us/azure/aks/workload-identity-overview,
 * https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token; checked
 * 2026-11-28.
 *
 * - Microsoft's own package for this weighs more than these calls, and has an HTTP client past proxy, limits and guard.
 * - The endpoints of App Service and Azure Arc are at addresses that the environment names, and are not asked.
 */
import { z } from 'zod';
import { Failure, type FailureCode } from '../../src/provider/failure.ts';
import type { IssuedToken } from '../../src/provider/kit/access-token.ts';
import { ConfigFault, type Tools } from '../../src/provider/provider.ts';
import { Secret } from '../../src/words/secret.ts';
import { signedBy } from './certificate.ts';
import type { AzureConfig, Cloud } from './config.ts';
import { asserted, type Proof, signIn, tokenPath } from './sign-in.ts';

export interface OwnIdentity {
  readonly tenantId: string;
  /** @throws {Failure} */
  issue(scope: string, signal: AbortSignal): Promise<IssuedToken>;
}

/** Entra says so of what we have just signed for the next five minutes, where our clock is off by more. */
const NOT_ITS_TIME = 700024;

const KINDS = ['clientSecret', 'certificate', 'workloadIdentity'] as const;
type Kind = (typeof KINDS)[number];

/** @returns undefined when none is configured. @throws {ConfigFault} when a part is missing, or it is not clear which one */
export function identityOf(config: AzureConfig, cloud: Cloud, tools: Tools): OwnIdentity | undefined {
  const kind = kindOf(config);
  if (kind === undefined) return undefined;
  const workload = kind === 'workloadIdentity' ? tools.workload : undefined;
  const tenantId = config.tenantId ?? workload?.variable('AZURE_TENANT_ID');
  const clientId = config.clientId ?? workload?.variable('AZURE_CLIENT_ID');
  const tokenFile = workload?.variable('AZURE_FEDERATED_TOKEN_FILE');
  if (tenantId === undefined) throw missing('tenantId', kind);
  if (kind === 'workloadIdentity' && tokenFile === undefined) return managed(tenantId, clientId, tools);
  if (clientId === undefined) throw missing('clientId', kind);
  const login = tools.upstream(cloud.login);
  const prove = proofOf(config, { clientId, audience: cloud.login + tokenPath(tenantId), tokenFile }, tools);
  return {
    tenantId,
    async issue(scope, signal) {
      const result = await signIn(
        login,
        tenantId,
        { client_id: clientId, scope, ...(await prove()) },
        signal,
      );
      if (result.ok) return result;
      const isLate = config.certificate && result.errors.includes(NOT_ITS_TIME);
      const code = isLate ? 'wrong-clock' : 'credential-refused';
      throw new Failure(code, { target: login.base, status: result.status });
    },
  };
}

function kindOf(config: AzureConfig): Kind | undefined {
  const [kind, other] = KINDS.filter((each) => config[each]);
  if (other) throw new ConfigFault([other], `given together with ${kind}; expected one of the two`);
  if (kind === undefined && (config.tenantId !== undefined || config.clientId !== undefined)) {
    throw new ConfigFault(['clientSecret'], 'expected, or a certificate, or workloadIdentity');
  }
  return kind;
}

function missing(key: string, kind: Kind): ConfigFault {
  return new ConfigFault([key], `expected, as ${kind} is of no use without it`);
}

interface Signing {
  readonly clientId: string;
  readonly audience: string;
  readonly tokenFile: string | undefined;
}

function proofOf(
  { clientSecret, certificate }: AzureConfig,
  signing: Signing,
  { workload, clock }: Tools,
): () => Promise<Proof> {
  if (clientSecret) return async () => ({ client_secret: clientSecret });
  if (certificate) {
    const sign = signedBy(certificate, signing, clock);
    return async () => asserted(await sign());
  }
  return async () => {
    // It is replaced from time to time.
    const token = await workload?.file(signing.tokenFile ?? '');
    if (!token) throw new Failure('misconfigured');
    return asserted(token);
  };
}

const METADATA = 'http://169.254.169.254';
/** A number in a text. */
const ISSUED = z.object({ access_token: z.string(), expires_in: z.coerce.number() });
const FAILURES: Readonly<Record<number, FailureCode>> = {
  // Azure says 400 where the machine has no such identity.
  400: 'misconfigured',
  401: 'credential-refused',
  403: 'credential-refused',
  404: 'misconfigured',
  // While the service is updated.
  410: 'unavailable',
};

/** @param clientId of one of several identities */
function managed(tenantId: string, clientId: string | undefined, { workload }: Tools): OwnIdentity {
  return {
    tenantId,
    async issue(scope, signal) {
      if (!workload) throw new Failure('misconfigured');
      const metadata = workload.metadata(METADATA);
      const resource = scope.replace(/\/\.default$/, '');
      const answer = await metadata.request({
        method: 'GET',
        path: '/metadata/identity/oauth2/token',
        query: { 'api-version': '2018-02-01', resource, ...(clientId && { client_id: clientId }) },
        headers: { metadata: 'true' },
        statuses: [200, ...Object.keys(FAILURES).map(Number)],
        signal,
      });
      const { status } = answer;
      const code = FAILURES[status];
      if (code) throw new Failure(code, { target: metadata.base, status });
      const { access_token, expires_in } = answer.json(ISSUED);
      return { token: new Secret(access_token), expiresInSeconds: expires_in };
    },
  };
}
