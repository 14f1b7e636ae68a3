// A fleet of your own: a template times a count. What most fleets need comes first, the rest is below 'More'.
import { useState } from 'react';
import { commands } from '../../preload/contract/contract.ts';
import { linkProtocols } from '../../preload/contract/link-protocols.ts';
import { client } from '../connection/client.ts';
import { useAttempt } from '../connection/hooks.ts';
import { useWindow } from '../store/window.ts';
import { Button } from '../widgets/Button.tsx';
import { problemsIn, useDraft } from '../widgets/form.tsx';
import { millis, percent, plural } from '../widgets/format.ts';
import { Problem } from '../widgets/Notes.tsx';
import { authenticationWords, protocolNames } from '../widgets/ProtocolMark.tsx';
import { BehaviourFields, MethodFields } from './BehaviourFields.tsx';
import {
  type Draft,
  firstDraft,
  hostNameOf,
  idAt,
  identitiesOf,
  modulesOf,
  needsTls,
  speaksAmqp,
  specOf,
  templateOf,
} from './draft.ts';
import styles from './Fleet.module.css';
import { MessageRules } from './MessageRules.tsx';
import { TelemetryFields } from './TelemetryFields.tsx';

const protocols = {
  mqtt: 'MQTT',
  'mqtt-ws': 'MQTT in WebSockets',
  amqp: 'AMQP',
  'amqp-ws': 'AMQP in WebSockets',
  mix: 'A mix of them',
};
/** Fields that are out of sight while 'More' is closed. */
const below = [
  'connect',
  'tls',
  'authentication',
  'devicesPerConnection',
  'modules',
  'messages',
  'keepAlive',
  'token',
  'methods',
  'acknowledge',
];

