import { type ConnectionFault, connectionFault, errorCode, proxyRefusal } from './connection-fault.ts';

export interface ReachFault {
  /** Without a full stop; holds the address, the code and what to change, and nothing of the error's own text. */
  readonly sentence: string;
  /** Waiting does not cure it. */
  readonly isLasting: boolean;
}

const WHY: Readonly<Record<ConnectionFault, string>> = {
  certificate:
    'its certificate is not trusted or has ended; name its authority in NODE_EXTRA_CA_CERTS, or have it renewed',
  'no-tls': 'it does not speak TLS there; correct the port, or write http for https',
  'unknown-host': 'the name is not known; correct it, or name a proxy in HTTPS_PROXY or HTTP_PROXY',
  refused: 'nothing listens there; start it, or correct the port',
  'no-route': 'no route leads there; open the network, or name a proxy in HTTPS_PROXY or HTTP_PROXY',
  timeout:
    'it does not answer in time; a firewall may drop the call, or need a proxy in HTTPS_PROXY or HTTP_PROXY',
};
const OTHER_NAME = 'its certificate is for another name; give the address with the name that it has';
const PROXY_AWAY =
  'the proxy in HTTPS_PROXY or HTTP_PROXY cannot be reached; correct it, or list the host in NO_PROXY';
/** Also what a restart looks like. */
const CLOSED = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/;
const CLOSED_ON_HTTP = 'it closed the connection; where it speaks TLS, write https for http';
const LASTING: ReadonlySet<ConnectionFault | undefined> = new Set(['certificate', 'no-tls']);
const PROXYS_OWN: ReadonlySet<ConnectionFault | undefined> = new Set(['unknown-host', 'refused', 'no-route']);

/** Why a Quash could not be called at the address that an operator gave. */
export function reachFault(url: string, error: unknown, { isProxied }: { isProxied: boolean }): ReachFault {
  const code = errorCode(error) ?? (error instanceof Error ? error.name : 'unknown failure');
  const fault = code === 'TimeoutError' ? 'timeout' : connectionFault(code);
  const isClosedOnHttp = CLOSED.test(code) && url.startsWith('http:');
  const why = reason(error, code, fault, isProxied) ?? (isClosedOnHttp ? CLOSED_ON_HTTP : undefined);
  return {
    sentence: `Quash cannot be reached at ${url} (${code})${why === undefined ? '' : `: ${why}`}`,
    isLasting: LASTING.has(fault),
  };
}

function reason(
  error: unknown,
  code: string,
  fault: ConnectionFault | undefined,
  isProxied: boolean,
): string | undefined {
  const refusal = isProxied ? proxyRefusal(error) : undefined;
  if (refusal !== undefined)
    return `the proxy answered ${refusal}; have it allow the host, or list the host in NO_PROXY`;
  if (isProxied && PROXYS_OWN.has(fault)) return PROXY_AWAY;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return OTHER_NAME;
  return fault && WHY[fault];
}
