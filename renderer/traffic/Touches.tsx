// The faults that struck a call: each with the leg it struck in and how much longer it made it, and the way to the fault itself.
import type { FaultTouch } from '../connection/shapes.ts';
import { showFaults } from '../store/faults.ts';
import { millis } from '../widgets/format.ts';
import { Bolt } from '../widgets/StateMark.tsx';
import styles from './Traffic.module.css';
import { legNames } from './Waterfall.tsx';

const words = Object.fromEntries(
  legNames.map(([leg, name]) => [leg, `${name.charAt(0).toLowerCase()}${name.slice(1)}`]),
) as Readonly<Record<FaultTouch['leg'], string>>;

export function Touches({ touches }: { readonly touches: readonly FaultTouch[] }) {
  return (
    <ul className={styles.touches} aria-label="Faults that struck it">
      {touches.map(({ fault, leg, held }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: one fault may strike twice; they stand in the order in which they struck
        <li key={index}>
          <Bolt />
          <button
            type="button"
            title={`Show fault ${fault}`}
            onClick={() => showFaults({ kind: 'change', name: fault })}
          >
            {fault}
          </button>{' '}
          <span className="quiet">
            {words[leg]}
            {held === undefined ? '' : `, ${millis(held)} longer`}
          </span>
        </li>
      ))}
    </ul>
  );
}
