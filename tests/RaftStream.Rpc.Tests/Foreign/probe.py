"""Calls the probe service with Debian's python3-grpcio: probe.py <host:port> <case>. Ends with 0 when the case holds.

Messages are built at run time from the contract that the server's reflection gives, so that no generated code is needed.
"""
import sys
import threading
import time

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SERVICE = "raftstream.test.v1.Probe"
OPTIONS = [("grpc.max_receive_message_length", 64 * 1024 * 1024), ("grpc.max_send_message_length", 64 * 1024 * 1024)]


def reflect(channel, version, field, value):
    """One question to reflection, encoded by hand: a string field of ServerReflectionRequest."""
    request = bytes([field << 3 | 2, len(value)]) + value.encode()
    call = channel.stream_stream("/grpc.reflection.%s.ServerReflection/ServerReflectionInfo" % version)
    return next(iter(call(iter([request]), timeout=20)))


def fields(data):
    """The length-delimited fields of a message; others are skipped."""
    at = 0

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 2:
            size = varint()
            yield tag >> 3, data[at:at + size]
            at += size
        else:
            varint()


def load(channel):
    """The message classes of the probe service by their short names."""
    answer = reflect(channel, "v1", 4, SERVICE)
    pool = descriptor_pool.DescriptorPool()
    names = []
    for number, part in fields(answer):
        if number == 4:
            for _, file in fields(part):
                proto = descriptor_pb2.FileDescriptorProto.FromString(file)
                pool.Add(proto)
                names += [(proto.package, message.name) for message in proto.message_type]
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName(package + "." + name)) for package, name in names}


class Client:
    def __init__(self, channel):
        self.channel = channel
        self.messages = load(channel)
        self.Ping, self.Pong = self.messages["Ping"], self.messages["Pong"]

    def method(self, kind, name, request, response):
        return getattr(self.channel, kind)(
            "/%s/%s" % (SERVICE, name),
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=self.messages[response].FromString)

    def unary(self, name="Echo", request="Ping", response="Pong"):
        return self.method("unary_unary", name, request, response)


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def failure(act, code):
    try:
        act()
    except grpc.RpcError as error:
        expect(error.code() == code, "%s instead of %s: %s" % (error.code(), code, error.details()))
        return error
    raise AssertionError("no %s" % code)


def unary(client):
    for size in (0, 1, 1000, 100000):
        pong = client.unary()(client.Ping(payload=b"x" * size, number=size), timeout=20)
        expect(pong.payload == b"x" * size and pong.number == size, "echo of %d bytes" % size)


def parallel(client):
    calls = [client.unary().future(client.Ping(number=i), timeout=20) for i in range(300)]
    expect([call.result().number for call in calls] == list(range(300)), "300 calls at once")


def big(client):
    payload = bytes(range(256)) * (8 * 4096)
    expect(client.unary()(client.Ping(payload=payload), timeout=60).payload == payload, "8 MiB there and back")


def too_big(client):
    error = failure(lambda: client.unary()(client.Ping(payload=bytes(17 * 1024 * 1024)), timeout=60), grpc.StatusCode.RESOURCE_EXHAUSTED)
    expect("limit" in error.details(), error.details())


