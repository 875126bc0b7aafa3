#!/usr/bin/python3
"""Calls every kind of method that `logwatcher serve` has, with gRPC's own library for Python.

Needs python3-grpcio, python3-protobuf and protobuf-compiler: the messages' code is made anew in each run.
Usage: client.py COMMAND... where COMMAND starts `logwatcher`.
"""

import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import grpc
from google.protobuf import descriptor_pb2

sys.dont_write_bytecode = True  # a checkout stays as it was
import services

PATIENCE = 20  # seconds, for what is to come soon
ALL_SERVICES = ["logwatcher.v1.LogWatcher", "logwatcher.v1.LogCollector", "logwatcher.v1.Chat", "streaming.StreamingService",
                "FileService", "ChatService", "MonitoringService", "StockService", "messenger.LearningMessenger", "AssistantService"]
PROTOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "src", "LogWatcher", "Protos")


def generate(folder):
    files = ["logwatcher/v1/logwatcher.proto", "grpc/health/v1/health.proto",
             "grpc/reflection/v1/reflection.proto", "grpc/reflection/v1alpha/reflection.proto", *services.PROTO_FILES]
    subprocess.run(["protoc", "-I", PROTOS, "--python_out", folder, *files], check=True)

    # The library has the name grpc as well: the generated packages join it.
    grpc.__path__.append(os.path.join(folder, "grpc"))
    sys.path.insert(0, folder)


class Served:
    """`logwatcher serve` on a free port; the lines that it writes for people are kept."""

    def __init__(self, command, *arguments):
        self.process = subprocess.Popen(
            [*command, "serve", "--listen", "http://127.0.0.1:0", *arguments], stderr=subprocess.PIPE, text=True)
        self._is_stopping = False
        for line in self.process.stderr:
            listening = re.search(r"listening on http://(\S+)", line)
            if listening:
                self.address = listening.group(1)
                break
        else:
            raise AssertionError("the server does not listen")
        threading.Thread(target=lambda: sys.stderr.writelines(self.process.stderr), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        assert self.process.wait(PATIENCE) == 0, "the server did not stop in good order"

    def stop(self):
        """Once: a second signal would end the process at once."""
        if not self._is_stopping:
            self._is_stopping = True
            self.process.send_signal(signal.SIGTERM)


class Stubs:
    """What generated stubs would be: a callable for each method."""

    def __init__(self, channel):
        from logwatcher.v1 import logwatcher_pb2 as logs
        from grpc.health.v1 import health_pb2 as health
        from grpc.reflection.v1 import reflection_pb2 as reflection
        from grpc.reflection.v1alpha import reflection_pb2 as alpha
        self.logs, self.health, self.reflection, self.alpha = logs, health, reflection, alpha
        write = lambda message: message.SerializeToString()
        self.watch = channel.unary_stream("/logwatcher.v1.LogWatcher/WatchLogs", write, logs.LogEntry.FromString)
        self.chat = channel.stream_stream("/logwatcher.v1.Chat/BiDiChat", write, logs.ChatText.FromString)
        self.check = channel.unary_unary("/grpc.health.v1.Health/Check", write, health.HealthCheckResponse.FromString)
        self.watch_health = channel.unary_stream("/grpc.health.v1.Health/Watch", write, health.HealthCheckResponse.FromString)
        self.reflect = {
            "v1": channel.stream_stream(
                "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", write, reflection.ServerReflectionResponse.FromString),
            "v1alpha": channel.stream_stream(
                "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", write, alpha.ServerReflectionResponse.FromString),
        }
        self.unknown = channel.unary_unary("/logwatcher.v1.LogWatcher/Nonsense", write, logs.LogEntry.FromString)


class Conversation:
    """Requests that a test says one by one."""

    def __init__(self):
        self._texts = queue.Queue()

    def say(self, request):
        self._texts.put(request)

    def end(self):
        self._texts.put(None)

    def __iter__(self):
        return iter(self._texts.get, None)


def expect_status(code, action):
    try:
        result = action()
    except grpc.RpcError as error:
        assert error.code() == code, f"expected {code}, got {error.code()}: {error.details()}"
        return error
    raise AssertionError(f"expected {code}, got {result!r}")


def watch_ends_at_its_limit(stubs, _):
    call = stubs.watch(stubs.logs.WatchLogsRequest(filter="ERROR", limit=2), timeout=PATIENCE)
    entries = list(call)
    assert [entry.level for entry in entries] == ["ERROR", "ERROR"], entries
    assert call.code() == grpc.StatusCode.OK


def watch_refuses_a_filter_that_is_none(stubs, _):
    call = stubs.watch(stubs.logs.WatchLogsRequest(filter="level >="), timeout=PATIENCE)
    error = expect_status(grpc.StatusCode.INVALID_ARGUMENT, lambda: list(call))
    assert error.details() == "filter: column 9: expected a value after '>='", error.details()


def watch_follows_until_it_is_cancelled(stubs, log):
    call = stubs.watch(stubs.logs.WatchLogsRequest(filter="follow-this", follow=True), timeout=PATIENCE)

    # The headers say that the watch stands, though nothing has matched yet.
    call.initial_metadata()
    for number in range(3):
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"WARN follow-this {number}\n")
        entry = next(call)
        assert entry.msg.endswith(f"follow-this {number}"), entry
        assert entry.cursor
    call.cancel()
    assert expect_status(grpc.StatusCode.CANCELLED, lambda: next(call))


