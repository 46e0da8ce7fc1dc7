"""A thin client in Python: creates a topic, produces, fetches and consumes. Its messages come from server reflection.

usage: client.py <host:port> <topic>
"""
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

endpoint, topic = sys.argv[1], sys.argv[2]
channel = grpc.insecure_channel(endpoint)
pool = descriptor_pool.DescriptorPool()


def new(type_name, /, **fields):
    descriptor = pool.FindMessageTypeByName(type_name)
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)(**fields)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)(**fields)


def load_reflection():
    """The two messages of grpc.reflection.v1 that are needed to ask for all the others."""
    file = descriptor_pb2.FileDescriptorProto(name="reflection.proto", package="grpc.reflection.v1", syntax="proto3")
    text, data = descriptor_pb2.FieldDescriptorProto.TYPE_STRING, descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
    request = file.message_type.add(name="ServerReflectionRequest")
    request.field.add(name="file_containing_symbol", number=4, type=text, label=1)
    files = file.message_type.add(name="FileDescriptorResponse")
    files.field.add(name="file_descriptor_proto", number=1, type=data, label=3)
    response = file.message_type.add(name="ServerReflectionResponse")
    response.field.add(name="file_descriptor_response", number=4, type=11, label=1,
                       type_name=".grpc.reflection.v1.FileDescriptorResponse")
    pool.Add(file)


def call(kind, path, request_type, response_type):
    request, response = type(new(request_type)), type(new(response_type))
    return getattr(channel, kind)(path, request_serializer=request.SerializeToString, response_deserializer=response.FromString)


def load_contract():
    load_reflection()
    reflect = call("stream_stream", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                   "grpc.reflection.v1.ServerReflectionRequest", "grpc.reflection.v1.ServerReflectionResponse")
    known = {}
    for symbol in ("raftstream.client.v1.Log", "raftstream.client.v1.Admin"):
        asked = new("grpc.reflection.v1.ServerReflectionRequest", file_containing_symbol=symbol)
        for answer in reflect(iter([asked]), timeout=30):
            for encoded in answer.file_descriptor_response.file_descriptor_proto:
                file = descriptor_pb2.FileDescriptorProto.FromString(encoded)
                known[file.name] = file
    added = set()

    def add(name):
        if name in known and name not in added:
            added.add(name)
            for dependency in known[name].dependency:
                add(dependency)
            pool.Add(known[name])

    for name in known:
        add(name)


V1 = "raftstream.client.v1."


def unary(service, method, request):
    return call("unary_unary", f"/{V1}{service}/{method}", f"{V1}{method}Request", f"{V1}{method}Response")(request, timeout=30)


load_contract()
ref = new(V1 + "TopicRef", name=topic)
created = unary("Admin", "CreateTopics", new(V1 + "CreateTopicsRequest", topics=[new(V1 + "NewTopic", name=topic, partitions=1)]))
assert created.results[0].error.code == 0, created

records = [new(V1 + "Record", key=b"k%d" % i, value=b"python %d" % i) for i in range(100)]
produced = unary("Log", "Produce", new(V1 + "ProduceRequest", topic=ref, records=records))
assert produced.error.code == 0 and produced.base_offset == 0, produced

fetched = unary("Log", "Fetch", new(V1 + "FetchRequest", format=1, partitions=[new(V1 + "FetchPartition", topic=ref)]))
assert [r.value for r in fetched.partitions[0].records] == [r.value for r in records], fetched
assert [r.offset for r in fetched.partitions[0].records] == list(range(100)), fetched

consume = call("unary_stream", f"/{V1}Log/Consume", V1 + "ConsumeRequest", V1 + "ConsumeResponse")
stream = consume(new(V1 + "ConsumeRequest", format=1, partitions=[new(V1 + "FetchPartition", topic=ref, fetch_offset=40)]), timeout=30)
seen = []
for answer in stream:
    seen += [r.value for r in answer.records.records]
    if len(seen) >= 60:
        stream.cancel()
        break
assert seen == [r.value for r in records[40:]], seen

unknown = unary("Log", "Produce", new(V1 + "ProduceRequest", topic=new(V1 + "TopicRef", name="nowhere"), records=records[:1]))
assert unknown.error.name == "UNKNOWN_TOPIC_OR_PARTITION", unknown

duplex = call("stream_stream", f"/{V1}Log/ProduceStream", V1 + "ProduceRequest", V1 + "ProduceResponse")
requests = (new(V1 + "ProduceRequest", topic=ref, records=[records[i]], correlation_id=i) for i in range(20))
answers = sorted((a.correlation_id, a.base_offset) for a in duplex(requests, timeout=30))
assert answers == [(i, 100 + i) for i in range(20)], answers
print("ok")
