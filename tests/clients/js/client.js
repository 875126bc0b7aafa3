// Calls every kind of method that `logwatcher serve` has, with gRPC's own library for Node.js.
// Usage: node client.js COMMAND... where COMMAND starts `logwatcher`; NODE_PATH names the folder of the packages.
'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const PATIENCE_MS = 20_000;
const protos = path.join(__dirname, '..', '..', '..', 'src', 'LogWatcher', 'Protos');
const files = ['logwatcher/v1/logwatcher.proto', 'logwatcher/v1/collector.proto', 'assistant.proto', 'messenger.proto', 'grpc/health/v1/health.proto', 'grpc/reflection/v1/reflection.proto'];
const services = grpc.loadPackageDefinition(loader.loadSync(files, { includeDirs: [protos], keepCase: true, enums: String, longs: Number, defaults: true, oneofs: true }));

const soon = () => ({ deadline: Date.now() + PATIENCE_MS });

/** `logwatcher serve` on a free port; what it says to people is passed on. */
async function serve(command, ...options) {
  const [program, ...first] = command;
  const child = spawn(program, [...first, 'serve', '--listen', 'http://127.0.0.1:0', ...options], { stdio: ['ignore', 'inherit', 'pipe'] });
  for await (const line of readline.createInterface({ input: child.stderr })) {
    const listening = /listening on http:\/\/(\S+)/.exec(line);
    if (listening) {
      child.stderr.resume();
      return { child, address: listening[1] };
    }
  }
  throw new Error('the server does not listen');
}

async function stop({ child }) {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual(await exit, [0, null], 'the server did not stop in good order');
}

function clients(address) {
  const at = [address, grpc.credentials.createInsecure()];
  return {
    logs: new services.logwatcher.v1.LogWatcher(...at),
    chat: new services.logwatcher.v1.Chat(...at),
    collector: new services.logwatcher.v1.LogCollector(...at),
    assistant: new services.AssistantService(...at),
    messenger: new services.messenger.LearningMessenger(...at),
    health: new services.grpc.health.v1.Health(...at),
    reflection: new services.grpc.reflection.v1.ServerReflection(...at),
  };
}

const unary = (client, method, request) => new Promise((resolve, reject) => {
  client[method](request, soon(), (error, response) => (error ? reject(error) : resolve(response)));
});

/** What a call answers that takes a stream of messages. */
const collect = (client, method, messages) => new Promise((resolve, reject) => {
  const call = client[method](soon(), (error, response) => (error ? reject(error) : resolve(response)));
  messages.forEach(message => call.write(message));
  call.end();
});

const fails = (code, promise) => assert.rejects(promise, error => {
  assert.equal(error.code, code, error.message);
  return true;
});

async function all(call) {
  const messages = [];
  for await (const message of call) {
    messages.push(message);
  }
  return messages;
}

/** The messages of a call one by one, which leaves it open. */
const reader = call => call[Symbol.asyncIterator]();

