import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { Secret } from '../words/secret.ts';
import { createHmacSha256 } from './hmac.ts';
import type { Keys } from './keys.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
/** The system gives thousands of random bytes in the time of twelve. */
const NONCES_AT_ONCE = 256;
const TAG_BYTES = 16;
const ID_DIGITS = 32;
const PLACE_KEY_LENGTH = 16;

/** What a sealed text is for; bound to it, so that one cannot stand in for the other. */
export type Purpose = 'token' | 'note' | 'place' | 'session' | 'subject' | 'notice';

interface SealingKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** What has to be known to revoke a token. */
export interface Material {
  readonly token: Secret;
  /** Other halves found in the same file, by their kind. */
  readonly parts: Readonly<Record<string, readonly Secret[]>>;
  /** The text around it, where its reporter sent that. */
  readonly context?: Secret | undefined;
  /** Of the token; absent in what version 0.1.0 sealed, as is {@link where}. */
  readonly kind?: string | undefined;
  /** The file that is a part of the entry's identity; empty where there is none. */
  readonly where?: string | undefined;
}

/** A person's decision that an entry may be acted on. */
interface Approval {
  /** Although nothing proves that its secret leaked. */
  readonly unproven: boolean;
  /** The number of the act that it is for. */
  readonly act: number;
  /** Who approved; may be empty. */
  readonly by: string;
}

/** Before a sealed place, which stays: a sealed token or note has to be gone once the work on it has ended. */
const PLACE_MARK = 'p.';
/** Before what else is sealed and stays: sessions, notices, and what vendors tell of tokens. */
const STAYING_MARK = 's.';

/** What is shown in place of a location whose key is not in the key file any more. */
const LOST_PLACE = 'The place cannot be opened with the keys of the key file.';

