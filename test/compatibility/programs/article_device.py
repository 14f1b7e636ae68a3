"""The device of the Python article on bare MQTT: the topics and the behaviour of its SDK, through Debian's paho-mqtt.

Environment: HOST, PORT, HUB (the name in tokens), DEVICE, KEY (base64), CA (PEM file), WORK (seconds that rebootDevice takes).
"""
import base64, hashlib, hmac, json, os, ssl, sys, threading, time, urllib.parse

import paho.mqtt.client as mqtt

env = os.environ
hub, device, work = env["HUB"], env["DEVICE"], float(env["WORK"])


def say(*words):
    # In one piece: two threads say things, and print writes words and line ends one by one.
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def token():
    resource = urllib.parse.quote(f"{hub}/devices/{device}", safe="")
    expiry = int(time.time()) + 3600
    signed = hmac.new(base64.b64decode(env["KEY"]), f"{resource}\n{expiry}".encode(), hashlib.sha256).digest()
    signature = urllib.parse.quote(base64.b64encode(signed), safe="")
    return f"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}"


def answer(client, status, rid, body):
    # The Python SDK answers with QoS 1.
    client.publish(f"$iothub/methods/res/{status}/?$rid={rid}", json.dumps(body), qos=1)


def handle(client, name, rid, payload):
    say("method", name, payload)
    if name != "rebootDevice":
        answer(client, 404, rid, {"Response": "Unknown method"})
        return
    time.sleep(work)
    reported = json.dumps({"rebootTime": time.strftime("%Y-%m-%d %H:%M:%S")})
    client.publish("$iothub/twin/PATCH/properties/reported/?$rid=report-1", reported, qos=1)
    answer(client, 200, rid, {"Response": "This is the response from the device"})


def on_connect(client, _userdata, flags, code):
    say("connected", code)
    if code != 0:
        sys.exit(3)
    client.subscribe([("$iothub/methods/POST/#", 1), ("$iothub/twin/res/#", 1)])


def on_message(client, _userdata, message):
    topic = message.topic
    if topic.startswith("$iothub/methods/POST/"):
        name = urllib.parse.unquote(topic.split("/")[3])
        rid = urllib.parse.parse_qs(topic.split("?", 1)[1])["$rid"][0]
        payload = json.loads(message.payload) if message.payload else None
        threading.Thread(target=handle, args=(client, name, rid, payload), daemon=True).start()
    elif topic.startswith("$iothub/twin/res/"):
        say("twin", topic.split("/")[3])


client = mqtt.Client(client_id=device, clean_session=False, protocol=mqtt.MQTTv311)
client.username_pw_set(f"{hub}/{device}/?api-version=2019-10-01&DeviceClientType=article%2F1.0", token())
# As the SDK pins it (TLS 1.2 only).
client.tls_set(ca_certs=env["CA"], tls_version=ssl.PROTOCOL_TLSv1_2)
client.on_connect, client.on_message = on_connect, on_message
client.on_subscribe = lambda *_: say("waiting for commands")
client.connect(env["HOST"], int(env["PORT"]), keepalive=60)
client.loop_forever()
