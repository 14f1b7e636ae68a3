// The twin as the hub has it: desired beside reported, path by path, drift marked; desired can be edited below.
import { IconCheck, IconChevronDown, IconChevronRight, IconPencil } from '@tabler/icons-react';
import { Fragment, useMemo, useState } from 'react';
import type { DeviceView, TwinView } from '../connection/shapes.ts';
import { Button } from '../widgets/Button.tsx';
import { CopyText } from '../widgets/Copy.tsx';
import { Elapsed } from '../widgets/Elapsed.tsx';
import { plural } from '../widgets/format.ts';
import { JsonInline } from '../widgets/JsonText.tsx';
import { Empty } from '../widgets/Notes.tsx';
import { Split } from '../widgets/Split.tsx';
import { DesiredEditor } from './DesiredEditor.tsx';
import styles from './Device.module.css';
import { type TwinLine, twinLines } from './twin.ts';

export function TwinTab({ device, view }: { readonly device: string; readonly view: NonNullable<DeviceView> }) {
  const [editing, setEditing] = useState(false);
  const { twin, problem } = view;
  if (!twin) return <Empty title={problem ?? 'Reading the twin'} />;
  const drifts = twin.drift.length;
  return (
    <div className={styles.twin}>
      <div className={styles.bar}>
        {drifts > 0 ? (
          <span className={styles.drift}>
            <b aria-hidden="true">≠</b>
            {plural(drifts, 'path')} {drifts === 1 ? 'differs' : 'differ'}
          </span>
        ) : (
          <span className={styles.same}>
            <IconCheck aria-hidden="true" />
            {Object.keys(twin.desired).some((key) => !key.startsWith('$'))
              ? 'All desired values are reported'
              : 'Nothing is desired yet'}
          </span>
        )}
        <span title="Grows by one with every change of its section">
          desired version {twin.desiredVersion}, reported version {twin.reportedVersion}
        </span>
        <CopyText text={twin.etag} label="etag" shown={`etag ${twin.etag}`} />
        <span className={styles.space} />
        {editing ? null : (
          <Button icon={<IconPencil aria-hidden="true" />} onClick={() => setEditing(true)}>
            Edit desired
          </Button>
        )}
      </div>
      <div className={styles.twin}>
        <Split
          name="twin"
          direction="vertical"
          panes={[
            { id: 'tree', min: '6rem', content: <TwinTree twin={twin} /> },
            editing && {
              id: 'desired',
              size: '50%',
              min: '10rem',
              content: <DesiredEditor device={device} twin={twin} close={() => setEditing(false)} />,
            },
          ]}
        />
      </div>
    </div>
  );
}

function TwinTree({ twin }: { readonly twin: TwinView }) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const lines = useMemo(() => twinLines(twin.desired, twin.reported, new Set(twin.drift)), [twin]);
  const tags = useMemo(() => twinLines(twin.tags, {}, new Set()), [twin.tags]);
  const toggle = (path: string) => {
    const next = new Set(closed);
    if (!next.delete(path)) next.add(path);
    setClosed(next);
  };
  const visible = (list: readonly TwinLine[], section: string) =>
    list.filter((line) => ![...closed].some((path) => `${section}${line.path}`.startsWith(`${path}.`)));

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable with the keyboard
    <section className={styles.scroll} tabIndex={0} aria-label="Twin">
      <table className={styles.tree} aria-label="Desired and reported properties">
        <thead>
          <tr>
            <th scope="col">Property</th>
            <th scope="col">Desired</th>
            <th scope="col">Reported</th>
          </tr>
        </thead>
        <tbody>
          {visible(lines, '').map((line) => (
            <tr key={line.path} className={line.drift && !line.group ? styles.different : ''}>
              <th scope="row">
                <Name line={line} id={line.path} closed={closed.has(line.path)} toggle={toggle} />
              </th>
              {line.group ? (
                <td colSpan={2} />
              ) : (
                <>
                  <td>
                    <Value value={line.desired} at={twin.changed.desired[line.path]} none="" />
                  </td>
                  <td>
                    <Value
                      value={line.reported}
                      at={twin.changed.reported[line.path]}
                      none={line.drift ? 'not reported' : ''}
                    />
                  </td>
                </>
              )}
            </tr>
          ))}
          {lines.length === 0 ? (
            <tr>
              <td colSpan={3} className="quiet">
                No properties yet. Edit desired to set the first.
              </td>
            </tr>
          ) : null}
          {tags.length > 0 ? (
            <tr className={styles.section}>
              <th colSpan={3} scope="colgroup">
                Tags, which the device does not see
              </th>
            </tr>
          ) : null}
          {visible(tags, 'tags:').map((line) => (
            <tr key={`tags:${line.path}`}>
              <th scope="row">
                <Name line={line} id={`tags:${line.path}`} closed={closed.has(`tags:${line.path}`)} toggle={toggle} />
              </th>
              <td colSpan={2}>{line.group ? null : <Value value={line.desired} at={undefined} none="" />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Name({
  line,
  id,
  closed,
  toggle,
}: {
  readonly line: TwinLine;
  readonly id: string;
  readonly closed: boolean;
  toggle(path: string): void;
}) {
  const name = (
    <>
      <code className="clip" title={line.path}>
        {line.name}
      </code>
      {line.drift ? (
        <span className={styles.differs} title="Desired differs from reported">
          <span aria-hidden="true">≠</span>
          <span className="unseen">differs</span>
        </span>
      ) : null}
    </>
  );
  return (
    <span className={styles.path} style={{ paddingLeft: `${line.depth}rem` }}>
      {line.group ? (
        <button type="button" aria-expanded={!closed} onClick={() => toggle(id)}>
          {closed ? <IconChevronRight aria-hidden="true" /> : <IconChevronDown aria-hidden="true" />}
          {name}
        </button>
      ) : (
        <Fragment>
          <span style={{ width: '0.875rem', flex: 'none' }} />
          {name}
        </Fragment>
      )}
    </span>
  );
}

function Value({
  value,
  at,
  none,
}: {
  readonly value: unknown;
  readonly at: string | undefined;
  readonly none: string;
}) {
  if (value === undefined) return <span className="quiet">{none}</span>;
  return (
    <span className={styles.value}>
      <JsonInline value={value} />
      {at ? <Elapsed at={Date.parse(at)} /> : null}
    </span>
  );
}
