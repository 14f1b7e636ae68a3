import type { FuseConfig } from '@electron/fuses';
export const fuses: FuseConfig;
export default function afterPack(context: object): Promise<void>;
