// What a new fault shall do: every kind there is, by family, found by any word of it.
import { IconArrowLeft } from '@tabler/icons-react';
import { useState } from 'react';
import { IconButton } from '../widgets/Button.tsx';
import { TextField } from '../widgets/Field.tsx';
import { Words } from '../widgets/Words.tsx';
import styles from './Faults.module.css';
import { type FaultKind, kindsFor } from './kinds.ts';

export function KindChoice({ choose, back }: { choose(kind: FaultKind): void; back(): void }) {
  const [search, setSearch] = useState('');
  const families = kindsFor(search);
  const [first] = families;
  return (
    <div className={styles.pane}>
      <form
        className={styles.search}
        aria-label="Kind of fault"
        onSubmit={(event) => {
          event.preventDefault();
          const [one] = first?.kinds ?? [];
          if (one) choose(one.kind);
        }}
      >
        <IconButton label="Back to the faults" onClick={back}>
          <IconArrowLeft />
        </IconButton>
        <TextField
          label="What shall go wrong"
          type="search"
          autoFocus
          placeholder="504, token, twice …"
          value={search}
          onChange={({ target }) => setSearch(target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            event.preventDefault();
            if (search === '') back();
            else setSearch('');
          }}
        />
      </form>
      {families.map(({ title, kinds }) => (
        <section key={title} className={styles.presets} aria-label={`${title} faults`}>
          <h2>{title}</h2>
          <ul>
            {kinds.map(({ kind, form }) => (
              <li key={kind}>
                <button type="button" className={styles.choice} onClick={() => choose(kind)}>
                  <b>{form.title}</b>
                  <span>
                    <Words text={form.description} />
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
      {families.length === 0 ? <p className={styles.lead}>No kind of fault has these words.</p> : null}
    </div>
  );
}
