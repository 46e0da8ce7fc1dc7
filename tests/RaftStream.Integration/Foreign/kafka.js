// kafkajs as administrator and producer; what was written is read with its own Fetch, below its consumer (which needs a group).
// usage: node kafka.js <host:port> <topic> <step> ...
'use strict';
const assert = require('node:assert');
const { Kafka, CompressionCodecs, CompressionTypes, ConfigResourceTypes, logLevel } = require('kafkajs');
const Cluster = require('kafkajs/src/cluster');
const createLogger = require('kafkajs/src/loggers').createLogger;
const logger = createLogger({ level: logLevel.NOTHING, logCreator: () => () => {} });

const [endpoint, topic, ...asked] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'kafkajs', brokers: [endpoint], logLevel: logLevel.NOTHING, retry: { retries: 3 }, requestTimeout: 60000 });
const admin = kafka.admin();

async function fails(type, promise) {
  await assert.rejects(promise, (error) => {
    assert.strictEqual(error.type ?? error.errors?.[0].type, type, error.stack);
    return true;
  });
}

async function administrate() {
  const cluster = await admin.describeCluster();
  assert.strictEqual(cluster.brokers.length, 1);
  assert.strictEqual(`${cluster.brokers[0].host}:${cluster.brokers[0].port}`, endpoint);
  assert.strictEqual(cluster.controller, cluster.brokers[0].nodeId);
  assert.ok(cluster.clusterId.length > 0);

  const asked = { topic, numPartitions: 2, replicationFactor: 1, configEntries: [{ name: 'retention.ms', value: '86400000' }] };
  assert.strictEqual(await admin.createTopics({ topics: [asked] }), true);
  assert.strictEqual(await admin.createTopics({ topics: [asked] }), false); // it is there
  await fails('INVALID_CONFIG', admin.createTopics({ topics: [{ topic: 'compacted', configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }] }));
  await fails('INVALID_TOPIC_EXCEPTION', admin.createTopics({ topics: [{ topic: 'not a name' }] }));
  assert.ok((await admin.listTopics()).includes(topic));

  await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
  const described = await admin.fetchTopicMetadata({ topics: [topic] });
  assert.deepStrictEqual(described.topics[0].partitions.map((p) => [p.partitionId, p.leader, p.isr]).sort(), [0, 1, 2].map((id) => [id, 1, [1]]));
  await fails('UNKNOWN_TOPIC_OR_PARTITION', admin.fetchTopicMetadata({ topics: ['nowhere'] }));
}

async function configure() {
  await admin.createTopics({ topics: [{ topic, configEntries: [{ name: 'retention.ms', value: '86400000' }] }] });
  const type = ConfigResourceTypes.TOPIC;
  const look = async (names) => {
    const answer = await admin.describeConfigs({ includeSynonyms: true, resources: [{ type, name: topic, configNames: names }] });
    return Object.fromEntries(answer.resources[0].configEntries.map((entry) => [entry.configName, entry]));
  };

  const all = await look(undefined);
  assert.ok(Object.keys(all).length > 10, Object.keys(all));
  assert.deepStrictEqual([all['retention.ms'].configValue, all['retention.ms'].configSource], ['86400000', 1]); // of the topic
  assert.deepStrictEqual([all['cleanup.policy'].configValue, all['cleanup.policy'].configSource], ['delete', 5]); // by default
  assert.deepStrictEqual(all['retention.ms'].configSynonyms.map((one) => one.configName), ['retention.ms', 'log.retention.ms']);
  assert.deepStrictEqual(Object.keys(await look(['cleanup.policy'])), ['cleanup.policy']);

  await admin.alterConfigs({ resources: [{ type, name: topic, configEntries: [{ name: 'max.message.bytes', value: '5000' }] }] });
  const altered = await look(['retention.ms', 'max.message.bytes']);
  assert.strictEqual(altered['max.message.bytes'].configValue, '5000');
  assert.strictEqual(altered['retention.ms'].configSource, 5); // all are replaced
  await fails('INVALID_CONFIG', admin.alterConfigs({ resources: [{ type, name: topic, configEntries: [{ name: 'max.message.bytes', value: 'x' }] }] }));

  const never = { name: 'flush.messages', value: '9223372036854775807' }; // nothing goes by it: taken as it is by default, and only so
  assert.strictEqual(await admin.createTopics({ topics: [{ topic: `${topic}-copy`, configEntries: [never] }] }), true);
  await fails('INVALID_CONFIG', admin.createTopics({ topics: [{ topic: `${topic}-wish`, configEntries: [{ ...never, value: '1' }] }] }));

  const own = await admin.describeConfigs({ resources: [{ type: ConfigResourceTypes.BROKER, name: '1', configNames: ['log.retention.ms', 'retention.ms'] }] });
  assert.deepStrictEqual(own.resources[0].configEntries.map((entry) => [entry.configName, entry.configValue]), [['log.retention.ms', '604800000']]);
}

