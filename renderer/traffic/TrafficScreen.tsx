// The traffic of the whole fleet.
import { TrafficPane } from './TrafficPane.tsx';

export function TrafficScreen() {
  return <TrafficPane place="fleet" />;
}
