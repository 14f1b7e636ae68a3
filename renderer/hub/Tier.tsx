// The limits of a tier: chosen while the hub runs, and how much of each is used now.
import { useEffect, useState } from 'react';
import { client } from '../connection/client.ts';
import { useAttempt } from '../connection/hooks.ts';
import type { HubUsage, Throttle } from '../connection/shapes.ts';
import { Button } from '../widgets/Button.tsx';
import { NumberField } from '../widgets/Field.tsx';
import { bytes, count } from '../widgets/format.ts';
import { Problem } from '../widgets/Notes.tsx';
import { Segments } from '../widgets/Segments.tsx';
import styles from './Hub.module.css';

type TierName = Throttle['tier'];

/** Units a hub of the tier may have (reference 8). */
const mostUnits: Readonly<Record<TierName, number>> = { off: 1, F1: 1, S1: 200, S2: 200, S3: 10 };
const tiers: readonly { readonly name: TierName; readonly label: string; readonly title: string }[] = [
  { name: 'off', label: 'Off', title: 'Off: nothing is limited' },
  { name: 'F1', label: 'F1', title: 'F1: free, 1 unit, 8,000 messages a day' },
  { name: 'S1', label: 'S1', title: 'S1: 400,000 messages a day and unit' },
  { name: 'S2', label: 'S2', title: 'S2: 6,000,000 messages a day and unit' },
  { name: 'S3', label: 'S3', title: 'S3: 300,000,000 messages a day and unit' },
];
const says: Readonly<Record<string, string>> = {
  registry: 'creating, reading, changing and deleting identities',
  connections: 'devices that connect anew',
  telemetry: 'messages from devices',
  'cloud-to-device sends': 'messages from services to devices',
  'cloud-to-device receives': 'messages that devices take over HTTPS',
  methods: 'payload of method calls, metered in steps of 4 KB',
  queries: 'pages of queries',
  'twin reads': 'from devices and services',
  'twin updates': 'from devices and services',
  jobs: 'making, reading and cancelling jobs',
  'job devices': 'devices that jobs deal with; the rest waits',
  configurations: 'automatic device management',
};

export function Tier({ usage }: { readonly usage: HubUsage }) {
  const { limits, today } = usage;
  // What was just chosen counts until the hub is heard of it.
  const [wanted, setWanted] = useState<Throttle>();
  const heard = JSON.stringify(usage.throttle);
  // biome-ignore lint/correctness/useExhaustiveDependencies: cleared when what is heard changes
  useEffect(() => setWanted(undefined), [heard]);
  const throttle = wanted ?? usage.throttle;
  const units = throttle.tier === 'off' ? 1 : throttle.units;
  const [draft, setDraft] = useState(units);
  const { busy, problem, attempt } = useAttempt();
  useEffect(() => setDraft(units), [units]);

  const most = mostUnits[throttle.tier];
  const wrong =
    throttle.tier !== 'off' && (!Number.isInteger(draft) || draft < 1 || draft > most)
      ? `Units: ${Number.isNaN(draft) ? 'empty' : draft} is not 1 to ${most} for ${throttle.tier}.`
      : undefined;
  const apply = (next: Throttle) => {
    setWanted(next);
    void attempt(() => client.run('hub.throttle', { throttle: next })).then((done) => {
      if (!done) setWanted(undefined);
    });
  };
  const choose = (tier: TierName) =>
    apply(tier === 'off' ? { tier } : { tier, units: Math.min(Math.max(1, units), mostUnits[tier]) });

  return (
    <>
      <form
        className={styles.tier}
        aria-label="Tier"
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong && throttle.tier !== 'off') apply({ tier: throttle.tier, units: draft });
        }}
      >
        <Segments label="Tier" options={tiers} chosen={throttle.tier} choose={choose} />
        {throttle.tier !== 'off' && most > 1 ? (
          <>
            <NumberField
              label="Units"
              min={1}
              max={most}
              title={`1 to ${most}`}
              value={draft}
              change={setDraft}
              problem={wrong}
            />
            {draft === units ? null : (
              <Button type="submit" disabled={busy || wrong !== undefined}>
                Set
              </Button>
            )}
          </>
        ) : null}
      </form>
      <p className={styles.lead}>
        {throttle.tier === 'off'
          ? 'Nothing is limited. Choose a tier, and what goes over its limits is answered with 429, as the service does.'
          : `Over a limit the hub answers 429; jobs wait instead. ${dayWords(today)}`}
      </p>
      <Problem problem={problem} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable with the keyboard */}
      <section className={styles.wide} tabIndex={0} aria-label="Limits">
        <table className={`${styles.table} ${styles.limits}`} aria-label="Limits and what is used of them">
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col" className={styles.number}>
                Used
              </th>
              <th scope="col" className={styles.number}>
                Limit
              </th>
              <th scope="col">Share</th>
              <th scope="col" className={styles.number}>
                Refused
              </th>
            </tr>
          </thead>
          <tbody>
            {limits.map(({ kind, limit, used, refused }) => (
              <tr key={kind}>
                <th scope="row">
                  {kind} <span className="quiet">{says[kind]}</span>
                </th>
                <td className={styles.number}>{amount(kind, used)}</td>
                <td className={styles.number}>
                  {limit === null ? <span className="quiet">none</span> : amount(kind, limit)}
                </td>
                <td>{limit === null ? null : <Share kind={kind} used={used} limit={limit} />}</td>
                <td className={`${styles.number} ${refused > 0 ? styles.refused : ''}`}>{count(refused)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function Share({ kind, used, limit }: { readonly kind: string; readonly used: number; readonly limit: number }) {
  const share = limit === 0 ? 0 : used / limit;
  const percent = Math.round(share * 100);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a meter element cannot be drawn with our colours in every browser
    <span
      className={styles.share}
      role="meter"
      aria-label={`Used of ${kind}`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.min(100, percent)}
      aria-valuetext={`${percent}%`}
      title={`${percent}% of what a second allows; a burst may be above it`}
    >
      <span className={share >= 0.8 ? styles.tight : ''} style={{ width: `${Math.min(100, share * 100)}%` }} />
    </span>
  );
}

/** A minute's limit reads as one of a minute when a second has less than ten. */
function amount(kind: string, perSecond: number): string {
  if (kind === 'methods') return `${bytes(perSecond)}/s`;
  if (Number.isInteger(perSecond)) return `${count(perSecond)}/s`;
  return `${count(Math.round(perSecond * 60))}/min`;
}

function dayWords({ used, limit }: HubUsage['today']): string {
  return limit === null ? '' : `Today (UTC) ${count(used)} of ${count(limit)} messages are used.`;
}