/** Letters of an HMAC in base64url. */
const SIGNATURE_LENGTH = 43;

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
  readonly #fingerprintKey: Keys['fingerprintKey'];
  /** Newest first; as objects, which a cipher takes without copying the bytes. */
  #sealingKeys: readonly SealingKey[];
  /** These follow from the fingerprint key, which stays as long as the ledger. */
  readonly #hmac: (text: string) => string;
  readonly #placeSecret: string;
  readonly #approvalKey: string;
  /** Those from {@link #nextNonceAt} on are not used yet. */
  #nonces = Buffer.alloc(0);
  #nextNonceAt = 0;
  readonly #watch: (text: string) => void;

  /** @param watch told of each token that is sealed or opened, so that nobody writes it into a log */
  constructor(keys: Keys, watch: (text: string) => void = () => {}) {
    this.#fingerprintKey = keys.fingerprintKey;
    this.#sealingKeys = sealingKeysOf(keys);
    this.#hmac = createHmacSha256(keys.fingerprintKey);
    this.#placeSecret = this.#hmac('places');
    this.#approvalKey = this.#hmac('approvals');
    this.#watch = watch;
  }

  /**
   * Goes on with a key file that was read again.
   * @returns false, and changes nothing, when its fingerprint key is another one
   */
  replaceKeys(keys: Keys): boolean {
    if (!this.#fingerprintKey.equals(keys.fingerprintKey)) return false;
    this.#sealingKeys = sealingKeysOf(keys);
    return true;
  }

  /**
   * The entry's id, 32 hexadecimal digits: HMAC-SHA-256 over provider and normalised token.
   * @param where the file, where the token's text is the same for many
   */
  fingerprint(provider: string, token: Secret, where = ''): string {
    const text = where === '' ? token.reveal() : `${token.reveal()}\n${where}`;
    return this.#hmac(`${provider}\0${text}`).slice(0, ID_DIGITS);
  }

  /**
   * Names a place of an entry, in 16 characters; of another entry the same place has another name. A hash behind a secret
   * of fixed length, cut to less than half, tells as little as an HMAC, in a quarter of the time: each repeated report asks
   * for one.
   */
  placeKey(id: string, location: string): string {
    return hash('sha256', `${this.#placeSecret}${id}\0${location}`, 'base64url').slice(0, PLACE_KEY_LENGTH);
  }

  /** Tells one key file from another, so that a ledger is never opened with the wrong one. */
  keyCheck(): string {
    return this.#hmac('key check').slice(0, ID_DIGITS);
  }

  /** Seals with the newest key. */
  seal(id: string, purpose: Purpose, secret: Secret): string {
    const [newest] = this.#sealingKeys;
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
    const key = this.#sealingKeys.find((candidate) => candidate.id === sealed.slice(0, dot));
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
  sealMaterial(id: string, { token, parts, kind, where, context }: Material): string {
    const found = Object.entries(parts).map(([kind, secrets]) => [
      kind,
      secrets.map((part) => part.reveal()),
    ]);
    this.#watchAll({ token, parts });
    const content = [token.reveal(), Object.fromEntries(found), kind, where, context?.reveal()];
    return this.seal(id, 'token', new Secret(JSON.stringify(content)));
  }

  /** @throws {UnsealError} */
  openMaterial(id: string, sealed: string): Material {
    const [token, parts, kind, where, context] = JSON.parse(this.open(id, 'token', sealed).reveal()) as [
      ...[token: string, parts: Record<string, string[]>],
      ...[kind?: string | null, where?: string | null, context?: string | null],
    ];
    const found = Object.entries(parts).map(([kind, texts]) => [kind, texts.map((text) => new Secret(text))]);
    const material: Material = {
      ...{ token: new Secret(token), parts: Object.fromEntries(found) },
      ...{ kind: kind ?? undefined, where: where ?? undefined },
      ...(context != null && { context: new Secret(context) }),
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

  sealPlace(id: string, location: string): string {
    return PLACE_MARK + this.seal(id, 'place', new Secret(JSON.stringify([location])));
  }

  /** A place is shown to persons, so that one which cannot be opened says so and stands in nobody's way. */
  openPlace(id: string, sealed: string): string {
    try {
      const [location] = JSON.parse(this.open(id, 'place', sealed.slice(PLACE_MARK.length)).reveal()) as [
        string,
      ];
      return location;
    } catch (error) {
      if (error instanceof UnsealError) return LOST_PLACE;
      throw error;
    }
  }

  sealSubject(id: string, content: string): string {
    return STAYING_MARK + this.seal(id, 'subject', new Secret(content));
  }

  /** Shown to persons, like a place: what cannot be opened stands in nobody's way. */
  openSubject(id: string, sealed: string): string | undefined {
    return this.#openOrNot(id, 'subject', sealed.slice(STAYING_MARK.length));
  }

  sealSession(id: string, content: string): string {
    return STAYING_MARK + this.seal(id, 'session', new Secret(content));
  }

  /** Whoever can only write to the ledger can sign nobody in: what was not sealed here counts for nothing. */
  openSession(id: string, sealed: string): string | undefined {
    return this.#openOrNot(id, 'session', sealed.slice(STAYING_MARK.length));
  }

  sealNotice(id: string, content: string): string {
    return STAYING_MARK + this.seal(id, 'notice', new Secret(content));
  }

  openNotice(id: string, sealed: string): string | undefined {
    return this.#openOrNot(id, 'notice', sealed.slice(STAYING_MARK.length));
  }

  /** @returns what goes with an approval in the ledger: a signature, and who approved */
  signApproval(id: string, { unproven, act, by }: Approval): string {
    const text = JSON.stringify(['approval', id, unproven, act, by]);
    return createHmac('sha256', this.#approvalKey).update(text).digest('base64url') + by;
  }

  /** Whether {@link signApproval} made this of that entry. */
  isApproval(id: string, of: Omit<Approval, 'by'>, signed: string): boolean {
    const expected = this.signApproval(id, { ...of, by: signed.slice(SIGNATURE_LENGTH) });
    const [given, right] = [Buffer.from(signed), Buffer.from(expected)];
    return given.length === right.length && timingSafeEqual(given, right);
  }

  #openOrNot(id: string, purpose: Purpose, sealed: string): string | undefined {
    try {
      return this.open(id, purpose, sealed).reveal();
    } catch (error) {
      if (error instanceof UnsealError) return undefined;
      throw error;
    }
  }

  #watchAll({ token, parts }: Pick<Material, 'token' | 'parts'>): void {
    for (const secret of [token, ...Object.values(parts).flat()]) this.#watch(secret.reveal());
  }

  /** Each is handed out once: with a second use of one, AES-GCM would protect nothing. */
  #nextNonce(): Buffer {
    if (this.#nextNonceAt === this.#nonces.length) {
      this.#nonces = randomBytes(NONCE_BYTES * NONCES_AT_ONCE);
      this.#nextNonceAt = 0;
    }
    const nonce = this.#nonces.subarray(this.#nextNonceAt, this.#nextNonceAt + NONCE_BYTES);
    this.#nextNonceAt += NONCE_BYTES;
    return nonce;
  }
}

function sealingKeysOf({ sealingKeys }: Keys): readonly SealingKey[] {
  return sealingKeys.map(({ id, key }) => ({ id, key: createSecretKey(key) }));
}

function associatedData(id: string, purpose: Purpose): Buffer {
  return Buffer.from(`quash:${purpose}:${id}`);
}
