"""Calls every method of the seeds' services as the seeds' own clients do, by what protoc makes of each service's .proto file."""

import hashlib
import importlib
import time

import grpc
from google.protobuf import descriptor_pb2

PATIENCE = 20  # seconds, for what is to come soon
PROTO_FILES = ["streaming.proto", "files.proto", "rooms.proto", "monitoring.proto", "stocks.proto", "messenger.proto",
               "assistant.proto", "logwatcher/v1/collector.proto"]
CHUNK_BYTES = 64 * 1024


class Service:
    """What a generated stub would be: a callable for each method of a service, of the kind that its .proto file says."""

    called = set()
    known = set()

    def __init__(self, channel, file, name):
        self._channel = channel
        self.messages = importlib.import_module(file.removesuffix(".proto").replace("/", ".") + "_pb2")
        self._service = self.messages.DESCRIPTOR.services_by_name[name]
        described = descriptor_pb2.ServiceDescriptorProto()
        self._service.CopyToProto(described)
        self._methods = {method.name: method for method in described.method}
        Service.known.update(f"{self._service.full_name}/{method}" for method in self._methods)

    def __getattr__(self, method):
        its = self._methods[method]
        path = f"{self._service.full_name}/{method}"
        kind = f"{'stream' if its.client_streaming else 'unary'}_{'stream' if its.server_streaming else 'unary'}"
        answer = getattr(self.messages, its.output_type.rpartition(".")[2])
        Service.called.add(path)
        call = getattr(self._channel, kind)("/" + path, lambda message: message.SerializeToString(), answer.FromString)
        return lambda request: call(request, timeout=PATIENCE)


def read(call):
    """The messages of a call, and how it ended."""
    messages = []
    try:
        for message in call:
            messages.append(message)
    except grpc.RpcError:
        pass
    return messages, call.code()


def status_of(action):
    try:
        action()
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def streaming(channel):
    service = Service(channel, "streaming.proto", "StreamingService")
    message, now = service.messages.Message, time.time() * 1000
    answer = service.UnaryCall(message(content="hello", sender="client"))
    assert (answer.content, answer.sender) == ("Echo: hello", "server"), answer
    assert abs(answer.timestamp - now) < PATIENCE * 1000, answer
    answers = list(service.ServerStreaming(service.messages.StreamRequest(topic="news", max_messages=5)))
    assert [answer.content for answer in answers] == [f"Message {number} for topic news" for number in range(1, 6)], answers
    assert len(list(service.ServerStreaming(service.messages.StreamRequest(topic="news")))) == 10
    texts = ["Hello from client", "This is message 2", "Final message"]
    summary = service.ClientStreaming(message(content=text, sender="client") for text in texts)
    assert (summary.messages_processed, summary.status) == (3, "Processed 3 messages, total length: 47"), summary
    answers = list(service.BidirectionalStreaming(message(content=text) for text in ("Hello", "", "Goodbye")))
    assert [answer.content for answer in answers] == ["Echo: Hello", "ERROR: Empty message content", "Echo: Goodbye"], answers


def files(channel):
    service = Service(channel, "files.proto", "FileService")
    chunk, request = service.messages.FileChunk, service.messages.DownloadRequest
    content = bytes(range(251)) * 1000
    odd = range(0, len(content), 100_003)
    uploaded = service.UploadFile(chunk(data=content[offset:offset + 100_003], offset=offset) for offset in odd)
    assert (uploaded.file_id, uploaded.total_size) == (hashlib.sha256(content).hexdigest(), len(content)), uploaded
    chunks = list(service.DownloadFile(request(file_id=uploaded.file_id)))
    assert b"".join(part.data for part in chunks) == content
    assert [part.offset for part in chunks] == list(range(0, len(content), CHUNK_BYTES)), [part.offset for part in chunks]
    assert all(len(part.data) == CHUNK_BYTES for part in chunks[:-1])
    broken = lambda: service.UploadFile(iter([chunk(data=b"part"), chunk(data=b"gap", offset=5)]))
    assert status_of(broken) == grpc.StatusCode.OUT_OF_RANGE
    for file_id, status in ((hashlib.sha256(b"part").hexdigest(), grpc.StatusCode.NOT_FOUND), ("../x", grpc.StatusCode.INVALID_ARGUMENT)):
        assert status_of(lambda: list(service.DownloadFile(request(file_id=file_id)))) == status


