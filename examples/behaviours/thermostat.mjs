// A thermostat as a behaviour of your own, for fleets that Hubfleet runs.
//
// Copy this file to the folder `behaviours` of Hubfleet's data folder (or name it by its absolute path), then give a fleet
//   { "kind": "module", "file": "thermostat.mjs", "settings": { "warmest": 28 } }
// as its behaviour. A changed file is read again when the fleet's behaviour is set again, also while the fleet runs.
//
// `request` has `name`, `rid`, `payload` (the JSON text as it came) and `json` (its value; undefined without a payload). `device` has
//   id, settings                     which device this is; what the fleet's behaviour says under `settings`
//   reply(status, payload)           answers, once; any whole status from 0. Left out, the caller waits until it gives up
//   report(patch)                    merges into the reported properties; null deletes
//   twin                             desired, desiredVersion, reported, reportedVersion as the device knows them
//   memory                           an object of its own, kept through a reboot
//   wait(ms), isoNow(), localNow()   time, on the simulation's clock
//   random()                         chance from 0 to below 1, the same for the same seed
//   reboot(dark)                     drops the link, stays dark so many ms, comes back; onStart goes on from there
//   status                           protocol, uptime (ms), connects, calls, telemetryInterval (ms)
//   setTelemetryInterval(ms), lockUp(), complain(text)
// Await what gives a promise. What is thrown is told on the device, and answered with 500.

/** Called for every direct method. */
export async function onMethod(request, device) {
  const { warmest = 30 } = device.settings;
  if (request.name === 'setTarget') {
    const target = request.json;
    if (typeof target !== 'number' || target > warmest) {
      await device.reply(400, { message: `The payload is a temperature up to ${warmest}.` });
      return;
    }
    device.memory.target = target;
    await device.wait(200 + Math.round(device.random() * 800)); // the valve turns
    await device.report({ thermostat: { target, since: device.isoNow() } });
    await device.reply(200, { target });
  } else if (request.name === 'getTarget') {
    await device.reply(200, { target: device.memory.target ?? null });
  } else {
    await device.reply(404, { message: `Unknown method ${request.name}`, methods: ['setTarget', 'getTarget'] });
  }
}

/** Called when the device is online for the first time since it was switched on or rebooted. May be left out. */
export async function onStart(device) {
  device.memory.target ??= device.twin.reported.thermostat?.target ?? 20;
}
