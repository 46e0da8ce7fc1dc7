// What an administrator does with librdkafka: topics, partitions, deleted records.
#include "admin.h"

#include <stdio.h>

rd_kafka_t *client;
rd_kafka_queue_t *answers;

rd_kafka_event_t *wait_for(rd_kafka_event_type_t type) {
  rd_kafka_event_t *event = rd_kafka_queue_poll(answers, PATIENCE);
  MUST(event != NULL, "no answer");
  MUST(rd_kafka_event_type(event) == type, "%s", rd_kafka_event_name(event));
  MUST(rd_kafka_event_error(event) == 0, "%s", rd_kafka_event_error_string(event));
  return event;
}

// The error of the only topic that was asked about.
static rd_kafka_resp_err_t error_of(const rd_kafka_topic_result_t **results, size_t count) {
  MUST(count == 1, "%zu results", count);
  if (rd_kafka_topic_result_error(results[0])) {
    MUST(rd_kafka_topic_result_error_string(results[0])[0] != 0, "no reason");
    fprintf(stderr, "refused: %s\n", rd_kafka_topic_result_error_string(results[0]));
  }
  return rd_kafka_topic_result_error(results[0]);
}

rd_kafka_resp_err_t create(const char *topic, int partitions, const char *config, const char *value) {
  char why[256];
  rd_kafka_NewTopic_t *asked = rd_kafka_NewTopic_new(topic, partitions, 1, why, sizeof why);
  MUST(asked != NULL, "%s", why);
  if (config != NULL) MUST(rd_kafka_NewTopic_set_config(asked, config, value) == 0, "config");
  rd_kafka_CreateTopics(client, &asked, 1, NULL, answers);
  rd_kafka_event_t *event = wait_for(RD_KAFKA_EVENT_CREATETOPICS_RESULT);
  size_t count;
  const rd_kafka_topic_result_t **results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  rd_kafka_resp_err_t error = error_of(results, count);
  rd_kafka_event_destroy(event);
  rd_kafka_NewTopic_destroy(asked);
  return error;
}

static rd_kafka_resp_err_t grow(const char *topic, size_t partitions) {
  char why[256];
  rd_kafka_NewPartitions_t *asked = rd_kafka_NewPartitions_new(topic, partitions, why, sizeof why);
  MUST(asked != NULL, "%s", why);
  rd_kafka_CreatePartitions(client, &asked, 1, NULL, answers);
  rd_kafka_event_t *event = wait_for(RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT);
  size_t count;
  const rd_kafka_topic_result_t **results =
      rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event), &count);
  rd_kafka_resp_err_t error = error_of(results, count);
  rd_kafka_event_destroy(event);
  rd_kafka_NewPartitions_destroy(asked);
  return error;
}

static rd_kafka_resp_err_t delete_topic(const char *topic) {
  rd_kafka_DeleteTopic_t *asked = rd_kafka_DeleteTopic_new(topic);
  rd_kafka_DeleteTopics(client, &asked, 1, NULL, answers);
  rd_kafka_event_t *event = wait_for(RD_KAFKA_EVENT_DELETETOPICS_RESULT);
  size_t count;
  const rd_kafka_topic_result_t **results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
  rd_kafka_resp_err_t error = error_of(results, count);
  rd_kafka_event_destroy(event);
  rd_kafka_DeleteTopic_destroy(asked);
  return error;
}

static int partitions_of(const char *topic) {
  const struct rd_kafka_metadata *metadata;
  rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
  rd_kafka_resp_err_t error = rd_kafka_metadata(client, 0, handle, &metadata, PATIENCE);
  MUST(error == 0, "%s", rd_kafka_err2str(error));
  MUST(metadata->topic_cnt == 1, "%d topics", metadata->topic_cnt);
  int partitions = metadata->topics[0].err == 0 ? metadata->topics[0].partition_cnt : -metadata->topics[0].err;
  rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(handle);
  return partitions;
}

static void fill(const char *topic, int records) {
  for (int i = 0; i < records; i++) {
    MUST(rd_kafka_producev(client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_VALUE("v", 1), RD_KAFKA_V_END) == 0, "queue");
  }
  MUST(rd_kafka_flush(client, PATIENCE) == 0, "not delivered");
}

static rd_kafka_resp_err_t delete_records(const char *topic, int64_t before, int64_t *low) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic, 0)->offset = before;
  rd_kafka_DeleteRecords_t *asked = rd_kafka_DeleteRecords_new(list);
  rd_kafka_DeleteRecords(client, &asked, 1, NULL, answers);
  rd_kafka_event_t *event = wait_for(RD_KAFKA_EVENT_DELETERECORDS_RESULT);
  const rd_kafka_topic_partition_list_t *results =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
  MUST(results->cnt == 1, "%d results", results->cnt);
  rd_kafka_resp_err_t error = results->elems[0].err;
  *low = results->elems[0].offset;
  rd_kafka_event_destroy(event);
  rd_kafka_DeleteRecords_destroy(asked);
  rd_kafka_topic_partition_list_destroy(list);
  return error;
}

void admin_start(const char *brokers) {
  client = client_new(RD_KAFKA_PRODUCER, client_conf(brokers, "topic.metadata.propagation.max.ms", "0", NULL));
  answers = rd_kafka_queue_new(client);
}

void admin_stop(void) {
  rd_kafka_queue_destroy(answers);
  rd_kafka_destroy(client);
}

int admin(const char *brokers, const char *topic) {
  admin_start(brokers);

  MUST(create(topic, 2, "retention.ms", "86400000") == 0, "create");
  MUST(create(topic, 2, NULL, NULL) == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, "created twice");
  MUST(create("not a name", 1, NULL, NULL) == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, "a bad name");
  MUST(create("bad-config", 1, "retention.ms", "soon") == RD_KAFKA_RESP_ERR_INVALID_CONFIG, "a bad config");
  MUST(create("compacted", 1, "cleanup.policy", "compact") == RD_KAFKA_RESP_ERR_INVALID_CONFIG, "compaction is not served yet");
  MUST(partitions_of(topic) == 2, "%d partitions", partitions_of(topic));

  MUST(grow(topic, 5) == 0, "grow");
  MUST(partitions_of(topic) == 5, "%d partitions", partitions_of(topic));
  MUST(grow(topic, 3) == RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, "shrink");
  MUST(grow("nowhere", 3) == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "grow nothing");

  fill(topic, 10);
  int64_t low = -1, high = -1;
  MUST(delete_records(topic, 4, &low) == 0 && low == 4, "deleted up to %lld", (long long)low);
  MUST(rd_kafka_query_watermark_offsets(client, topic, 0, &low, &high, PATIENCE) == 0, "watermarks");
  MUST(low == 4 && high == 10, "%lld to %lld", (long long)low, (long long)high);
  MUST(delete_records(topic, 11, &low) == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, "deleted what is not there");
  MUST(delete_records(topic, RD_KAFKA_OFFSET_END, &low) == 0 && low == 10, "deleted up to %lld", (long long)low);

  MUST(delete_topic(topic) == 0, "delete");
  MUST(delete_topic(topic) == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "deleted twice");
  MUST(partitions_of(topic) == -RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "it is still there");

  admin_stop();
  puts("ok");
  return 0;
}