def rooms(channel, conversation):
    service = Service(channel, "rooms.proto", "ChatService")
    message = service.messages.ChatMessage
    users = lambda: list(service.ListUsers(service.messages.ListUsersRequest(room_id="lobby")).users)
    said = lambda call: (lambda its: (its.sender, its.content))(next(call))
    assert users() == []
    ann = service.JoinChat(service.messages.JoinRequest(room_id="lobby", user="ann"))
    assert said(ann) == ("server", "ann joined")
    bobs = conversation()
    bob = service.Chat(iter(bobs))
    bobs.say(message(room_id="lobby", sender="bob"))
    assert said(ann) == ("server", "bob joined")
    assert users() == ["ann", "bob"], users()
    bobs.say(message(content="hello"))
    assert said(ann) == ("bob", "hello")
    sent = service.SendMessage(message(room_id="lobby", sender="ann", content="hi bob"))
    assert (sent.delivered, sent.recipients) == (True, 2), sent
    assert said(bob) == said(ann) == ("ann", "hi bob")
    stranger = message(room_id="lobby", sender="eve", content="let me in")
    assert status_of(lambda: service.SendMessage(stranger)) == grpc.StatusCode.FAILED_PRECONDITION
    bobs.end()
    assert said(ann) == ("server", "bob left")
    assert list(bob) == []
    ann.cancel()


def monitoring(channel):
    service = Service(channel, "monitoring.proto", "MonitoringService")
    metrics = list(service.StreamMetrics(service.messages.MetricsRequest(names=["calls", "memory_bytes"], interval_ms=1, limit=4)))
    assert [metric.metric_name for metric in metrics] == ["calls", "memory_bytes"] * 2, metrics
    assert all(metric.value > 0 and metric.timestamp > 0 for metric in metrics), metrics
    assert metrics[0].labels["door"] == "http2", metrics
    entries = list(service.StreamLogs(service.messages.LogRequest(filter="level >= WARN", limit=2)))
    assert [(entry.level, entry.message) for entry in entries] == [("ERROR", "disk full"), ("WARN", "retrying in 5 seconds")], entries


def stocks(channel):
    service = Service(channel, "stocks.proto", "StockService")
    prices = lambda *symbols: list(service.WatchPrices(
        service.messages.WatchPricesRequest(symbols=symbols, interval_ms=1, limit=3 * len(symbols), seed=7)))
    both = prices("GOOG", "MSFT")
    assert [update.symbol for update in both] == ["GOOG", "MSFT"] * 3, both
    assert [update.price for update in both[1::2]] == [update.price for update in prices("MSFT")]
    assert all(update.price > 0 and update.timestamp > 0 for update in both), both


def messenger(channel):
    service = Service(channel, "messenger.proto", "LearningMessenger")
    messages = service.messages
    status = service.GetLearningStatus(messages.StatusRequest(user_id="researcher-01"))
    assert (status.message, status.active) == ("System ready for research. Status check OK.", True), status
    updates = list(service.StreamLearnings(messages.TopicRequest(topic="gRPC Protocols")))
    assert [(update.progress, update.content) for update in updates] == [
        (25, "Searching for research papers on gRPC Protocols..."), (50, "Analyzing core principles of gRPC Protocols..."),
        (75, "Synthesizing key gRPC use cases..."), (100, "Finalizing the consolidated report.")], updates
    assert all(time.strptime(update.timestamp, "%H:%M:%S") for update in updates)
    summary = service.SubmitResearchNotes(messages.ResearchNote(text=f"Note {number}") for number in range(1, 5))
    assert (summary.count, summary.final_summary) == (4, "Processed 4 notes. Key takeaway: Note 4"), summary
    assert service.SubmitResearchNotes(iter(())).final_summary == "Processed 0 notes. Key takeaway: None"
    feed = list(service.CollaborativeFeed(messages.FeedUpdate(user=user, message="hi") for user in ("Engineer", "QA")))
    assert [(update.user, update.message) for update in feed] == [
        ("System", "Acknowledged Engineer's update: hi"), ("System", "Acknowledged QA's update: hi")], feed


