/** AWS Signature Version 4 for a form that is posted to `/`. */
import { createHash, createHmac } from 'node:crypto';
import { clearCredentialCache, SignatureV4 } from '@smithy/signature-v4';
import { textOf } from '../../src/provider/upstream.ts';
import { Secret } from '../../src/words/secret.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken?: Secret | undefined;
}

export interface FormRequest {
  /** As AWS sees it, wherever the request is sent. */
  readonly host: string;
  readonly region: string;
  readonly service: string;
  readonly form: Readonly<Record<string, string | Secret>>;
}

const FORM = 'application/x-www-form-urlencoded';

/** The headers that go with the form. They name the access key, so they are secrets. */
export async function signedHeaders(
  { host, region, service, form }: FormRequest,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  nowMs: number,
): Promise<Readonly<Record<string, Secret>>> {
  const signer = new SignatureV4({
    service,
    region,
    credentials: {
      accessKeyId,
      secretAccessKey: secretAccessKey.reveal(),
      ...(sessionToken && { sessionToken: sessionToken.reveal() }),
    },
    sha256: Sha256,
    applyChecksum: false,
  });
  const request = {
    method: 'POST',
    protocol: 'https:',
    hostname: host,
    path: '/',
    headers: { host, 'content-type': FORM },
    // As the upstream client encodes it.
    body: new URLSearchParams(Object.entries(form).map(([key, value]) => [key, textOf(value)])).toString(),
  };
  const { headers } = await signer.sign(request, { signingDate: new Date(nowMs) });
  // The library would cache the signing key that it derived from a leaked secret.
  clearCredentialCache();
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (name === 'host' ? [] : [[name, new Secret(value)]])),
  );
}

/** The hash in the form that the library expects: SHA-256, or its HMAC when a key is given. */
class Sha256 {
  readonly #hash: { update(data: Uint8Array): unknown; digest(): Buffer };

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key));
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error('A hash is used once.');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
