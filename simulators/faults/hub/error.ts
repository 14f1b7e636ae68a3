// `hub.error`: the service API answers with an error instead of doing what it was asked.
import type { SettingsOf } from '../../vocabulary/fault-specs.ts';
import type { FaultMaker } from '../fault.ts';

const words: Readonly<Record<SettingsOf<'hub.error'>['status'], string>> = {
  429: 'Too many requests',
  500: 'The service failed',
  502: 'Bad gateway',
  503: 'The service is unavailable',
  504: 'The service did not answer in time',
};

export const hubError: FaultMaker<'hub.error'> = ({ status, operations }, { name }) => ({
  concerns: { request: ({ operation }) => operations === undefined || operations.includes(operation) },
  request: (passage) => passage.refuse(status, `${words[status]} (fault ${name}).`),
});
