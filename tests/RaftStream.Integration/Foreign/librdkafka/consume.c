// A consumer of all partitions from their beginnings, without a group. Prints "<partition> <offset> <value>". Once its input is closed it
// reads up to the ends that it sees from then on.
#include "client.h"

#include <stdio.h>
#include <stdlib.h>

int consume(const char *brokers, const char *topic, int partitions) {
  rd_kafka_conf_t *conf = client_conf(brokers, "group.id", "none", "enable.auto.commit", "false", "fetch.wait.max.ms", "50",
                                      "reconnect.backoff.max.ms", "500", "auto.offset.reset", "error", NULL);
  rd_kafka_t *consumer = client_new(RD_KAFKA_CONSUMER, conf);
  rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; i++) rd_kafka_topic_partition_list_add(all, topic, i)->offset = 0;
  MUST(rd_kafka_assign(consumer, all) == 0, "assign");

  int64_t *next = calloc((size_t)partitions, sizeof *next), *end = NULL;
  for (;;) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 20);
    if (message != NULL) {
      if (message->err == 0) {
        next[message->partition] = message->offset + 1;
        printf("%d %lld %.*s\n", message->partition, (long long)message->offset, (int)message->len, (const char *)message->payload);
      } else {
        fprintf(stderr, "%s: %s\n", rd_kafka_err2name(message->err), rd_kafka_message_errstr(message));
        MUST(message->err != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, "it would jump");
      }
      rd_kafka_message_destroy(message);
    }
    if (end == NULL && client_is_told_to_stop()) {
      end = calloc((size_t)partitions, sizeof *end);
      for (int i = 0; i < partitions; i++) {
        int64_t low;
        rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(consumer, topic, i, &low, &end[i], 30000);
        MUST(error == 0, "%s", rd_kafka_err2str(error));
      }
    }
    bool all_read = end != NULL;
    for (int i = 0; all_read && i < partitions; i++) all_read = next[i] >= end[i];
    if (all_read) break;
  }

  rd_kafka_topic_partition_list_destroy(all);
  free(next);
  free(end);
  rd_kafka_destroy(consumer);
  return 0;
}
