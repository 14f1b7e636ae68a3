// After packing: sets the fuses of the app's executable, before anything signs it.
import { join } from 'node:path';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';

/** What an installed Hubfleet needs not, an attacker on the same machine does not get. */
export const fuses = {
  version: FuseVersion.V1,
  strictlyRequireAllFuses: false,
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
};

export default async function afterPack({ appOutDir, electronPlatformName, packager }) {
  const name = packager.appInfo.productFilename;
  const file = {
    darwin: () => `${name}.app/Contents/MacOS/${name}`,
    win32: () => `${name}.exe`,
    linux: () => packager.executableName,
  }[electronPlatformName]();
  await flipFuses(join(appOutDir, file), {
    ...fuses,
    resetAdHocDarwinSignature: electronPlatformName === 'darwin', // Apple silicon starts nothing whose signature does not fit
  });
}