def assistant(channel, conversation):
    service = Service(channel, "assistant.proto", "AssistantService")
    messages = service.messages
    who = {"user_name": "Peter", "institution": "SUSTech"}
    assert service.GreetWithInfo(messages.GreetRequest(**who)).message == "Hello Peter from SUSTech!"
    product = service.Multiply(messages.MultRequest(xin=3.5, yin=7))
    assert (product.xin, product.yin, product.result) == (3.5, 7.0, 24.5), product

    # As in the seed, the end is a cancel by the server.
    chunks, status = read(service.TellStory(messages.TellStoryRequest(**who)))
    assert status == grpc.StatusCode.CANCELLED, status
    told = [chunk.text_chunk for chunk in chunks]
    assert told[0] == b"Hi Peter from SUSTech! Here's your story:\n\n", told[0]
    assert told[-1] == b"\nThat's it! Hope you like the story~\n\n", told[-1]
    assert len(b"".join(told[1:-1])) >= 5000 and all(len(chunk) == 1024 for chunk in told[1:-2]), [len(chunk) for chunk in told]

    low, high, guesses = 1, 100, conversation()
    answers = service.GuessInt(iter(guesses))
    guesses.say(messages.GuessIntRequest(guess=101))
    assert next(answers).symbol == "?"
    while True:
        guess = (low + high) // 2
        guesses.say(messages.GuessIntRequest(guess=guess))
        answer = next(answers)
        assert answer.message.startswith(f"Your guess {guess} {answer.symbol} true value."), answer
        if answer.symbol == "=":
            break
        low, high = (guess + 1, high) if answer.symbol == "<" else (low, guess - 1)
    assert list(answers) == [], "the server ends the game"
    guesses.end()

    count = service.Count(messages.CountRequest(from_val=6, step_sec=1))
    assert next(count).count == 7
    count.cancel()
    for chill in (service.ChillA, service.ChillB):
        assert chill(messages.ChillMessage(id=1, message="chill")) == messages.ChillMessage(id=1, message="chill")


def collector(channel):
    service = Service(channel, "logwatcher/v1/collector.proto", "LogCollector")
    logs = Service(channel, "logwatcher/v1/logwatcher.proto", "LogWatcher")
    entry, item = logs.messages.LogEntry, service.messages.CollectItem
    summary = service.Collect(iter([entry(level="WARN", msg="python collected: first", fields={"host": "web-1"}), entry(level="INFO")]))
    assert (summary.accepted, summary.rejected, dict(summary.by_level)) == (1, 1, {"WARN": 1}), summary
    items = [item(entry=entry(level="ERROR", msg=f"python collected: {number}"), batch_size=2) for number in range(3)]
    acks = [(ack.batch, ack.accepted, ack.rejected) for ack in service.CollectAcked(iter(items))]
    assert acks == [(1, 2, 0), (2, 1, 0)], acks
    watched = list(logs.WatchLogs(logs.messages.WatchLogsRequest(filter='"python collected"')))
    assert [(found.level, found.msg[18:], found.source) for found in watched] == [
        ("WARN", "first", "127.0.0.1"), *(("ERROR", str(number), "127.0.0.1") for number in range(3))], watched
    assert watched[0].fields["host"] == "web-1", watched[0]


def chat(channel):
    service = Service(channel, "logwatcher/v1/logwatcher.proto", "Chat")
    answers = service.BiDiChat(service.messages.ChatText(text=text) for text in ("hello", ""))
    assert [answer.text for answer in answers] == ["echo: hello", "echo: "]


def every_method_was_called():
    assert len(Service.known) > 25, Service.known
    assert Service.known == Service.called, Service.known - Service.called