const tests = {
  async 'a watch ends at its limit'({ logs }) {
    const entries = await all(logs.WatchLogs({ filter: 'WARN', limit: 2 }, soon()));
    assert.deepEqual(entries.map(entry => entry.msg), ['first', 'second']);
  },

  async 'a watch refuses a filter that is none'({ logs }) {
    await fails(grpc.status.INVALID_ARGUMENT, all(logs.WatchLogs({ filter: 'level >=' }, soon())));
  },

  async 'a watch follows until it is cancelled'({ logs }, log) {
    const call = logs.WatchLogs({ filter: 'follow-this', follow: true }, soon());
    await once(call, 'metadata');
    const entries = reader(call);
    for (let number = 0; number < 3; number++) {
      fs.appendFileSync(log, `ERROR follow-this ${number}\n`);
      const { value } = await entries.next();
      assert.equal(value.level, 'ERROR');
      assert.match(value.msg, new RegExp(`follow-this ${number}$`));
    }
    call.cancel();
    await fails(grpc.status.CANCELLED, entries.next());
  },

  async 'a watch ends at its deadline'({ logs }) {
    await fails(grpc.status.DEADLINE_EXCEEDED, all(logs.WatchLogs({ follow: true }, { deadline: Date.now() + 500 })));
  },

  async 'a chat goes back and forth'({ chat }) {
    const call = chat.BiDiChat(soon());
    const answers = reader(call);
    for (let number = 0; number < 200; number++) {
      call.write({ text: `text ${number} ä` });
      assert.equal((await answers.next()).value.text, `echo: text ${number} ä`);
    }
    call.end();
    assert.equal((await answers.next()).done, true);
  },

  async 'a chat takes much at once'({ chat }) {
    const call = chat.BiDiChat(soon());
    const texts = Array.from({ length: 2000 }, (_, number) => 'x'.repeat(number));
    texts.forEach(text => call.write({ text }));
    call.end();
    assert.deepEqual((await all(call)).map(answer => answer.text), texts.map(text => 'echo: ' + text));
  },

  async 'a chat can be cancelled'({ chat }) {
    const call = chat.BiDiChat(soon());
    const answers = reader(call);
    call.write({ text: 'once' });
    assert.equal((await answers.next()).value.text, 'echo: once');
    call.cancel();
    await fails(grpc.status.CANCELLED, answers.next());
  },

  async 'a unary call is answered'({ assistant }) {
    assert.deepEqual(await unary(assistant, 'Multiply', { xin: 3.5, yin: 7 }), { xin: 3.5, yin: 7, result: 24.5 });
  },

  async 'a client streams notes'({ messenger }) {
    const answer = await collect(messenger, 'SubmitResearchNotes', ['first', 'second'].map(text => ({ text })));
    assert.deepEqual(answer, { count: 2, final_summary: 'Processed 2 notes. Key takeaway: second' });
  },

  async 'what a client streams is watched'({ collector, logs }) {
    const summary = await collect(collector, 'Collect', [{ level: 'WARN', msg: 'from-node-js', fields: { host: 'web-1' } }, {}]);
    assert.deepEqual(summary, { accepted: 1, rejected: 1, by_level: { WARN: 1 } });
    const [entry] = await all(logs.WatchLogs({ filter: 'from-node-js', limit: 1 }, soon()));
    assert.deepEqual([entry.level, entry.msg, entry.fields], ['WARN', 'from-node-js', { host: 'web-1' }]);
  },

  async 'health is told'({ health }) {
    assert.deepEqual(await unary(health, 'Check', { service: 'logwatcher.v1.LogWatcher' }), { status: 'SERVING' });
    await fails(grpc.status.NOT_FOUND, unary(health, 'Check', { service: 'nobody' }));
    const call = health.Watch({ service: '' }, soon());
    const states = reader(call);
    assert.deepEqual((await states.next()).value, { status: 'SERVING' });
    call.cancel();
    await fails(grpc.status.CANCELLED, states.next());
  },

  async 'reflection lists the services'({ reflection }) {
    const call = reflection.ServerReflectionInfo(soon());
    call.end({ list_services: '' });
    const [{ list_services_response: list }] = await all(call);
    const names = list.service.map(service => service.name);
    assert.ok(names.includes('logwatcher.v1.LogWatcher') && names.includes('logwatcher.v1.Chat'), String(names));
  },

  async 'many calls at once'({ health }) {
    const answers = await Promise.all(Array.from({ length: 1500 }, () => unary(health, 'Check', {})));
    assert.ok(answers.every(answer => answer.status === 'SERVING'));
  },
};

async function main(command) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'logwatcher-'));
  const log = path.join(folder, 'app.log');
  fs.writeFileSync(log, 'WARN first\nINFO other\nWARN second\n');
  const server = await serve(command, '--logs', log);
  const stubs = clients(server.address);
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test(stubs, log);
      console.log(`passed: ${name}`);
    } catch (error) {
      console.log(`FAILED: ${name}: ${error.stack}`);
      failed++;
    }
  }
  Object.values(stubs).forEach(stub => stub.close());
  await stop(server);
  fs.rmSync(folder, { recursive: true });
  return failed;
}

main(process.argv.slice(2)).then(failed => { process.exitCode = failed > 0 ? 1 : 0; }, error => {
  console.log(error);
  process.exitCode = 1;
});
