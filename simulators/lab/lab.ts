// The one object a host opens: joins clock, chance, hub, fleets, faults, invoker, journal and metrics, and owns the worker threads.
