// Lets one build at a time write to dist/. A lock whose owner is gone is taken over.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const patience = 120_000;

/** Resolves with the function that gives the lock back. Waits for another build up to two minutes. */
export async function takeLock(file) {
  mkdirSync(dirname(file), { recursive: true });
  for (const began = Date.now(); ; await sleep(50)) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (ownerIsGone(file)) rmSync(file, { force: true });
    else if (Date.now() - began > patience) {
      throw new Error(`another build has held ${file} for two minutes; delete it if none is running`);
    }
  }
}

function ownerIsGone(file) {
  let owner;
  try {
    owner = Number(readFileSync(file, 'utf8'));
  } catch {
    return false; // given back meanwhile: simply try again
  }
  if (!Number.isInteger(owner) || owner <= 0) return false; // its owner is about to write its number
  try {
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
