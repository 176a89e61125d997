import type { Observe } from '../observe/events.ts';
import type { Clock } from '../words/clock.ts';
import { type CertificateFiles, CertificateWatch, readCertificates, type Section } from './certificates.ts';
import { type Address, type Listener, listen } from './listen.ts';

export interface PortSettings extends Pick<Address, 'host' | 'port' | 'refusesClients'> {
  readonly section: Section;
  readonly tls?: CertificateFiles | undefined;
}

/** A port with a certificate that follows its files, where it has one. */
export interface Port extends Pick<Listener, 'url' | 'close'> {
  /** Looks at the files at once. Never rejects. */
  look(): Promise<void>;
}

/** @throws {ListenError} @throws {CertificateError} */
export async function openPort(
  app: Parameters<typeof listen>[0],
  settings: PortSettings,
  { clock, observe }: { readonly clock: Clock; readonly observe: Observe },
): Promise<Port> {
  const { section, tls: files } = settings;
  if (!files) {
    const { url, close } = await listen(app, settings);
    return { url, close, look: async () => {} };
  }
  const used = await readCertificates(section, files);
  const { url, renew, close } = await listen(app, { ...settings, certificates: used });
  const watch = new CertificateWatch({ section, files, used, renew, clock, observe });
  watch.start();
  return {
    url,
    look: () => watch.look(),
    async close(graceMs) {
      await watch.stop();
      await close(graceMs);
    },
  };
}

/**
 * Whether the port could be opened on this machine, whoever has its number now.
 * @throws {ListenError} @throws {CertificateError}
 */
export async function tryPort({ section, host, tls }: Omit<PortSettings, 'port'>): Promise<void> {
  const certificates = tls && (await readCertificates(section, tls));
  const nobody = { fetch: () => new Response(null, { status: 404 }) };
  const { close } = await listen(nobody, { section, host, port: 0, certificates });
  await close(0);
}
