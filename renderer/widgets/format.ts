// Numbers as people read them, always with their unit.
const grouped = new Intl.NumberFormat('en-US');
const clockTime = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const absolute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

export const count = (value: number): string => grouped.format(value);

/** `1 device`, `12 devices`. */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** Milliseconds with three figures that matter: `0.8 ms`, `12.4 ms`, `812 ms`, `1.24 s`, `2 m 05 s`. */
export function millis(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value < 99.95) return `${value < 9.995 ? value.toFixed(value < 0.995 ? 2 : 1) : value.toFixed(1)} ms`;
  if (value < 999.5) return `${Math.round(value)} ms`;
  if (value < 59_950) return `${(value / 1_000).toFixed(value < 9_995 ? 2 : 1)} s`;
  const whole = Math.round(value / 1_000);
  return whole < 3_600
    ? `${Math.floor(whole / 60)} m ${pad(whole % 60)} s`
    : `${Math.floor(whole / 3_600)} h ${pad(Math.floor((whole % 3_600) / 60))} m`;
}

/** A length that was set, not measured: no figure that nobody wrote. `50 ms`, `2.5 s`, `2 m 00 s`. */
export const setMillis = (value: number): string =>
  value < 1_000 ? `${value} ms` : value < 60_000 ? `${value / 1_000} s` : millis(value);

/** A time that still grows, in tenths of a second: `0.7 s`. */
export function secondsSo(value: number): string {
  const tenths = Math.max(0, Math.floor(value / 100));
  return tenths < 600 ? `${(tenths / 10).toFixed(1)} s` : millis(tenths * 100);
}

export function bytes(value: number | undefined): string {
  if (value === undefined) return '–';
  if (value < 1_024) return `${value} B`;
  if (value < 1_048_576) return `${(value / 1_024).toFixed(1)} KB`;
  return `${(value / 1_048_576).toFixed(1)} MB`;
}

export const perSecond = (value: number): string =>
  `${value < 10 && !Number.isInteger(value) ? value.toFixed(1) : count(Math.round(value))}/s`;

export const percent = (share: number): string => `${Number((share * 100).toFixed(2))}%`;

/** `14:03:22.187` */
export const timeOfDay = (at: number): string =>
  `${clockTime.format(at)}.${String(Math.floor(((at % 1_000) + 1_000) % 1_000)).padStart(3, '0')}`;

export const moment = (at: number): string => absolute.format(at);

/** `now`, `12 s ago`, `3 min ago`, `2 h ago`, `5 d ago`. */
export function ago(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  if (seconds < 1) return 'now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** JSON text indented for reading; other text as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const pad = (value: number): string => String(value).padStart(2, '0');