def client_stream(client):
    collect = client.method("stream_unary", "Collect", "Ping", "Summary")
    summary = collect((client.Ping(payload=bytes(i)) for i in range(500)), timeout=20)
    expect(summary.messages == 500 and summary.bytes == 499 * 500 // 2, "sum of a client stream")


def server_stream(client):
    count = client.method("unary_stream", "Count", "CountRequest", "Pong")
    request = client.messages["CountRequest"](count=1000, size=5000)
    expect([pong.number for pong in count(request, timeout=20)] == list(range(1000)), "order of a server stream")
    request = client.messages["CountRequest"](count=3, then=15)
    seen = []
    failure(lambda: seen.extend(count(request, timeout=20)), grpc.StatusCode.DATA_LOSS)
    expect(len(seen) == 3, "messages before the bad end")


def duplex(client):
    chat = client.method("stream_stream", "Chat", "Ping", "Pong")
    pings = (client.Ping(number=i, payload=bytes(i * 37 % 20000)) for i in range(1000))
    for i, pong in enumerate(chat(pings, timeout=20)):
        expect(pong.number == i and len(pong.payload) == i * 37 % 20000, "answer %d" % i)
    expect(i == 999, "all answers")


def waiting(client):
    return client.unary("WaitState", "Ping", "WaitStateResponse")(client.Ping(), timeout=20)


def wait_for(condition, what):
    until = time.monotonic() + 20
    while not condition():
        expect(time.monotonic() < until, "waited in vain for " + what)
        time.sleep(0.01)


def deadline(client):
    failure(lambda: client.unary("Wait")(client.Ping(), timeout=0.2), grpc.StatusCode.DEADLINE_EXCEEDED)
    wait_for(lambda: waiting(client).cancelled == 1, "the handler to notice")


def cancel(client):
    call = client.unary("Wait").future(client.Ping(), timeout=60)
    wait_for(lambda: waiting(client).waiting == 1, "the handler to run")
    call.cancel()
    wait_for(lambda: waiting(client).cancelled == 1, "the handler to notice")
    stream = client.method("stream_stream", "Chat", "Ping", "Pong")
    done = threading.Event()

    def pings():
        yield client.Ping(number=1)
        done.wait(20)

    talk = stream(pings(), timeout=60)
    expect(next(talk).number == 1, "first answer")
    talk.cancel()
    done.set()
    failure(lambda: next(talk), grpc.StatusCode.CANCELLED)


def error(client):
    for code in grpc.StatusCode:
        if code == grpc.StatusCode.OK:
            continue
        request = client.messages["FailRequest"](code=code.value[0], message="nö: 50 %\n", reason=b"\x00\xff\x01")
        got = failure(lambda: client.unary("Fail", "FailRequest")(request, timeout=20), code)
        expect(got.details() == "nö: 50 %\n", "details: %r" % got.details())
        expect(dict(got.trailing_metadata())["x-reason-bin"] == b"\x00\xff\x01", "binary trailer")
    crash = client.messages["FailRequest"](crash=True)
    got = failure(lambda: client.unary("Fail", "FailRequest")(crash, timeout=20), grpc.StatusCode.UNKNOWN)
    expect("secret" not in got.details(), "nothing leaks")
    failure(lambda: client.unary("NotThere")(client.Ping(), timeout=20), grpc.StatusCode.UNIMPLEMENTED)
    failure(lambda: client.unary("Nowhere")(client.Ping(), timeout=20), grpc.StatusCode.UNIMPLEMENTED)


def metadata(client):
    every_byte = bytes(range(256))
    sent = (("x-echo-text", "a text"), ("x-echo-data-bin", every_byte), ("x-trail-text", "the end"), ("x-trail-data-bin", b"\x00"))
    _, call = client.unary().with_call(client.Ping(), metadata=sent, timeout=20)
    headers, trailers = dict(call.initial_metadata()), dict(call.trailing_metadata())
    expect(headers["x-echo-text"] == "a text" and headers["x-echo-data-bin"] == every_byte, "headers: %r" % headers)
    expect(trailers["x-trail-text"] == "the end" and trailers["x-trail-data-bin"] == b"\x00", "trailers: %r" % trailers)


def gzip(client):
    ping = client.Ping(payload=b"again " * 50000)
    for compression in (grpc.Compression.Gzip, grpc.Compression.NoCompression):
        pong = client.unary()(ping, compression=compression, timeout=20)
        expect(pong.payload == ping.payload, "echo with %s" % compression)
    # The server has no deflate: it says so, and which it has.
    failure(lambda: client.unary()(ping, compression=grpc.Compression.Deflate, timeout=20), grpc.StatusCode.UNIMPLEMENTED)


def health(client):
    check = client.channel.unary_unary("/grpc.health.v1.Health/Check")
    expect(check(b"", timeout=20) == b"\x08\x01", "SERVING")
    failure(lambda: check(b"\x0a\x01x", timeout=20), grpc.StatusCode.NOT_FOUND)
    watch = client.channel.unary_stream("/grpc.health.v1.Health/Watch")(b"\x0a\x01x", timeout=20)
    expect(next(watch) == b"\x08\x03", "SERVICE_UNKNOWN")
    watch.cancel()


def reflection(client):
    for version in ("v1", "v1alpha"):
        answer = reflect(client.channel, version, 7, "*")
        expect(SERVICE.encode() in answer and b"grpc.health.v1.Health" in answer, "list of services: %r" % answer)
    missing = reflect(client.channel, "v1", 4, "no.such.Thing")
    expect(b"no.such.Thing" in missing and all(number != 4 for number, _ in fields(missing)), "unknown symbol")


with grpc.insecure_channel(sys.argv[1], OPTIONS) as the_channel:
    globals()[sys.argv[2]](Client(the_channel))
