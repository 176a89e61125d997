import type { SMTPServerOptions } from 'smtp-server';
import { describe, expect, it } from 'vitest';
import { type EmailSettings, notifyItem } from '../../src/notify/config.ts';
import { createEmail } from '../../src/notify/email.ts';
import type { Notice } from '../../src/notify/notice.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { createTestCertificate } from '../support/tls.ts';
import { startSmtpReceiver } from './receivers.ts';

const SIGNAL = new AbortController().signal;
const PASSWORD = 'of the mail server';
const NOTICE: Notice = {
  ...{ id: 'quash_0123', at: Date.UTC(2026, 0, 1), moreEntries: 990, lanes: [], missed: 0 },
  counts: [{ event: 'held', provider: 'acme', entries: 1000 }],
  entries: [
    {
      ...{ event: 'held', id: 'abcdef', provider: 'acme', kind: 'api-key', types: ['acme_key'] },
      ...{ advice: 'Ask <b>Ada</b>.', url: 'https://quash.example.com/revocations/abcdef' },
    },
  ],
};

const certificate = createTestCertificate('DNS:localhost,IP:127.0.0.1');
const withLogin: SMTPServerOptions = {
  ...certificate,
  onAuth({ username, password }, _session, done) {
    if (username === 'quash' && password === PASSWORD) done(null, { user: username });
    else done(new Error('Invalid username or password'));
  },
};

function emailTo(port: number, changes: object = {}, ca: string | undefined = certificate.cert) {
  const item = notifyItem().parse({
    ...{ type: 'email', host: '127.0.0.1', port, from: 'quash@example.com', username: 'quash' },
    ...{ password: PASSWORD, to: ['ops@example.com', 'security@example.com'], ...changes },
  });
  return createEmail({ settings: item as EmailSettings, timeoutMs: PATIENCE_MS, ca });
}

describe('an e-mail', () => {
  it('goes encrypted by STARTTLS, with a login, to all receivers', async () => {
    const { port, mails } = await startSmtpReceiver(withLogin);

    await emailTo(port)(NOTICE, SIGNAL);

    expect(mails).toMatchObject([
      {
        ...{ from: 'quash@example.com', to: ['ops@example.com', 'security@example.com'] },
        ...{ isSecure: true, user: 'quash' },
      },
    ]);
  });

  it('says the same as text and as HTML, with a link, a stable id and no markup of others', async () => {
    const { port, mails } = await startSmtpReceiver(withLogin);

    await emailTo(port)(NOTICE, SIGNAL);

    const text = mails[0]?.text ?? '';
    for (const part of [
      'Subject: Quash: 1000 tokens wait for approval',
      'Message-ID: <quash_0123@quash.invalid>',
      'Auto-Submitted: auto-generated',
      'https://quash.example.com/revocations/abcdef',
      '<a href="https://quash.example.com/revocations/abcdef">',
      'Ask &lt;b&gt;Ada&lt;/b&gt;.',
      'and 990 more',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('goes encrypted from the first byte where that is configured', async () => {
    const { port, mails } = await startSmtpReceiver({ ...withLogin, secure: true });

    await emailTo(port, { tls: 'implicit' })(NOTICE, SIGNAL);

    expect(mails).toMatchObject([{ isSecure: true, user: 'quash' }]);
  });

  it('is not sent to a server that offers no encryption, unless the operator wants that', async () => {
    const { port, mails } = await startSmtpReceiver({
      ...withLogin,
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
    });

    await expect(emailTo(port)(NOTICE, SIGNAL)).rejects.toMatchObject({ name: 'Failure' });
    expect(mails).toEqual([]);
    await emailTo(port, { tls: 'none' })(NOTICE, SIGNAL);

    expect(mails).toMatchObject([{ isSecure: false }]);
  });

  it('is not sent to a server whose certificate nobody vouches for', async () => {
    const { port, mails } = await startSmtpReceiver(withLogin);

    await expect(
      emailTo(port, {}, createTestCertificate('DNS:other').cert)(NOTICE, SIGNAL),
    ).rejects.toMatchObject({ code: 'untrusted-certificate', target: `smtp://127.0.0.1:${port}` });
    expect(mails).toEqual([]);
  });

  it('fails with what the operator has to look at, and without the text of the server', async () => {
    const { port } = await startSmtpReceiver(withLogin);
    const wrongLogin = emailTo(port, { password: 'another one' })(NOTICE, SIGNAL);

    const error = await wrongLogin.catch((caught: unknown) => caught);

    expect(error).toMatchObject({ code: 'credential-refused', status: 535 });
    expect(JSON.stringify([String(error), error])).not.toContain('Invalid username');
    await expect(emailTo(1)(NOTICE, SIGNAL)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('is not sent without the login that is configured', async () => {
    const { port, mails } = await startSmtpReceiver({
      ...certificate,
      authOptional: true,
      disabledCommands: ['AUTH'],
    });

    await expect(emailTo(port)(NOTICE, SIGNAL)).rejects.toMatchObject({ name: 'Failure' });
    expect(mails).toEqual([]);
  });

  it('is broken off when it has to be', async () => {
    const { port } = await startSmtpReceiver({ ...withLogin, onConnect: () => {} });

    await expect(emailTo(port)(NOTICE, AbortSignal.timeout(50))).rejects.toMatchObject({ code: 'timeout' });
  });
});
