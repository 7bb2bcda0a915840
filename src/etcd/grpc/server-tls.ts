// SPDX-License-Identifier: Apache-2.0

import type { Duplex } from 'node:stream';
import * as tls from 'node:tls';

/** PEM texts; what etcd's `--cert-file`, `--key-file`, `--trusted-ca-file` and `--client-cert-auth` name. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** Given: every client has to show a certificate of this authority. */
  readonly clientCa?: string;
  /** Whether the common name of such a certificate is the user who calls, unless a token says otherwise. */
  readonly clientCertAuth?: boolean;
}

/** A client that opened a connection and does not finish the handshake is dropped after this. */
const handshakeMs = 10_000;

/** As etcd has it, an authority for clients means that a certificate is due. */
export function tlsOptions(own: ServerTls): tls.TlsOptions {
  const isClientChecked = own.clientCa !== undefined || own.clientCertAuth === true;
  return {
    cert: own.cert,
    key: own.key,
    ...(own.clientCa === undefined ? {} : { ca: own.clientCa }),
    requestCert: isClientChecked,
    rejectUnauthorized: isClientChecked,
    ALPNProtocols: ['h2', 'http/1.1'],
    minVersion: 'TLSv1.2',
    handshakeTimeout: handshakeMs,
  };
}

/** The common name of the certificate that the other end showed and that was verified. */
export function findCertificateName(socket: Duplex | undefined): string | undefined {
  if (!(socket instanceof tls.TLSSocket) || !socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  // A name may be there twice.
  const name: unknown = subject?.CN;
  const first = Array.isArray(name) ? name[0] : name;
  return typeof first === 'string' && first !== '' ? first : undefined;
}
