// How a device speaks and how it proves who it is, in a word and two small marks.
import { IconCertificate, IconLock } from '@tabler/icons-react';
import type { DeviceRow } from '../connection/shapes.ts';
import styles from './ProtocolMark.module.css';

export const protocolNames: Readonly<Record<DeviceRow['protocol'], string>> = {
  mqtt: 'MQTT',
  'mqtt-ws': 'MQTT WS',
  amqp: 'AMQP',
  'amqp-ws': 'AMQP WS',
  https: 'HTTPS',
};
export const authenticationWords: Readonly<Record<DeviceRow['authentication'], string>> = {
  sas: 'Shared access key',
  'x509-self-signed': 'X.509 certificate, signed by itself',
  'x509-ca': "X.509 certificate, signed by the hub's CA",
};

/** A key without TLS is what our own devices have on the loopback, and gets no mark. */
export function ProtocolMark({ of }: { readonly of: Pick<DeviceRow, 'protocol' | 'tls' | 'authentication'> }) {
  const words = authenticationWords[of.authentication];
  return (
    <span className={styles.mark}>
      <span className="clip">{protocolNames[of.protocol]}</span>
      {of.tls ? (
        <span title="Over TLS">
          <IconLock aria-hidden="true" />
          <span className="unseen">over TLS</span>
        </span>
      ) : null}
      {of.authentication === 'sas' ? null : (
        <span title={words}>
          <IconCertificate aria-hidden="true" />
          <span className="unseen">{words}</span>
        </span>
      )}
    </span>
  );
}