async function fetch(partition, fetchOffset) {
  const cluster = new Cluster({
    logger, socketFactory: require('kafkajs/src/network/socketFactory')(), brokers: [endpoint], clientId: 'kafkajs', connectionTimeout: 10000,
    requestTimeout: 60000, enforceRequestTimeout: true, metadataMaxAge: 300000, retry: { retries: 3 }, allowAutoTopicCreation: false,
    maxInFlightRequests: 1, isolationLevel: 1,
  });
  await cluster.connect();
  await cluster.addTargetTopic(topic);
  const { leader } = cluster.findTopicPartitionMetadata(topic).find((p) => p.partitionId === partition);
  const broker = await cluster.findBroker({ nodeId: leader });
  const records = [];
  for (let highWatermark = Infinity; fetchOffset < highWatermark; ) {
    const answer = await broker.fetch({ maxWaitTime: 1000, topics: [{ topic, partitions: [{ partition, fetchOffset, maxBytes: 1048576 }] }] });
    const read = answer.responses[0].partitions[0];
    highWatermark = Number(read.highWatermark);
    records.push(...read.messages.filter((record) => Number(record.offset) >= fetchOffset)); // a batch comes whole
    if (records.length > 0) fetchOffset = Number(records[records.length - 1].offset) + 1;
  }
  await cluster.disconnect();
  return records;
}

const text = (bytes) => (bytes === null ? null : bytes.toString());

async function produceAndRead() {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const send = (acks, compression, ...messages) =>
    producer.send({ topic, acks, compression, messages: messages.map((message) => ({ partition: 0, ...message })) });
  const [first] = await send(-1, CompressionTypes.None, { key: 'k', value: 'all', timestamp: '1000', headers: { a: 'one', b: ['two', 'three'] } });
  assert.deepStrictEqual([first.errorCode, first.baseOffset], [0, '0']);
  const [second] = await send(1, CompressionTypes.None, { value: 'leader', timestamp: '2000' }, { key: 'k', value: null, timestamp: '2000' });
  assert.strictEqual(second.baseOffset, '1');
  await send(0, CompressionTypes.None, { value: 'nobody', timestamp: '3000' });
  const many = Array.from({ length: 200 }, (_, i) => ({ key: `${i}`, value: `squeezed ${i}`, timestamp: '4000' }));
  const [third] = await send(-1, CompressionTypes.GZIP, ...many);
  assert.strictEqual(third.baseOffset, '4');
  await fails('MESSAGE_TOO_LARGE', send(-1, CompressionTypes.None, { value: 'x'.repeat(1048588) }));
  await producer.disconnect();

  const idempotent = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  await idempotent.connect();
  for (let i = 0; i < 20; i++) await idempotent.send({ topic, messages: [{ partition: 1, value: `once ${i}` }] });
  await idempotent.disconnect();

  const read = await fetch(0, 0);
  const plain = read.map((record) => [text(record.key), text(record.value), record.timestamp]);
  assert.deepStrictEqual(plain.slice(0, 4), [['k', 'all', '1000'], [null, 'leader', '2000'], ['k', null, '2000'], [null, 'nobody', '3000']]);
  assert.deepStrictEqual(plain.slice(4), many.map((record) => [record.key, record.value, record.timestamp]));
  assert.deepStrictEqual(read.map((record) => record.offset), read.map((_, i) => `${i}`));
  assert.deepStrictEqual([text(read[0].headers.a), read[0].headers.b.map(text)], ['one', ['two', 'three']]);
  assert.deepStrictEqual((await fetch(1, 5)).map((record) => text(record.value)), Array.from({ length: 15 }, (_, i) => `once ${i + 5}`));
}

