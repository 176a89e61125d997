/** The certificate of a port, read from files that somebody else renews. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Observe } from '../observe/events.ts';
import type { Clock } from '../words/clock.ts';

/** Paths of PEM files. */
export interface CertificateFiles {
  /** With its chain. */
  readonly certFile: string;
  readonly keyFile: string;
  /** Authorities of the clients' certificates; without it, clients need none. */
  readonly clientCaFile?: string | undefined;
}

/** What a TLS server takes, in PEM. */
export interface Certificates {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

export type Section = 'listen' | 'admin';

/** Files that cannot serve a port. One sentence, which names the key to change. */
export class CertificateError extends Error {
  constructor(section: Section, key: keyof CertificateFiles, fault: string) {
    super(`${section}.tls.${key}: ${fault}.`);
    this.name = 'CertificateError';
  }
}

/** @throws {CertificateError} */
export async function readCertificates(section: Section, files: CertificateFiles): Promise<Certificates> {
  const refuse = (key: keyof CertificateFiles, fault: string) => new CertificateError(section, key, fault);
  const { clientCaFile } = files;
  const read = (key: keyof CertificateFiles, path: string) =>
    readFile(path, 'utf8').catch((error: unknown) => {
      throw refuse(key, `${path} cannot be read (${codeOf(error)})`);
    });
  const parsed = <T>(key: keyof CertificateFiles, what: string, parse: () => T): T => {
    try {
      return parse();
    } catch {
      throw refuse(key, `expected ${what} in PEM`);
    }
  };
  const [cert, key, ca] = await Promise.all([
    read('certFile', files.certFile),
    read('keyFile', files.keyFile),
    clientCaFile === undefined ? undefined : read('clientCaFile', clientCaFile),
  ]);
  const leaf = parsed('certFile', 'a certificate', () => new X509Certificate(cert));
  const privateKey = parsed('keyFile', 'a private key without a passphrase', () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey)) throw refuse('keyFile', 'the key is not that of the certificate');
  if (ca !== undefined) parsed('clientCaFile', 'certificates', () => new X509Certificate(ca));
  const certificates = { cert, key, ...(ca !== undefined && { ca }) };
  try {
    createSecureContext(certificates);
  } catch (error) {
    throw refuse('certFile', `cannot be used (${codeOf(error)})`);
  }
  return certificates;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

/**
 * Well below the time that an issuer leaves between a renewal and the old one's end. The files are read each time: a
 * watch on a file does not see that the folder of links around it was swapped, as Kubernetes does it.
 */
const LOOK_EVERY_MS = 10_000;

/** Hands a port its new certificate when the files have one; broken files leave the old one in use. */
export class CertificateWatch {
  readonly #options: CertificateWatchOptions;
  readonly #stopping = new AbortController();
  #used: string;
  #fault: string | undefined;
  #running: Promise<void> | undefined;

  constructor(options: CertificateWatchOptions) {
    this.#options = options;
    this.#used = JSON.stringify(options.used);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Never rejects. */
  async look(): Promise<void> {
    const { section, files, renew, observe } = this.#options;
    try {
      const certificates = await readCertificates(section, files);
      this.#fault = undefined;
      const found = JSON.stringify(certificates);
      if (found === this.#used) return;
      renew(certificates);
      this.#used = found;
      observe({ type: 'certificate-renewed', section });
    } catch (error) {
      const fault = error instanceof Error ? error.message : '';
      // Said once, as it is found again with every look.
      if (fault !== this.#fault) {
        observe({ type: 'config-warning', message: `${fault} The port keeps the certificate that it has.` });
      }
      this.#fault = fault;
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#options.clock.sleep(LOOK_EVERY_MS, signal);
      if (!signal.aborted) await this.look();
    }
  }
}

export interface CertificateWatchOptions {
  readonly section: Section;
  readonly files: CertificateFiles;
  /** What the port has now. */
  readonly used: Certificates;
  readonly renew: (certificates: Certificates) => void;
  readonly clock: Clock;
  readonly observe: Observe;
}
