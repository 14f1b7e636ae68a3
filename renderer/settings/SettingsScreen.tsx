// How the window looks for this person.
import { densities, rowHeights, textSizes, themes, useSettings } from '../store/settings.ts';
import { Segments } from '../widgets/Segments.tsx';
import styles from './Settings.module.css';

const themeNames = { system: 'System', light: 'Light', dark: 'Dark', contrast: 'High contrast' } as const;
const densityNames = { compact: 'Compact', normal: 'Normal', roomy: 'Roomy' } as const;

export default function SettingsScreen() {
  const { theme, textSize, density, set } = useSettings();
  return (
    <div className={styles.page}>
      <h2>Settings</h2>
      <div className={styles.line}>
        <div>
          <h3>Theme</h3>
          <p>System follows light, dark and contrast as this machine says.</p>
        </div>
        <Segments
          label="Theme"
          options={themes.map((name) => ({ name, label: themeNames[name] }))}
          chosen={theme}
          choose={(chosen) => set({ theme: chosen })}
        />
      </div>
      <div className={styles.line}>
        <div>
          <h3>Text size</h3>
          <p>100% is 13 px. Everything grows with it.</p>
        </div>
        <Segments
          label="Text size"
          options={textSizes.map((size) => ({ name: String(size), label: `${size}%` }))}
          chosen={String(textSize)}
          choose={(size) => set({ textSize: Number(size) })}
        />
      </div>
      <div className={styles.line}>
        <div>
          <h3>Rows</h3>
          <p>Height of the rows in tables.</p>
        </div>
        <Segments
          label="Rows"
          options={densities.map((name) => ({ name, label: `${densityNames[name]}, ${rowHeights[name]} px` }))}
          chosen={density}
          choose={(chosen) => set({ density: chosen })}
        />
      </div>
      <p className={styles.note}>Kept in this browser or desktop profile only. Hubfleet sends nothing home.</p>
    </div>
  );
}
