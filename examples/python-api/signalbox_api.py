"""Calls a Signalbox server over gRPC, without generated code: requests and answers are dicts.

Needs grpcio and protobuf (Debian: python3-grpcio, python3-protobuf).
"""

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory


class Signalbox:
    """A server. `descriptors` is schemas/api/signalbox.binpb of the package."""

    @classmethod
    def at_socket(cls, socket, descriptors, name=None):
        """At its gRPC socket, as its owner."""
        metadata = [("signalbox-as", name)] if name else []
        return cls(grpc.insecure_channel(f"unix:{socket}"), descriptors, metadata)

    @classmethod
    def over_tls(cls, address, descriptors, ca, pair=None, token_file=None):
        """At HOST:PORT, as an operator: by the files of a certificate and its key, or by that of a token."""
        cert, key = map(_bytes_of, pair) if pair else (None, None)
        credentials = grpc.ssl_channel_credentials(_bytes_of(ca), private_key=key, certificate_chain=cert)
        token = _bytes_of(token_file).decode().strip() if token_file else None
        metadata = [("authorization", f"Bearer {token}")] if token else []
        return cls(grpc.secure_channel(address, credentials), descriptors, metadata)

    def __init__(self, channel, descriptors, metadata):
        self.channel = channel
        self.metadata = metadata
        self.pool = descriptor_pool.DescriptorPool()
        for proto in descriptor_pb2.FileDescriptorSet.FromString(_bytes_of(descriptors)).file:
            self.pool.AddSerializedFile(proto.SerializeToString())

    def call(self, method, /, timeout=None, **request):
        """Calls a method such as JobService/Submit. Returns its answer, or an iterator over those of a stream."""
        service, name = f"{'' if method.startswith('grpc.') else 'signalbox.v1.'}{method}".split("/")
        found = self.pool.FindServiceByName(service).FindMethodByName(name)
        proto = descriptor_pb2.MethodDescriptorProto()
        found.CopyToProto(proto)
        kind = self.channel.unary_stream if proto.server_streaming else self.channel.unary_unary
        call = kind(
            f"/{service}/{name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=self._class_of(found.output_type).FromString,
        )
        message = json_format.ParseDict(request, self._class_of(found.input_type)())
        answer = call(message, timeout=timeout, metadata=self.metadata)
        return Stream(answer) if proto.server_streaming else json_format.MessageToDict(answer)

    def _class_of(self, descriptor):
        if hasattr(message_factory, "GetMessageClass"):
            return message_factory.GetMessageClass(descriptor)
        return message_factory.MessageFactory(self.pool).GetPrototype(descriptor)


def _bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


class Stream:
    """The answers of a stream, as dicts. `cancel` leaves it."""

    def __init__(self, call):
        self.call = call
        self.cancel = call.cancel

    def __iter__(self):
        return (json_format.MessageToDict(message) for message in self.call)
