/** Certificates for servers in tests. */
import { execFileSync } from 'node:child_process';

export interface TestCertificate {
  /** PEM. */
  readonly key: string;
  /** PEM; self-signed, so clients trust this same certificate. */
  readonly cert: string;
}

/**
 * Made by the system's `openssl`, because Node.js cannot sign certificates; leaves no file behind.
 * @param subjectAltName as in `DNS:localhost,IP:127.0.0.1`
 */
export function createTestCertificate(subjectAltName: string): TestCertificate {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', '-'];
  const subject = ['-subj', '/CN=test', '-addext', `subjectAltName=${subjectAltName}`, '-days', '2'];
  const both = execFileSync('openssl', ['req', '-x509', ...key, ...subject], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const start = both.indexOf('-----BEGIN CERTIFICATE-----');
  return { key: both.slice(0, start), cert: both.slice(start) };
}
