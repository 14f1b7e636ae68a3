// Files of certificates that flags name.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { certificatesIn } from '../../simulators/certificates/pair.ts';
import { LabError } from '../../simulators/vocabulary/errors.ts';
import { reasonOf } from '../workspace/data-folder.ts';
import type { CliHost } from './host.ts';

/** The text of a PEM file with one certificate or more. Throws LabError file.unreadable or certificate.invalid naming the flag and the file. */
export function readCertificates(flag: string, file: string, { cwd }: Pick<CliHost, 'cwd'>): string {
  let pem: string;
  try {
    pem = readFileSync(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw new LabError('file.unreadable', `${flag}: ${file} cannot be read: ${reasonOf(error)}`, undefined, error);
  }
  try {
    certificatesIn(pem);
  } catch (error) {
    throw new LabError('certificate.invalid', `${flag}: ${file} holds no certificate in PEM form`, undefined, error);
  }
  return pem;
}