def watch_resumes_behind_a_cursor(stubs, log):
    with open(log, "a", encoding="utf-8") as file:
        file.writelines(f"INFO resume-this {number}\n" for number in range(10))
    first = list(stubs.watch(stubs.logs.WatchLogsRequest(filter="resume-this", limit=4), timeout=PATIENCE))
    rest = list(stubs.watch(stubs.logs.WatchLogsRequest(filter="resume-this", after=[first[-1].cursor]), timeout=PATIENCE))
    assert [entry.msg[-1] for entry in first + rest] == list("0123456789"), (first, rest)


def watch_ends_at_its_deadline(stubs, _):
    for request in (stubs.logs.WatchLogsRequest(follow=True), stubs.logs.WatchLogsRequest(filter="nothing-has-this", follow=True)):
        begun = time.monotonic()
        call = stubs.watch(request, timeout=0.5)
        expect_status(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: list(call))
        assert 0.4 < time.monotonic() - begun < PATIENCE


def chat_goes_back_and_forth(stubs, _):
    requests = Conversation()
    answers = stubs.chat(iter(requests), timeout=PATIENCE)
    for number in range(200):
        requests.say(stubs.logs.ChatText(text=f"text {number} ä"))
        assert next(answers).text == f"echo: text {number} ä"
    requests.end()
    assert list(answers) == []
    assert answers.code() == grpc.StatusCode.OK


def chat_takes_all_before_it_is_read(stubs, _):
    texts = ["x" * number for number in range(2000)]
    answers = stubs.chat((stubs.logs.ChatText(text=text) for text in texts), timeout=PATIENCE)
    assert [answer.text for answer in answers] == ["echo: " + text for text in texts]


def chat_takes_compressed_messages(stubs, _):
    answers = stubs.chat((stubs.logs.ChatText(text="x" * 10_000) for _ in range(3)), timeout=PATIENCE, compression=grpc.Compression.Gzip)
    assert [len(answer.text) for answer in answers] == [10_006] * 3


def chat_can_be_cancelled(stubs, _):
    requests = Conversation()
    answers = stubs.chat(iter(requests), timeout=PATIENCE)
    requests.say(stubs.logs.ChatText(text="once"))
    assert next(answers).text == "echo: once"
    answers.cancel()
    expect_status(grpc.StatusCode.CANCELLED, lambda: next(answers))
    requests.end()


def health_is_told(stubs, _):
    serving = stubs.health.HealthCheckResponse.SERVING
    for service in ("", "logwatcher.v1.LogWatcher", "logwatcher.v1.Chat"):
        assert stubs.check(stubs.health.HealthCheckRequest(service=service), timeout=PATIENCE).status == serving
    expect_status(
        grpc.StatusCode.NOT_FOUND, lambda: stubs.check(stubs.health.HealthCheckRequest(service="nobody"), timeout=PATIENCE))
    watch = stubs.watch_health(stubs.health.HealthCheckRequest(service="nobody"), timeout=PATIENCE)
    assert next(watch).status == stubs.health.HealthCheckResponse.SERVICE_UNKNOWN
    watch.cancel()


