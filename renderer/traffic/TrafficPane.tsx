// Traffic like a browser's network panel: filter, kinds, pause, the table, and below it everything about one row.
import { IconPlayerPause, IconPlayerPlay, IconTrash } from '@tabler/icons-react';
import { useCallback } from 'react';
import { actionOf } from '../actions/registry.ts';
import { useSnapshot } from '../connection/hooks.ts';
import type { TrafficView } from '../connection/shapes.ts';
import { type TrafficPlace, useTraffic } from '../store/traffic.ts';
import { Button, IconButton } from '../widgets/Button.tsx';
import { FilterBox } from '../widgets/FilterBox.tsx';
import { bytes, count, plural } from '../widgets/format.ts';
import { Segments } from '../widgets/Segments.tsx';
import { Split } from '../widgets/Split.tsx';
import { useWidth } from '../widgets/width.ts';
import styles from './Traffic.module.css';
import { TrafficRowDetail } from './TrafficDetail.tsx';
import { TrafficTable } from './TrafficTable.tsx';
import { LegLegend } from './Waterfall.tsx';

const tokens = [
  { token: 'status:504', means: 'HTTP or device status' },
  { token: 'method:reboot', means: 'name of the method' },
  { token: 'is:pending', means: 'pending, failed, faulted, hinted' },
  { token: 'kind:c2d', means: 'method, twin, telemetry, c2d, message (both), job, link, fault, hint' },
  { token: 'outcome:rejected', means: 'completed, rejected, abandoned, expired, purged' },
  { token: '-method:echo', means: 'all but these' },
] as const;
const deviceToken = { token: 'device:th-00*', means: 'device, * is any text' };

const kinds = ['all', 'method', 'twin', 'message', 'link', 'hint'] as const;
type KindChoice = (typeof kinds)[number];
const kindToken = /(^|\s)kind:(\S+)/;
const kindNames: Readonly<Record<KindChoice, readonly [label: string, title: string]>> = {
  all: ['All', 'All kinds'],
  method: ['Methods', 'Direct methods'],
  twin: ['Twin', 'Twin operations'],
  message: ['Messages', 'Telemetry and cloud-to-device messages'],
  link: ['Link', 'Connections'],
  hint: ['Hints', 'What is odd'],
};

/** Rows asked for at most; more match, the footer says so. */
const limit = 500;
const nothing: TrafficView = { rows: [], matching: 0, total: 0, forgotten: 0 };

export function TrafficPane({ place, device }: { readonly place: TrafficPlace; readonly device?: string }) {
  const { filter, held, open } = useTraffic((state) => state[place]);
  const change = useTraffic((state) => state.change);
  const [measure, width] = useWidth();
  const { data } = useSnapshot('traffic', {
    filter,
    limit,
    ...(device === undefined ? {} : { device }),
    ...(held ? { upTo: held.upTo } : {}),
  });
  const view = data ?? nothing;
  const newest = view.rows.at(-1)?.id;
  const total = view.total;

  const setFilter = useCallback((text: string) => change(place, { filter: text, held: undefined }), [change, place]);
  const hold = useCallback(() => {
    if (newest !== undefined) change(place, { held: { upTo: newest, total } });
  }, [change, place, newest, total]);
  const follow = useCallback(() => change(place, { held: undefined }), [change, place]);

  const said = kindToken.exec(filter)?.[2];
  const kind = kinds.find((each) => each === said) ?? 'all';
  const chooseKind = (next: KindChoice) => {
    const rest = filter.replace(kindToken, ' ').trim();
    setFilter(next === 'all' ? rest : `kind:${next} ${rest}`.trim());
  };

  return (
    <section
      ref={measure}
      aria-label={device ? `Traffic of ${device}` : 'Traffic of the fleet'}
      className={styles.pane}
    >
      <div className={styles.toolbar}>
        <IconButton
          label={held ? 'Follow the newest rows' : 'Pause: hold the rows as they are'}
          pressed={held !== undefined}
          onClick={held ? follow : hold}
        >
          {held ? <IconPlayerPlay /> : <IconPlayerPause />}
        </IconButton>
        <IconButton
          label="Clear the traffic"
          shortcut={actionOf('traffic.clear').shortcut}
          onClick={actionOf('traffic.clear').perform}
        >
          <IconTrash />
        </IconButton>
        <FilterBox
          value={filter}
          change={setFilter}
          label="Filter traffic"
          tokens={device ? tokens : [deviceToken, ...tokens]}
          problem={data?.problem}
        />
        {width === 0 || width > 620 ? (
          <Segments
            label="Kind of traffic"
            options={kinds.map((name) => {
              const [label, title] = kindNames[name];
              return { name, label, title };
            })}
            chosen={kind}
            choose={chooseKind}
          />
        ) : null}
        {held ? (
          <Button look="quiet" onClick={follow}>
            Paused{device === undefined && total > held.total ? `, ${plural(total - held.total, 'newer row')}` : ''}.
            Follow
          </Button>
        ) : null}
      </div>
      <div className={styles.split}>
        <Split
          name={`traffic-${place}`}
          direction="vertical"
          panes={[
            {
              id: 'rows',
              min: '6rem',
              content: (
                <TrafficTable place={place} view={view} withDevice={device === undefined} hold={hold} follow={follow} />
              ),
            },
            open !== undefined && {
              id: 'detail',
              size: '46%',
              min: '8rem',
              content: (
                <TrafficRowDetail
                  key={open}
                  id={open}
                  row={view.rows.find((row) => row.id === open)}
                  close={() => change(place, { open: undefined })}
                />
              ),
            },
          ]}
        />
      </div>
      <Footer view={view} ofAll={device === undefined} />
    </section>
  );
}

function Footer({ view, ofAll }: { readonly view: TrafficView; readonly ofAll: boolean }) {
  const failed = view.rows.filter((row) => row.httpStatus !== undefined && row.httpStatus !== 200).length;
  const pending = view.rows.filter((row) => row.pending).length;
  const size = view.rows.reduce((sum, row) => sum + (row.bytes ?? 0), 0);
  const hidden = view.matching - view.rows.length;
  return (
    <div className={styles.footer}>
      <span>
        {ofAll && view.matching < view.total ? `${count(view.matching)} of ` : ''}
        {plural(ofAll ? view.total : view.matching, 'row')}
      </span>
      <span>{bytes(size)}</span>
      {pending > 0 ? <span>{count(pending)} pending</span> : null}
      {failed > 0 ? <span className={styles.bad}>{count(failed)} failed</span> : null}
      {hidden > 0 ? <span>{count(hidden)} older rows not shown; filter to reach them</span> : null}
      {view.forgotten > 0 ? <span>{count(view.forgotten)} trimmed</span> : null}
      <div className={styles.legs}>
        <LegLegend />
      </div>
    </div>
  );
}