async function positions() {
  const offsets = async (promise) => Object.fromEntries((await promise).map((p) => [p.partition, p.offset]));
  assert.deepStrictEqual(await offsets(admin.fetchTopicOffsets(topic)), { 0: '204', 1: '20', 2: '0' });
  assert.strictEqual((await offsets(admin.fetchTopicOffsetsByTimestamp(topic, 1001)))[0], '1');
  assert.strictEqual((await offsets(admin.fetchTopicOffsetsByTimestamp(topic, 3500)))[0], '4');
  assert.strictEqual((await offsets(admin.fetchTopicOffsetsByTimestamp(topic, 4001)))[0], '204'); // behind the last: the end

  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }, { partition: 1, offset: '-1' }] });
  const after = await admin.fetchTopicOffsets(topic);
  assert.deepStrictEqual(Object.fromEntries(after.map((p) => [p.partition, p.low])), { 0: '3', 1: '20', 2: '0' });
  assert.strictEqual(text((await fetch(0, 3))[0].value), 'nobody');

  assert.deepStrictEqual((await admin.listPartitionReassignments({})).topics, []);
  await admin.deleteTopics({ topics: [topic] });
  assert.ok(!(await admin.listTopics()).includes(topic));
}

// kafkajs has gzip. For the others it takes what it is given.
async function addCodecs() {
  const of = (compress, decompress) => () => ({
    compress: async (encoder) => Buffer.from(await compress(encoder.buffer)),
    decompress: async (bytes) => Buffer.from(await decompress(bytes)),
  });
  const lz4 = require('lz4-napi');
  const zstd = await new Promise((resolve) => require('zstd-codec').ZstdCodec.run((codec) => resolve(new codec.Streaming()))); // the size may be missing
  CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy');
  CompressionCodecs[CompressionTypes.LZ4] = of(lz4.compressFrame, lz4.decompressFrame);
  CompressionCodecs[CompressionTypes.ZSTD] = of((bytes) => zstd.compress(bytes, 3), (bytes) => zstd.decompress(bytes));
}

// Each partition has records of librdkafka, in the codec of its number. Ours come behind them, in the same codec.
async function codecs() {
  await addCodecs();
  const values = (writer) => Array.from({ length: 500 }, (_, i) => `${writer} value, which compresses well, number ${i}`);
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  for (const compression of Object.values(CompressionTypes)) {
    assert.deepStrictEqual((await fetch(compression, 0)).map((record) => text(record.value)), values("librdkafka's"));
    const messages = values("kafkajs'").map((value) => ({ partition: compression, value }));
    await producer.send({ topic, acks: -1, compression, messages });
    assert.deepStrictEqual((await fetch(compression, 0)).map((record) => text(record.value)), [...values("librdkafka's"), ...values("kafkajs'")]);
  }
  await producer.disconnect();
}

const steps = { administrate, configure, produceAndRead, positions, codecs };

async function main() {
  await admin.connect();
  for (const step of asked) await steps[step]();
  await admin.disconnect();
  console.log('ok');
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
