// Two numbers that must never be taken for each other: the service's HTTP status (square) and the status the device chose (round, with its mark).
import styles from './Status.module.css';

export const httpWords: Readonly<Record<number, string>> = {
  0: 'no answer',
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  412: 'Precondition Failed',
  413: 'Payload Too Large',
  429: 'Too Many Requests',
  500: 'Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

export function HttpStatus({ status }: { readonly status: number | undefined }) {
  if (status === undefined) return null;
  const failed = status < 200 || status > 299;
  const words = httpWords[status] ?? '';
  return (
    <span
      className={`${styles.http} ${failed ? styles.failed : ''}`}
      title={`HTTP status ${status || ''} ${words}: what the service answered`}
    >
      <span className="unseen">HTTP </span>
      {status === 0 ? 'none' : status}
    </span>
  );
}

export function DeviceStatus({ status }: { readonly status: number | undefined }) {
  if (status === undefined) return null;
  return (
    <span
      className={`${styles.device} ${status >= 400 ? styles.failed : ''}`}
      title={`Device status ${status}: the number the device chose`}
    >
      <span className="unseen">device </span>
      <svg viewBox="0 0 8 8" aria-hidden="true" focusable="false">
        <circle cx="4" cy="4" r="2.75" />
      </svg>
      {status}
    </span>
  );
}
