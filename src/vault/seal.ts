import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { Secret } from '../words/secret.ts';
import type { Keys } from './keys.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
/** The system gives thousands of random bytes in the time of twelve. */
const NONCES_AT_ONCE = 256;
const TAG_BYTES = 16;
const ID_DIGITS = 32;

/** What a sealed text is for; bound to it, so that one cannot stand in for the other. */
export type Purpose = 'token' | 'note';

/** What has to be known to revoke a token. */
export interface Material {
  readonly token: Secret;
  /** Other halves found in the same file, by their kind. */
  readonly parts: Readonly<Record<string, readonly Secret[]>>;
  /** The text around it, where its reporter sent that. */
  readonly context?: Secret | undefined;
}

/** A sealed text cannot be opened: its key is not in the key file, or it was altered. */
export class UnsealError extends Error {
  constructor() {
    super('A stored secret cannot be opened with the keys of the key file.');
    this.name = 'UnsealError';
  }
}

/**
 * Names tokens without showing them and keeps them sealed at rest.
 * Sealed text: `<key id>.<base64url of nonce, ciphertext and tag>`, AES-256-GCM, with entry id and purpose as
 * associated data, so that a sealed text moved to another entry does not open there.
 */
export class Vault {
  #keys: Keys;
  /** Not used yet. */
  #nonces = Buffer.alloc(0);
  readonly #watch: (text: string) => void;

  /** @param watch told of each token that is sealed or opened, so that nobody writes it into a log */
  constructor(keys: Keys, watch: (text: string) => void = () => {}) {
    this.#keys = keys;
    this.#watch = watch;
  }

  /**
   * Goes on with a key file that was read again.
   * @returns false, and changes nothing, when its fingerprint key is another one
   */
  replaceKeys(keys: Keys): boolean {
    if (!this.#keys.fingerprintKey.equals(keys.fingerprintKey)) return false;
    this.#keys = keys;
    return true;
  }

  /** The entry's id, 32 hexadecimal digits: HMAC-SHA-256 over provider and normalised token. */
  fingerprint(provider: string, token: Secret): string {
    return this.#hmac(`${provider}\0${token.reveal()}`).slice(0, ID_DIGITS);
  }

  /** Tells one key file from another, so that a ledger is never opened with the wrong one. */
  keyCheck(): string {
    return this.#hmac('key check').slice(0, ID_DIGITS);
  }

  /** Seals with the newest key. */
  seal(id: string, purpose: Purpose, secret: Secret): string {
    const [newest] = this.#keys.sealingKeys;
    if (!newest) throw new UnsealError();
    const nonce = this.#nextNonce();
    const cipher = createCipheriv(CIPHER, newest.key, nonce).setAAD(associatedData(id, purpose));
    const text = cipher.update(secret.reveal(), 'utf8');
    cipher.final(); // Has nothing to add to the text: GCM works byte by byte.
    const sealed = Buffer.allocUnsafe(NONCE_BYTES + text.length + TAG_BYTES);
    sealed.set(nonce);
    sealed.set(text, NONCE_BYTES);
    sealed.set(cipher.getAuthTag(), NONCE_BYTES + text.length);
    return `${newest.id}.${sealed.toString('base64url')}`;
  }

  /** @throws {UnsealError} */
  open(id: string, purpose: Purpose, sealed: string): Secret {
    const dot = sealed.indexOf('.');
    const key = this.#keys.sealingKeys.find((candidate) => candidate.id === sealed.slice(0, dot));
    const bytes = Buffer.from(sealed.slice(dot + 1), 'base64url');
    if (!key || bytes.length < NONCE_BYTES + TAG_BYTES) throw new UnsealError();
    const decipher = createDecipheriv(CIPHER, key.key, bytes.subarray(0, NONCE_BYTES))
      .setAAD(associatedData(id, purpose))
      .setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    try {
      const text = decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES));
      return new Secret(Buffer.concat([text, decipher.final()]).toString('utf8'));
    } catch {
      throw new UnsealError();
    }
  }

  /** Seals a token together with what was found beside it. */
  sealMaterial(id: string, { token, parts, context }: Material): string {
    const found = Object.entries(parts).map(([kind, secrets]) => [
      kind,
      secrets.map((part) => part.reveal()),
    ]);
    this.#watchAll({ token, parts });
    const around = context ? [context.reveal()] : [];
    const material = [token.reveal(), Object.fromEntries(found), ...around];
    return this.seal(id, 'token', new Secret(JSON.stringify(material)));
  }

  /** @throws {UnsealError} */
  openMaterial(id: string, sealed: string): Material {
    const [token, parts, context] = JSON.parse(this.open(id, 'token', sealed).reveal()) as [
      string,
      Record<string, string[]>,
      string?,
    ];
    const found = Object.entries(parts).map(([kind, texts]) => [kind, texts.map((text) => new Secret(text))]);
    const material: Material = {
      token: new Secret(token),
      parts: Object.fromEntries(found),
      ...(context !== undefined && { context: new Secret(context) }),
    };
    this.#watchAll(material);
    return material;
  }

  /** Seals what a provider remembers of an entry; any JSON value. */
  sealNote(id: string, note: unknown): string {
    return this.seal(id, 'note', new Secret(JSON.stringify(note)));
  }

  /** @throws {UnsealError} */
  openNote(id: string, sealed: string): unknown {
    return JSON.parse(this.open(id, 'note', sealed).reveal());
  }

  #watchAll({ token, parts }: Material): void {
    for (const secret of [token, ...Object.values(parts).flat()]) this.#watch(secret.reveal());
  }

  /** Each is handed out once: with a second use of one, AES-GCM would protect nothing. */
  #nextNonce(): Buffer {
    if (this.#nonces.length === 0) this.#nonces = randomBytes(NONCE_BYTES * NONCES_AT_ONCE);
    const nonce = this.#nonces.subarray(0, NONCE_BYTES);
    this.#nonces = this.#nonces.subarray(NONCE_BYTES);
    return nonce;
  }

  #hmac(text: string): string {
    return createHmac('sha256', this.#keys.fingerprintKey).update(text).digest('hex');
  }
}

function associatedData(id: string, purpose: Purpose): Buffer {
  return Buffer.from(`quash:${purpose}:${id}`);
}
