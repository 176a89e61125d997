import { Server } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { countedAddress, isLoopback } from '../../src/server/address.ts';
import { type Address, type Listener, listen } from '../../src/server/listen.ts';

const HELLO = { fetch: () => new Response('hello') };

async function listening(address: Address): Promise<Listener> {
  const listener = await listen(HELLO, address);
  onTestFinished(() => listener.close(0));
  return listener;
}

describe('loopback', () => {
  it.each([
    '127.0.0.1',
    '127.5.6.7',
    '::1',
    '[::1]',
    '0:0:0:0:0:0:0:1',
    '[::ffff:7f00:1]',
    'localhost',
    'a.LocalHost',
  ])('has %s', (host) => expect(isLoopback(host)).toBe(true));

  it.each([
    '::',
    '0.0.0.0',
    '10.0.0.1',
    '::ffff:10.0.0.1',
    'fe80::1',
    'localhost.example',
    'notlocalhost',
    '',
  ])('has not %s', (host) => expect(isLoopback(host)).toBe(false));
});

describe('failures are counted', () => {
  it('by an IPv4 address, whichever socket it came to', () => {
    expect(countedAddress('203.0.113.7')).toBe('203.0.113.7');
    expect(countedAddress('::ffff:203.0.113.7')).toBe('203.0.113.7');
  });

  it('by the network of an IPv6 address, of which its owner has every address', () => {
    const one = countedAddress('2001:db8:1:2::1');
    expect(countedAddress('2001:db8:1:2:ffff:ffff:ffff:ffff')).toBe(one);
    expect(countedAddress('2001:db8:1:3::1')).not.toBe(one);
    expect(countedAddress('fe80::1%eth0')).toBe(countedAddress('fe80::2%eth0'));
  });

  it('together where there is no address', () => {
    expect(countedAddress(undefined)).toBe(countedAddress('no address'));
  });
});

describe('a port on ::', () => {
  it('is open on IPv4, too', async () => {
    const { url } = await listening({ host: '::', port: 0 });
    const { port } = new URL(url);

    expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(200);
  });

  it.each(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'])(
    'is open on IPv4 alone where the system says %s to IPv6',
    async (code) => {
      refuseIpv6(code);

      const { url } = await listening({ host: '::', port: 0 });

      expect(url).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
    },
  );

  it('is not opened on IPv4 alone for any other reason', async () => {
    refuseIpv6('EADDRINUSE');

    await expect(listening({ host: '::', port: 0 })).rejects.toThrow('listen.port 0 is in use on ::');
  });
});

describe('a host that cannot be bound', () => {
  it.each([
    ['192.0.2.1', 'admin.host 192.0.2.1 is no address of this machine.'],
    ['2001:db8::1', 'admin.host 2001:db8::1 is no address of this machine.'],
    ['fe80::1', 'admin.host fe80::1 cannot be bound; a link-local address needs its interface'],
  ])('(%s) is named by its key', async (host, message) => {
    if (host.includes(':')) refuseIpv6(host.startsWith('fe80') ? 'EINVAL' : 'EADDRNOTAVAIL');
    await expect(listening({ host, port: 0, section: 'admin' })).rejects.toThrow(message);
  });

  it('is named by its key where there is no IPv6', async () => {
    refuseIpv6('EAFNOSUPPORT');
    await expect(listening({ host: '::1', port: 0 })).rejects.toThrow(
      'listen.host ::1 is an IPv6 address, and this machine has no IPv6.',
    );
  });
});

/** As a system does that has no IPv6, or none for this address. */
function refuseIpv6(code: string): void {
  const original = Server.prototype.listen;
  const spy = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server, ...args) {
    if (!String(args[1]).includes(':')) return Reflect.apply(original, this, args);
    queueMicrotask(() => this.emit('error', Object.assign(new Error(code), { code })));
    return this;
  } as Server['listen']);
  onTestFinished(() => spy.mockRestore());
}
