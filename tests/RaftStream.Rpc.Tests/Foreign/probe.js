// Calls the probe service with @grpc/grpc-js: probe.js <host:port> <case> <folder of probe.proto> <folder of the repository's proto>.
'use strict';
const assert = require('node:assert/strict');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [address, wanted, probeFolder, protoFolder] = process.argv.slice(2);
const load = (file, folder) =>
  grpc.loadPackageDefinition(loader.loadSync(file, { includeDirs: [folder], longs: Number, defaults: true }));
const options = {
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
  'grpc.max_send_message_length': 64 * 1024 * 1024,
};
const Probe = load('probe.proto', probeFolder).raftstream.test.v1.Probe;
const connect = (extra = {}) => new Probe(address, grpc.credentials.createInsecure(), { ...options, ...extra });
const client = connect();
const soon = (seconds = 20) => ({ deadline: Date.now() + seconds * 1000 });

const unaryOn = (target, method, request, metadata = new grpc.Metadata(), call = soon()) =>
  new Promise((resolve, reject) => target[method](request, metadata, call, (error, response) => error ? reject(error) : resolve(response)));
const unary = (...args) => unaryOn(client, ...args);
const failure = async (promise, code) => {
  const error = await promise.then(() => assert.fail(`no failure ${code}`), e => e);
  assert.equal(error.code, code, error.message);
  return error;
};
const until = async (condition, what) => {
  const end = Date.now() + 20000;
  while (!await condition()) {
    assert.ok(Date.now() < end, `waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
};
const readAll = stream => new Promise((resolve, reject) => {
  const seen = [];
  stream.on('data', message => seen.push(message));
  stream.on('error', error => reject(Object.assign(error, { seen })));
  stream.on('end', () => resolve(seen));
});

const cases = {
  async unary() {
    for (const size of [0, 1, 1000, 100000]) {
      const payload = Buffer.alloc(size, 'x');
      const pong = await unary('Echo', { payload, number: size });
      assert.ok(pong.payload.equals(payload) && pong.number === size, `echo of ${size} bytes`);
    }
  },
  async parallel() {
    const pongs = await Promise.all(Array.from({ length: 300 }, (_, i) => unary('Echo', { number: i })));
    assert.deepEqual(pongs.map(pong => pong.number), Array.from({ length: 300 }, (_, i) => i));
  },
  async big() {
    const payload = Buffer.alloc(8 * 1024 * 1024, 'abc');
    assert.ok((await unary('Echo', { payload }, new grpc.Metadata(), soon(60))).payload.equals(payload));
  },
  async too_big() {
    await failure(unary('Echo', { payload: Buffer.alloc(17 * 1024 * 1024) }, new grpc.Metadata(), soon(60)), grpc.status.RESOURCE_EXHAUSTED);
  },
  async client_stream() {
    const summary = await new Promise((resolve, reject) => {
      const call = client.Collect(new grpc.Metadata(), soon(), (error, response) => error ? reject(error) : resolve(response));
      for (let i = 0; i < 500; i++) call.write({ payload: Buffer.alloc(i) });
      call.end();
    });
    assert.deepEqual(summary, { messages: 500, bytes: 499 * 500 / 2 });
  },
  async server_stream() {
    const seen = await readAll(client.Count({ count: 1000, size: 5000 }, new grpc.Metadata(), soon()));
    assert.deepEqual(seen.map(pong => pong.number), Array.from({ length: 1000 }, (_, i) => i));
    const error = await failure(readAll(client.Count({ count: 3, then: 15 }, new grpc.Metadata(), soon())), grpc.status.DATA_LOSS);
    assert.equal(error.seen.length, 3);
  },
  async duplex() {
    const call = client.Chat(new grpc.Metadata(), soon());
    const reading = readAll(call);
    for (let i = 0; i < 1000; i++) call.write({ number: i, payload: Buffer.alloc(i * 37 % 20000) });
    call.end();
    const seen = await reading;
    assert.equal(seen.length, 1000);
    seen.forEach((pong, i) => assert.ok(pong.number === i && pong.payload.length === i * 37 % 20000, `answer ${i}`));
  },
  async deadline() {
    await failure(unary('Wait', {}, new grpc.Metadata(), soon(0.2)), grpc.status.DEADLINE_EXCEEDED);
    await until(async () => (await unary('WaitState', {})).cancelled === 1, 'the handler to notice');
  },
  async cancel() {
    let call;
    const waiting = new Promise((resolve, reject) => {
      call = client.Wait({}, new grpc.Metadata(), soon(60), (error, response) => error ? reject(error) : resolve(response));
    });
    await until(async () => (await unary('WaitState', {})).waiting === 1, 'the handler to run');
    call.cancel();
    await failure(waiting, grpc.status.CANCELLED);
    await until(async () => (await unary('WaitState', {})).cancelled === 1, 'the handler to notice');
    const chat = client.Chat(new grpc.Metadata(), soon(60));
    const reading = readAll(chat);
    chat.write({ number: 1 });
    await new Promise(resolve => chat.once('data', resolve));
    chat.cancel();
    await failure(reading, grpc.status.CANCELLED);
  },
  async error() {
    for (let code = 1; code <= 16; code++) {
      const error = await failure(unary('Fail', { code, message: 'nö: 50 %\n', reason: Buffer.from([0, 255, 1]) }), code);
      assert.equal(error.details, 'nö: 50 %\n');
      assert.deepEqual([...error.metadata.get('x-reason-bin')[0]], [0, 255, 1]);
    }
    const crash = await failure(unary('Fail', { crash: true }), grpc.status.UNKNOWN);
    assert.ok(!crash.details.includes('secret'));
    await failure(unary('NotThere', {}), grpc.status.UNIMPLEMENTED);
  },
  async metadata() {
    const sent = new grpc.Metadata();
    const everyByte = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    sent.set('x-echo-text', 'a text');
    sent.set('x-echo-data-bin', everyByte);
    sent.set('x-trail-text', 'the end');
    let headers, trailers;
    await new Promise((resolve, reject) => {
      const call = client.Echo({}, sent, soon(), error => error && reject(error));
      call.on('metadata', received => { headers = received; });
      call.on('status', status => { trailers = status.metadata; resolve(); });
    });
    assert.deepEqual(headers.get('x-echo-text'), ['a text']);
    assert.ok(headers.get('x-echo-data-bin')[0].equals(everyByte));
    assert.deepEqual(trailers.get('x-trail-text'), ['the end']);
  },
  async gzip() {
    const payload = Buffer.alloc(300000, 'again ');
    const packing = connect({ 'grpc.default_compression_algorithm': 2 });
    for (const target of [client, packing]) assert.ok((await unaryOn(target, 'Echo', { payload })).payload.equals(payload));
    packing.close();
  },
  async health() {
    const Health = load('grpc/health/v1/health.proto', protoFolder).grpc.health.v1.Health;
    const health = new Health(address, grpc.credentials.createInsecure());
    assert.equal((await unaryOn(health, 'Check', {})).status, 1);
    await failure(unaryOn(health, 'Check', { service: 'x' }), grpc.status.NOT_FOUND);
    const watch = health.Watch({ service: 'x' }, new grpc.Metadata(), soon());
    watch.on('error', () => {});
    assert.equal((await new Promise(resolve => watch.once('data', resolve))).status, 3);
    watch.cancel();
    health.close();
  },
  async reflection() {
    const Reflection = load('grpc/reflection/v1/reflection.proto', protoFolder).grpc.reflection.v1.ServerReflection;
    const reflection = new Reflection(address, grpc.credentials.createInsecure());
    const call = reflection.ServerReflectionInfo(new grpc.Metadata(), soon());
    const reading = readAll(call);
    call.write({ listServices: '*' });
    call.write({ fileContainingSymbol: 'raftstream.test.v1.Probe' });
    call.write({ fileContainingSymbol: 'no.such.Thing' });
    call.end();
    const [list, file, missing] = await reading;
    assert.ok(list.listServicesResponse.service.some(service => service.name === 'raftstream.test.v1.Probe'));
    assert.equal(file.fileDescriptorResponse.fileDescriptorProto.length, 1);
    assert.equal(missing.errorResponse.errorCode, 5);
    reflection.close();
  },
};

cases[wanted]().then(() => client.close(), error => { console.error(error); process.exit(1); });
