// A device's modules, or the device of a module: each is an identity with a page of its own.
import { useSnapshot, useTotals } from '../connection/hooks.ts';
import { useWindow } from '../store/window.ts';
import { StateMark, stateWords } from '../widgets/StateMark.tsx';
import styles from './Device.module.css';

/** A device has at most so many modules. */
const most = 50;

export function Relatives({ device, fleet }: { readonly device: string; readonly fleet: string }) {
  const slash = device.indexOf('/');
  const modules = useTotals((totals) => totals.fleets.find(({ name }) => name === fleet)?.spec.modules.length) ?? 0;
  const filter = slash > 0 ? `id:${device.slice(0, slash)}` : modules > 0 ? `id:${device}/*` : undefined;
  const { data } = useSnapshot('fleet', filter === undefined ? undefined : { filter, count: most });
  if (filter === undefined || !data || data.rows.length === 0) return null;
  return (
    <nav className={styles.relatives} aria-label={slash > 0 ? 'Device of this module' : 'Modules of this device'}>
      <span className="quiet">{slash > 0 ? 'Module of' : 'Modules'}</span>
      {data.rows.map(({ id, state, inFlight }) => (
        <button key={id} type="button" title={`Open ${id}`} onClick={() => useWindow.getState().openDevice(id)}>
          <StateMark state={state} busy={inFlight > 0} />
          <span className="unseen">{stateWords[state]}</span>
          {slash > 0 ? id : id.slice(id.indexOf('/') + 1)}
        </button>
      ))}
    </nav>
  );
}
