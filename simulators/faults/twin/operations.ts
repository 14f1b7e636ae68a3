// What of a device's traffic with its twin a fault is about.
import type { TwinPassage } from '../../vocabulary/passages.ts';

export const reports = ({ operation }: TwinPassage): boolean => operation === 'report';
export const gets = ({ operation }: TwinPassage): boolean => operation === 'get';
