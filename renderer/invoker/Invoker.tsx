// The invoker: whom to call, what with, how long to wait; the result stays below until the next one.
import { Autocomplete } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useId, useMemo } from 'react';
import { actionOf } from '../actions/registry.ts';
import { useTotals } from '../connection/hooks.ts';
import { useFleet } from '../store/fleet.ts';
import { shippedMethods, useInvoker } from '../store/invoker.ts';
import { useWindow } from '../store/window.ts';
import { Button } from '../widgets/Button.tsx';
import { NumberField, SelectField } from '../widgets/Field.tsx';
import { count, plural } from '../widgets/format.ts';
import { JsonEditor } from '../widgets/JsonEditor.tsx';
import { Problem } from '../widgets/Notes.tsx';
import { Tabs } from '../widgets/Tabs.tsx';
import { History } from './History.tsx';
import styles from './Invoker.module.css';
import { formProblems, invoke, selectedDevices, useSending } from './invoke.ts';
import { RunResult } from './RunResult.tsx';

const views = [
  { name: 'result', label: 'Result' },
  { name: 'history', label: 'History' },
] as const;

export function Invoker() {
  const view = useInvoker((state) => state.view);
  const setView = useInvoker((state) => state.setView);
  return (
    <div className={styles.invoker}>
      <Form />
      <div className={styles.below}>
        <Tabs label="Invocations" tabs={views} chosen={view} choose={setView}>
          {view === 'result' ? <RunResult /> : <History />}
        </Tabs>
      </div>
    </div>
  );
}

function Form() {
  const form = useInvoker();
  const { busy, problem } = useSending();
  const fleets = useTotals((totals) => totals.fleets.map((fleet) => ({ name: fleet.name, count: fleet.identities })));
  const total = useTotals((totals) => totals.devices.total) ?? 0;
  const selected = useFleet((state) => state.selected);
  const open = useWindow((state) => state.device);
  const devices = selectedDevices(selected, open);
  const id = useId();

  const problems = useMemo(() => formProblems(form), [form]);
  const gone =
    form.target.kind === 'fleet' &&
    !fleets?.some((fleet) => form.target.kind === 'fleet' && fleet.name === form.target.fleet);
  const size =
    form.target.kind === 'selection'
      ? devices.length
      : form.target.kind === 'all'
        ? total
        : (fleets?.find((fleet) => form.target.kind === 'fleet' && fleet.name === form.target.fleet)?.count ?? 0);
  const methods = [...new Set([...form.known.map((entry) => entry.method), ...shippedMethods])];
  const wrong = Object.keys(problems).length > 0;

  return (
    <form
      className={styles.form}
      aria-label="Invoke a direct method"
      onSubmit={(event) => {
        event.preventDefault();
        void invoke();
      }}
    >
      <SelectField
        label="Target"
        problem={gone ? 'This fleet is gone. Choose another target.' : undefined}
        value={form.target.kind === 'fleet' ? `fleet:${form.target.fleet}` : form.target.kind}
        onChange={(event) => {
          const value = event.target.value;
          form.change({
            target: value.startsWith('fleet:')
              ? { kind: 'fleet', fleet: value.slice(6) }
              : { kind: value === 'all' ? 'all' : 'selection' },
          });
        }}
      >
        <option value="selection">{selectionWords(devices, selected.size > 0)}</option>
        {fleets?.map((fleet) => (
          <option key={fleet.name} value={`fleet:${fleet.name}`}>
            Fleet {fleet.name} ({plural(fleet.count, 'device')})
          </option>
        ))}
        {gone && form.target.kind === 'fleet' ? (
          <option value={`fleet:${form.target.fleet}`}>Fleet {form.target.fleet}</option>
        ) : null}
        <option value="all">All devices ({count(total)})</option>
      </SelectField>

      <div className={styles.field}>
        <label htmlFor={`${id}-method`}>Method</label>
        <Autocomplete
          id={`${id}-method`}
          data-method
          data={methods}
          value={form.method}
          onChange={form.setMethod}
          // All names are offered, whatever is in the field: choosing another must not need emptying it.
          filter={({ options }) => options}
          maxDropdownHeight="16rem"
          spellCheck={false}
          error={problems.method !== undefined}
          aria-describedby={problems.method ? `${id}-method-problem` : undefined}
          comboboxProps={{ transitionProps: { duration: 0 } }}
        />
        {problems.method ? (
          <p id={`${id}-method-problem`} className={styles.problem}>
            {problems.method}
          </p>
        ) : null}
      </div>

      <div className={styles.field}>
        <span className={styles.label}>
          Payload <span className="quiet">JSON, at most 128 KB; blank sends null</span>
        </span>
        <JsonEditor
          value={form.payload}
          change={(payload) => form.change({ payload })}
          label="Payload as JSON"
          placeholder="{ }"
        />
        {problems.payload ? <p className={styles.problem}>{problems.payload}</p> : null}
      </div>

      <div className={styles.numbers}>
        <NumberField
          label="Response timeout"
          unit="s"
          min={5}
          max={300}
          title="5 to 300 s"
          value={form.responseTimeout}
          change={(responseTimeout) => form.change({ responseTimeout })}
          problem={problems.responseTimeout}
        />
        <NumberField
          label="Connect timeout"
          unit="s"
          min={0}
          max={300}
          title="0 to 300 s"
          value={form.connectTimeout}
          change={(connectTimeout) => form.change({ connectTimeout })}
          problem={problems.connectTimeout}
        />
        <NumberField
          label="At once"
          min={1}
          max={1_000}
          title="Calls in flight at once: 1 to 1000"
          value={form.concurrency}
          change={(concurrency) => form.change({ concurrency })}
          problem={problems.concurrency}
        />
      </div>
      <p className={styles.sentence}>{consequence(form.responseTimeout, form.connectTimeout)}</p>

      <Problem problem={problem} />
      <Button
        look="main"
        type="submit"
        disabled={busy || wrong || size === 0}
        icon={<IconPlayerPlay aria-hidden="true" />}
        shortcut={actionOf('invoke').shortcut}
      >
        {size === 0 ? 'Choose a target' : size === 1 ? 'Invoke' : `Invoke on ${plural(size, 'device')}`}
      </Button>
    </form>
  );
}

function selectionWords(devices: readonly string[], selected: boolean): string {
  if (devices.length === 0) return 'Nothing selected';
  if (devices.length === 1) return `${devices[0]} (${selected ? 'selected' : 'open'})`;
  return `${count(devices.length)} selected devices`;
}

/** What will happen, in one or two sentences. */
function consequence(response: number, connect: number): string {
  if (!Number.isInteger(response) || !Number.isInteger(connect)) return '';
  const offline =
    connect === 0
      ? 'An offline device is 404 at once.'
      : `An offline device has ${connect} s to come online, then 404.`;
  return `The hub waits up to ${response} s for the answer, then 504. ${offline}`;
}
