// A thin client in JavaScript: creates a topic, produces, fetches and consumes.
// usage: node client.js <host:port> <topic> <folder of the .proto files>
'use strict';
const assert = require('node:assert');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [endpoint, topic, folder] = process.argv.slice(2);
const files = ['raftstream/client/v1/log.proto', 'raftstream/client/v1/admin.proto'];
const contract = grpc.loadPackageDefinition(
  loader.loadSync(files, { includeDirs: [folder], keepCase: true, longs: Number, enums: String, defaults: true })).raftstream.client.v1;
const log = new contract.Log(endpoint, grpc.credentials.createInsecure());
const admin = new contract.Admin(endpoint, grpc.credentials.createInsecure());
const options = () => ({ deadline: Date.now() + 30000 });

const call = (client, method, request) => new Promise((resolve, reject) =>
  client[method](request, options(), (error, response) => (error ? reject(error) : resolve(response))));

async function main() {
  const created = await call(admin, 'CreateTopics', { topics: [{ name: topic, partitions: 1 }] });
  assert.strictEqual(created.results[0].error, null);

  const values = Array.from({ length: 100 }, (_, i) => Buffer.from(`node ${i}`));
  const records = values.map((value) => ({ value }));
  const produced = await call(log, 'Produce', { topic: { name: topic }, records });
  assert.strictEqual(produced.error, null);
  assert.strictEqual(produced.base_offset, 0);

  const fetched = await call(log, 'Fetch', { format: 'RECORDS', partitions: [{ topic: { name: topic } }] });
  assert.deepStrictEqual(fetched.partitions[0].records.map((record) => record.value), values);

  const seen = [];
  const stream = log.Consume({ format: 'RECORDS', partitions: [{ topic: { name: topic }, fetch_offset: 40 }] }, options());
  try {
    for await (const answer of stream) {
      seen.push(...answer.records.records.map((record) => record.value));
      if (seen.length >= 60) stream.cancel();
    }
  } catch (error) {
    assert.strictEqual(error.code, grpc.status.CANCELLED, error);
  }
  assert.deepStrictEqual(seen, values.slice(40));

  const unknown = await call(log, 'Produce', { topic: { name: 'nowhere' }, records: records.slice(0, 1) });
  assert.strictEqual(unknown.error.name, 'UNKNOWN_TOPIC_OR_PARTITION');

  const duplex = log.ProduceStream(options());
  for (let i = 0; i < 20; i++) duplex.write({ topic: { name: topic }, records: [records[i]], correlation_id: i });
  duplex.end();
  const answers = [];
  for await (const answer of duplex) answers.push([answer.correlation_id, answer.base_offset]);
  answers.sort((left, right) => left[0] - right[0]);
  assert.deepStrictEqual(answers, values.slice(0, 20).map((_, i) => [i, 100 + i]));
  console.log('ok');
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
