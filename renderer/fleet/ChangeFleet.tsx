// A fleet that runs, changed as it runs: what its devices do on methods, with desired properties and messages, and what they send.
import { IconArrowLeft } from '@tabler/icons-react';
import { commands } from '../../preload/contract/contract.ts';
import { client } from '../connection/client.ts';
import { useAttempt, useTotals } from '../connection/hooks.ts';
import type { CommandInput, FleetSummary } from '../connection/shapes.ts';
import { useWindow } from '../store/window.ts';
import { Button, IconButton } from '../widgets/Button.tsx';
import { problemsIn, useDraft } from '../widgets/form.tsx';
import { plural } from '../widgets/format.ts';
import { Empty, Heading, Problem } from '../widgets/Notes.tsx';
import { BehaviourFields, MethodFields } from './BehaviourFields.tsx';
import { type Draft, draftOf, specOf, templateOf } from './draft.ts';
import styles from './Fleet.module.css';
import { MessageRules } from './MessageRules.tsx';
import { TelemetryFields } from './TelemetryFields.tsx';

const changeable = ['behaviour', 'methods', 'acknowledge', 'telemetry', 'messages'] as const;

export default function ChangeFleet({ fleet }: { readonly fleet: string }) {
  const summary = useTotals((totals) => totals.fleets.find(({ name }) => name === fleet));
  if (!summary) {
    return (
      <Empty title={`There is no fleet ${fleet}`}>
        <Button onClick={() => useWindow.getState().openFleetForm()}>New fleet</Button>
      </Empty>
    );
  }
  return <ChangeForm fleet={summary} />;
}

function ChangeForm({ fleet }: { readonly fleet: FleetSummary }) {
  const form = useDraft<Draft>(
    () => draftOf(fleet.spec),
    (now) => problemsIn(commands['fleet.change'].input, changeOf(fleet, now), ''),
  );
  const { draft, problems, fields } = form;
  const { busy, problem, attempt } = useAttempt();
  const unreadable = draft.telemetry && 'problem' in templateOf(draft);
  const change = changeOf(fleet, draft);
  const nothing = Object.keys(change).length === 1;
  const done = () => useWindow.getState().openFleetForm();
  return (
    <form
      className={styles.form}
      aria-label={`Change fleet ${fleet.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (problems.size > 0 || unreadable || nothing) return;
        void attempt(() => client.run('fleet.change', change)).then((ok) => {
          if (!ok) return;
          done();
          useWindow.getState().openSide('invoke');
        });
      }}
    >
      <div className={styles.back}>
        <IconButton label="Back to a new fleet" onClick={done}>
          <IconArrowLeft />
        </IconButton>
        <Heading>
          {fleet.name}, {plural(fleet.identities, 'identity', 'identities')}
        </Heading>
      </div>
      <BehaviourFields form={form} />
      <MethodFields form={form} />
      {fields.check('telemetry', 'Send telemetry', { hint: 'Messages from a template while a device is online.' })}
      {draft.telemetry ? <TelemetryFields form={form} /> : null}
      <MessageRules form={form} />
      <Problem problem={problem} />
      <Button look="main" type="submit" disabled={busy || problems.size > 0 || unreadable || nothing}>
        Change {plural(fleet.spec.count, 'device')}
      </Button>
      <p className="quiet">
        Calls that are under way end as they began. Count, ids, protocol and authentication stay as long as the fleet.
      </p>
    </form>
  );
}

/** Only what differs, so that counters of what stays are not begun anew. `null` takes away what was there. */
function changeOf(fleet: FleetSummary, draft: Draft): CommandInput<'fleet.change'> {
  const before = changeableIn(draftOf(fleet.spec));
  const now = changeableIn(draft);
  const different = changeable.filter((field) => JSON.stringify(now[field]) !== JSON.stringify(before[field]));
  return { fleet: fleet.name, ...Object.fromEntries(different.map((field) => [field, now[field]])) };
}

function changeableIn(draft: Draft) {
  const { behaviour, methods, acknowledge, telemetry = null, messages } = specOf(draft);
  return { behaviour, methods, acknowledge, telemetry, messages };
}
