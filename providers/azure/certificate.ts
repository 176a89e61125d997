/**
 * The token by which an application proves that it has the key of its certificate.
 *
 * Docs: https://learn.microsoft.com/en-us/entra/identity-platform/certificate-credentials; checked 2026-11-28.
 */
import { createHash, createPrivateKey, type KeyObject, randomUUID, X509Certificate } from 'node:crypto';
import { SignJWT } from 'jose/jwt/sign';
import { ConfigFault } from '../../src/provider/provider.ts';
import type { Clock } from '../../src/words/clock.ts';
import { Secret } from '../../src/words/secret.ts';

/** @param pem a certificate and its RSA key. @throws {ConfigFault} when it holds none */
export function signedBy(
  pem: Secret,
  { clientId, audience }: { readonly clientId: string; readonly audience: string },
  clock: Clock,
): () => Promise<Secret> {
  const { key, thumbprint } = certificateOf(pem);
  return async () => {
    const nowSeconds = Math.floor(clock.now() / 1000);
    const assertion = await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience)
      .setNotBefore(nowSeconds)
      .setExpirationTime(nowSeconds + 300)
      .sign(key);
    return new Secret(assertion);
  };
}

function certificateOf(pem: Secret): { readonly key: KeyObject; readonly thumbprint: string } {
  try {
    const certificate = new X509Certificate(pem.reveal());
    const key = createPrivateKey(pem.reveal());
    if (key.asymmetricKeyType === 'rsa' && certificate.checkPrivateKey(key)) {
      return { key, thumbprint: createHash('sha256').update(certificate.raw).digest('base64url') };
    }
  } catch {
    // Said below.
  }
  throw new ConfigFault(['certificate'], 'expected a certificate and its RSA key, both in PEM');
}