def reflection_tells_of_every_service(stubs, _):
    for version, messages in (("v1", stubs.reflection), ("v1alpha", stubs.alpha)):
        requests = [
            messages.ServerReflectionRequest(list_services="*"),
            messages.ServerReflectionRequest(file_containing_symbol="logwatcher.v1.LogWatcher.WatchLogs"),
            messages.ServerReflectionRequest(file_containing_symbol="nobody.knows.This"),
        ]
        listed, file, error = stubs.reflect[version](iter(requests), timeout=PATIENCE)
        assert [service.name for service in listed.list_services_response.service] == [
            *ALL_SERVICES, "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"], listed
        descriptor = descriptor_pb2.FileDescriptorProto.FromString(file.file_descriptor_response.file_descriptor_proto[0])
        assert [service.name for service in descriptor.service] == ["LogWatcher", "Chat"], descriptor
        assert error.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0], error


def what_is_not_there_is_unimplemented(stubs, _):
    error = expect_status(grpc.StatusCode.UNIMPLEMENTED, lambda: stubs.unknown(stubs.logs.WatchLogsRequest(), timeout=PATIENCE))
    assert "WatchLogs" in error.details()


def many_calls_at_once(stubs, _):
    calls = [stubs.check.future(stubs.health.HealthCheckRequest(), timeout=PATIENCE) for _ in range(1500)]
    assert all(call.result().status == stubs.health.HealthCheckResponse.SERVING for call in calls)


def a_token_is_needed(command):
    with Served(command, "--token", "secret") as server, grpc.insecure_channel(server.address) as channel:
        stubs = Stubs(channel)
        request = stubs.logs.WatchLogsRequest(limit=1)
        for metadata in ((), (("authorization", "Bearer wrong"),)):
            expect_status(grpc.StatusCode.UNAUTHENTICATED, lambda: list(stubs.watch(request, metadata=metadata, timeout=PATIENCE)))
        assert len(list(stubs.watch(request, metadata=(("authorization", "Bearer secret"),), timeout=PATIENCE))) == 1
        stubs.check(stubs.health.HealthCheckRequest(), timeout=PATIENCE)


def a_stop_is_told(command):
    with Served(command) as server, grpc.insecure_channel(server.address) as channel:
        stubs = Stubs(channel)
        health = stubs.watch_health(stubs.health.HealthCheckRequest(), timeout=PATIENCE)
        assert next(health).status == stubs.health.HealthCheckResponse.SERVING
        watch = stubs.watch(stubs.logs.WatchLogsRequest(filter="nothing-has-this", follow=True), timeout=PATIENCE)
        watch.initial_metadata()
        server.stop()
        assert next(health).status == stubs.health.HealthCheckResponse.NOT_SERVING
        expect_status(grpc.StatusCode.UNAVAILABLE, lambda: list(watch))


def run(name, test, *arguments):
    try:
        test(*arguments)
        print(f"passed: {name}", flush=True)
        return True
    except Exception:  # whatever it is, the other tests are to run
        print(f"FAILED: {name}\n{traceback.format_exc()}", flush=True)
        return False


def main(command):
    sample, logs, servers = [watch_ends_at_its_limit], [
        watch_refuses_a_filter_that_is_none, watch_follows_until_it_is_cancelled, watch_resumes_behind_a_cursor,
        watch_ends_at_its_deadline, chat_goes_back_and_forth, chat_takes_all_before_it_is_read, chat_takes_compressed_messages,
        chat_can_be_cancelled, health_is_told, reflection_tells_of_every_service, what_is_not_there_is_unimplemented,
        many_calls_at_once], [a_token_is_needed, a_stop_is_told]
    passed = []
    with tempfile.TemporaryDirectory() as folder:
        generate(folder)
        log = os.path.join(folder, "app.log")
        open(log, "w", encoding="utf-8").close()
        for tests, arguments in ((sample, ()), (logs, ("--logs", log))):
            with Served(command, *arguments) as server, grpc.insecure_channel(server.address) as channel:
                stubs = Stubs(channel)
                passed += [run(test.__name__, test, stubs, log) for test in tests]
        passed += [run(test.__name__, test, command) for test in servers]
        with Served(command, "--pace", "1000000", "--files", folder) as server, grpc.insecure_channel(server.address) as channel:
            for test in (services.streaming, services.files, services.monitoring, services.stocks, services.messenger, services.collector, services.chat):
                passed.append(run(test.__name__, test, channel))
            for test in (services.rooms, services.assistant):
                passed.append(run(test.__name__, test, channel, Conversation))
        passed.append(run("every_method_was_called", services.every_method_was_called))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