export default function NewFleet() {
  const form = useDraft(firstDraft, (now) => problemsIn(commands['fleet.add'].input, { spec: specOf(now) }, 'spec'));
  const { draft, change, problems, fields } = form;
  const [more, setMore] = useState(false);
  const { busy, problem, attempt } = useAttempt();

  const unreadable = draft.telemetry && 'problem' in templateOf(draft);
  const remote = draft.hub === 'remote';
  const wrong = problems.size > 0 || unreadable;
  const hidden = [...problems.keys()].some((path) => below.some((field) => path.startsWith(field)));
  const identities = identitiesOf(draft);
  const modules = modulesOf(draft).length;

  return (
    <form
      className={styles.form}
      aria-label="New fleet"
      onSubmit={(event) => {
        event.preventDefault();
        if (wrong || (remote && !draft.confirmed)) return;
        const asked = { spec: specOf(draft), ...(remote ? { confirmRemote: true } : {}) };
        void attempt(() => client.run('fleet.add', asked)).then((done) => {
          if (!done) return;
          useWindow.getState().go('fleet');
          useWindow.getState().openSide('invoke');
        });
      }}
    >
      <div className={styles.pair}>
        {fields.text('name', 'Name')}
        {fields.number('count', 'Devices', { min: 1, max: 50_000 })}
      </div>
      {fields.text('id', 'Id pattern', {
        mono: true,
        hint: (
          <>
            First <code>{idAt(draft.id, 1)}</code>, last <code>{idAt(draft.id, draft.count)}</code>
          </>
        ),
      })}
      {fields.choice('protocol', 'Protocol', protocols)}
      {draft.protocol === 'mix' ? (
        <fieldset className={styles.part}>
          <legend className="unseen">Shares of the protocols</legend>
          <div className={styles.shares}>
            {linkProtocols.map((each) => (
              <div key={each}>
                {fields.number(`share:${each}`, protocolNames[each], { min: 0, at: `protocol.${each}` })}
              </div>
            ))}
          </div>
          <p className={problems.has('protocol') ? styles.wrong : styles.saying}>
            {problems.get('protocol') ?? mixWords(draft)}
          </p>
        </fieldset>
      ) : null}
      <BehaviourFields form={form} />
      {fields.check('telemetry', 'Send telemetry', { hint: 'Messages from a template while a device is online.' })}
      {draft.telemetry ? <TelemetryFields form={form} /> : null}
      {fields.choice('hub', 'Hub', { local: 'Local hub', remote: 'Another hub, by connection string' })}
      {remote
        ? fields.text('connectionString', 'Connection string of the service', {
            type: 'password',
            mono: true,
            at: 'hub',
            // What was confirmed was for the hub that stood here.
            onChange: (event) => change({ connectionString: event.target.value, confirmed: false }),
            placeholder: 'HostName=…;SharedAccessKeyName=…;SharedAccessKey=…',
            hint: 'Needs the rights to write the registry. It is neither shown nor kept.',
          })
        : null}

      <details className={styles.more} open={more || hidden} onToggle={(event) => setMore(event.currentTarget.open)}>
        <summary>
          More
          <span className="quiet">{moreWords(draft, modules)}</span>
        </summary>
        <div className={styles.moreFields}>
          {fields.choice('authentication', 'Authentication', authenticationWords)}
          {fields.check('tls', 'Connect over TLS', {
            checked: draft.tls || needsTls(draft),
            disabled: needsTls(draft),
            hint: needsTls(draft)
              ? `Always, for ${remote ? 'another hub' : 'a certificate is shown inside TLS'}.`
              : "Slower and heavier. Without it our own devices use the hub's plain loopback listeners.",
          })}
          {speaksAmqp(draft)
            ? fields.number('devicesPerConnection', 'Devices on an AMQP connection', {
                min: 1,
                max: 1_000,
                hint: 'Above 1 they share it, as a gateway would have it.',
              })
            : null}
          {fields.text('modules', 'Modules of each device', {
            mono: true,
            placeholder: 'camera, gps',
            hint:
              modules === 0
                ? 'Names, parted by commas. Each is an identity with a twin and methods of its own.'
                : `${plural(identities, 'identity', 'identities')} in all.`,
          })}
          <MethodFields form={form} />
          <MessageRules form={form} />
          <div className={styles.pair}>
            {fields.number('perSecond', 'Connect ramp', { unit: '/s', min: 1, at: 'connect.perSecond' })}
            {fields.number('keepAlive', 'Keep-alive', { unit: 's', at: 'keepAliveSeconds' })}
          </div>
          {draft.authentication === 'sas'
            ? fields.number('tokenLifetime', 'Token lifetime', {
                unit: 's',
                min: 60,
                at: 'tokenLifetimeSeconds',
                hint: 'Renewed before it ends, without a lost call.',
              })
            : null}
        </div>
      </details>

      {remote
        ? fields.check(
            'confirmed',
            `Make ${plural(identities, 'identity', 'identities')} on ${hostNameOf(draft) ?? 'that hub'}`,
            {
              hint: 'They are deleted there when the fleet is removed. Others on that hub are not touched.',
            },
          )
        : null}
      <Problem problem={problem} />
      <Button look="main" type="submit" disabled={busy || wrong || (remote && !draft.confirmed)}>
        {busy ? 'Registering' : `Add ${Number.isInteger(draft.count) ? plural(draft.count, 'device') : 'the fleet'}`}
      </Button>
      {wrong || !(draft.perSecond > 0) ? null : (
        <p className="quiet">All are online after about {millis((identities / draft.perSecond) * 1_000)}.</p>
      )}
    </form>
  );
}

function mixWords(draft: Draft): string {
  const shares = linkProtocols.map((each) => [each, draft[`share:${each}`] || 0] as const);
  const sum = shares.reduce((total, [, share]) => total + share, 0);
  return shares
    .filter(([, share]) => share > 0)
    .map(([each, share]) => `${protocolNames[each]} ${percent(Number((share / sum).toFixed(3)))}`)
    .join(', ');
}

/** What the closed part says of itself. */
const moreWords = (draft: Draft, modules: number): string =>
  [
    draft.authentication === 'sas' ? 'key' : 'certificate',
    draft.tls || needsTls(draft) ? 'TLS' : 'no TLS',
    modules === 0 ? 'no modules' : plural(modules, 'module'),
    draft.messages === 'rules' ? 'rules for messages' : `messages: ${draft.messages}`,
  ].join(', ');
