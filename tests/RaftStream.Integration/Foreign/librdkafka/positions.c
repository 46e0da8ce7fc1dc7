// Where things are: offsets by time, watermarks, assignment in the middle, seeks. Writes the topic of one partition itself.
#include "client.h"

#include <stdio.h>
#include <string.h>

enum { RECORDS = 100, FIRST_TIME = 10000, STEP = 100, PATIENCE = 30000 };

static void write_records(const char *brokers, const char *topic) {
  rd_kafka_t *producer = client_new(RD_KAFKA_PRODUCER, client_conf(brokers, "compression.type", "lz4", "linger.ms", "50", NULL));
  for (int i = 0; i < RECORDS; i++) {
    char value[16];
    int size = snprintf(value, sizeof value, "%d", i);
    rd_kafka_resp_err_t error = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_VALUE(value, (size_t)size),
        RD_KAFKA_V_TIMESTAMP(FIRST_TIME + i * STEP), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    MUST(error == 0, "%s", rd_kafka_err2str(error));
    if (i % 30 == 29) rd_kafka_flush(producer, PATIENCE); // several batches
  }
  MUST(rd_kafka_flush(producer, PATIENCE) == 0, "not delivered");
  rd_kafka_destroy(producer);
}

static void must_read(rd_kafka_t *consumer, int64_t offset) {
  rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, PATIENCE);
  MUST(message != NULL, "no record at %lld", (long long)offset);
  MUST(message->err == 0, "%s", rd_kafka_message_errstr(message));
  MUST(message->offset == offset, "%lld instead of %lld", (long long)message->offset, (long long)offset);
  char value[16];
  int size = snprintf(value, sizeof value, "%lld", (long long)offset);
  MUST(message->len == (size_t)size && memcmp(message->payload, value, message->len) == 0, "another value at %lld", (long long)offset);
  rd_kafka_timestamp_type_t type;
  MUST(rd_kafka_message_timestamp(message, &type) == FIRST_TIME + offset * STEP, "another time at %lld", (long long)offset);
  MUST(type == RD_KAFKA_TIMESTAMP_CREATE_TIME, "type %d", type);
  rd_kafka_message_destroy(message);
}

static int64_t offset_for_time(rd_kafka_t *consumer, const char *topic, int64_t time) {
  rd_kafka_topic_partition_list_t *asked = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(asked, topic, 0)->offset = time;
  rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(consumer, asked, PATIENCE);
  MUST(error == 0 && asked->elems[0].err == 0, "%s", rd_kafka_err2str(error ? error : asked->elems[0].err));
  int64_t offset = asked->elems[0].offset;
  rd_kafka_topic_partition_list_destroy(asked);
  return offset;
}

static void assign(rd_kafka_t *consumer, const char *topic, int64_t offset) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic, 0)->offset = offset;
  rd_kafka_resp_err_t error = rd_kafka_assign(consumer, list);
  MUST(error == 0, "%s", rd_kafka_err2str(error));
  rd_kafka_topic_partition_list_destroy(list);
}

int positions(const char *brokers, const char *topic) {
  write_records(brokers, topic);
  rd_kafka_t *consumer = client_new(RD_KAFKA_CONSUMER, client_conf(
      brokers, "group.id", "none", "enable.auto.commit", "false", "enable.partition.eof", "true", "fetch.wait.max.ms", "50", NULL));

  int64_t low = -1, high = -1;
  MUST(rd_kafka_query_watermark_offsets(consumer, topic, 0, &low, &high, PATIENCE) == 0, "watermarks");
  MUST(low == 0 && high == RECORDS, "%lld to %lld", (long long)low, (long long)high);

  MUST(offset_for_time(consumer, topic, 0) == 0, "before the first");
  MUST(offset_for_time(consumer, topic, FIRST_TIME + 47 * STEP) == 47, "exactly");
  MUST(offset_for_time(consumer, topic, FIRST_TIME + 47 * STEP + 1) == 48, "between two");
  MUST(offset_for_time(consumer, topic, FIRST_TIME + RECORDS * STEP) == RD_KAFKA_OFFSET_END, "behind the last");

  assign(consumer, topic, 47); // in the middle of a batch
  for (int64_t i = 47; i < RECORDS; i++) must_read(consumer, i);
  rd_kafka_message_t *end = rd_kafka_consumer_poll(consumer, PATIENCE);
  MUST(end != NULL && end->err == RD_KAFKA_RESP_ERR__PARTITION_EOF, "no end");
  MUST(end->offset == RECORDS, "the end at %lld", (long long)end->offset);
  rd_kafka_message_destroy(end);

  rd_kafka_topic_partition_list_t *back = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(back, topic, 0)->offset = 3;
  rd_kafka_error_t *refused = rd_kafka_seek_partitions(consumer, back, PATIENCE);
  MUST(refused == NULL, "%s", rd_kafka_error_string(refused));
  rd_kafka_topic_partition_list_destroy(back);
  must_read(consumer, 3);
  must_read(consumer, 4);

  assign(consumer, topic, RD_KAFKA_OFFSET_TAIL(2));
  must_read(consumer, RECORDS - 2);
  assign(consumer, topic, RD_KAFKA_OFFSET_BEGINNING);
  must_read(consumer, 0);
  rd_kafka_destroy(consumer);
  puts("ok");
  return 0;
}
