/** Why no connection came about, told by the codes of Node.js, OpenSSL and the operating system. */
export type ConnectionFault =
  /** The other side's certificate is not trusted, is for another name, or has ended. */
  | 'certificate'
  /** The other side does not speak TLS. */
  | 'no-tls'
  | 'unknown-host'
  | 'refused'
  | 'no-route'
  | 'timeout';

/** The first that fits. */
const FAULTS: readonly (readonly [codes: RegExp, fault: ConnectionFault])[] = [
  [/^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)$|^EPROTO$/, 'no-tls'],
  [/CERT|^UNABLE_TO_|^INVALID_CA$|^(PATH_LENGTH_EXCEEDED|INVALID_PURPOSE|HOSTNAME_MISMATCH)$/, 'certificate'],
  [/^(ENOTFOUND|EAI_AGAIN|EAI_NODATA|EAI_NONAME)$/, 'unknown-host'],
  [/^ECONNREFUSED$/, 'refused'],
  [/^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EHOSTDOWN|ENETDOWN)$/, 'no-route'],
  [/^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|UND_ERR_HEADERS_TIMEOUT)$/, 'timeout'],
];

/** Undefined for what is none of these, as a connection that broke off. */
export function connectionFault(code: string | undefined): ConnectionFault | undefined {
  return code === undefined ? undefined : FAULTS.find(([codes]) => codes.test(code))?.[1];
}

/** The code of the innermost error that has one: a proxy's errors wrap those of the connection. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const own = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return errorCode(error.cause) ?? own;
}

/** The status with which a proxy refused to open a tunnel, or wanted credentials; undefined where no proxy did. */
export function proxyRefusal(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const [, status] =
    /^Proxy response \((\d+)\)|^Proxy Authentication Required \((\d+)\)/
      .exec(error.message)
      ?.filter(Boolean) ?? [];
  return status === undefined ? proxyRefusal(error.cause) : Number(status);
}
